//! Replies as futures, and in a `select!`.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use pyaltt_core::crossbeam_channel::{TryRecvError, select};
use pyaltt_core::{AskError, Reply, ReplyTo, reply};
use testkit::os_thread::{OsThread, spawn_asleep};
use testkit::{EXPECTED, Probe, block_on, silence_expected_panics};

use super::{Task, asks, kind, started};
use crate::flavour::wait_until_asleep;
use crate::polling::{Calls, OnWake};

fn poll<R: Send + 'static>(reply: &mut Reply<R>, waker: &Waker) -> Poll<Result<R, AskError>> {
    Pin::new(reply).poll(&mut Context::from_waker(waker))
}

/// 12. All ways in which a question ends.
#[apply(bounded)]
fn a12_a_reply_can_be_awaited() {
    let (clerk, turnstile) = started();
    let ask = |task: fn(ReplyTo<u64>) -> Task| clerk.ask(task).unwrap();
    assert_eq!(block_on(ask(Task::Answer)).unwrap(), 1);
    assert_eq!(kind(block_on(ask(Task::Forget))), "no reply");
    let (first, second) = (ask(Task::Hold), ask(Task::Answer));
    turnstile.wait();
    let both = spawn_asleep(move || block_on(async { (first.await, second.await) }));
    turnstile.release();
    let (first, second) = both.join().unwrap();
    assert_eq!((first.unwrap(), second.unwrap()), (1, 1));
    let kept = ask(Task::Keep);
    let awaits = spawn_asleep(move || block_on(kept));
    clerk.stop().unwrap();
    assert_eq!(kind(awaits.join().unwrap()), "ended, stopped");
}

/// 12. Only the latest waker is called, and the ones before it are let go at once.
#[apply(bounded)]
fn a12_the_latest_waker_is_called_and_older_ones_are_let_go() {
    let (to, mut answer) = reply();
    let tasks: [Arc<Calls>; 3] = Default::default();
    let held = || tasks.each_ref().map(|task| Arc::strong_count(task) - 1);
    for index in [0, 1, 1, 2] {
        assert!(poll(&mut answer, &Arc::clone(&tasks[index]).into()).is_pending());
        assert_eq!(held(), [0, 1, 2].map(|other| usize::from(other == index)));
    }
    to.send(5).unwrap();
    assert_eq!(tasks.each_ref().map(|task| task.count()), [0, 0, 1]);
    assert_eq!(held(), [0; 3]);
    // Moved to another thread, where it is polled by another waker. It is ready, and keeps none.
    let answer = thread::spawn(move || block_on(answer)).join().unwrap();
    assert_eq!(answer.unwrap(), 5);
}

/// 12. Dropped after a poll: no waker is left, neither with the question nor with the worker.
#[apply(bounded)]
fn a12_the_drop_of_a_reply_leaves_no_waker() {
    let (clerk, turnstile) = started();
    let task = Arc::<Calls>::default();
    let mut answer = clerk.ask(Task::Hold).unwrap();
    turnstile.wait();
    assert!(poll(&mut answer, &Arc::clone(&task).into()).is_pending());
    assert_eq!(Arc::strong_count(&task), 2);
    drop(answer);
    assert_eq!(Arc::strong_count(&task), 1);
    turnstile.release();
    clerk.stop().unwrap();
    assert_eq!(task.count(), 0);
}

/// 12. A poll after the end gives no panic, and keeps no waker.
#[apply(bounded)]
fn a12_a_poll_after_the_answer_is_an_error() {
    let (to, mut answer) = reply();
    let task = Arc::<Calls>::default();
    to.send(5).unwrap();
    let waker = Arc::clone(&task).into();
    assert!(matches!(poll(&mut answer, &waker), Poll::Ready(Ok(5))));
    for _ in 0..2 {
        assert!(matches!(poll(&mut answer, &waker), Poll::Ready(Err(AskError::NoReply { .. }))));
    }
    assert_eq!(Arc::strong_count(&task), 2);
}

/// 13. A waker that panics is contained, wherever it is called.
#[apply(bounded)]
fn a13_a_waker_that_panics_harms_nobody() {
    silence_expected_panics();
    let waker: Waker = Arc::new(OnWake(|| panic!("{EXPECTED}a waker"))).into();
    let (clerk, turnstile) = started();
    let mut answers = [Task::Hold, Task::Keep].map(|task| clerk.ask(task).unwrap());
    turnstile.wait();
    for answer in &mut answers {
        assert!(poll(answer, &waker).is_pending());
    }
    turnstile.release();
    let exit = clerk.drain().unwrap();
    assert_eq!((exit.turns, exit.panics), (2, 0));
    let [held, kept] = answers;
    assert_eq!((held.wait().unwrap(), kind(kept.wait())), (1, "ended, stopped".to_owned()));
}

/// 13. A waker that drops the reply that it is of, asks again, and takes every lock that there is.
#[apply(bounded)]
fn a13_a_waker_may_drop_its_reply_and_ask_again() {
    let (clerk, turnstile) = started();
    for stops in [false, true] {
        let (slot, asked) = (Arc::<Mutex<Option<Reply<u64>>>>::default(), Probe::new());
        let (own, again, handle) = (Arc::clone(&slot), asked.clone(), clerk.clone());
        let waker = Arc::new(OnWake(move || {
            drop(own.lock().unwrap().take());
            again.add(handle.ask(Task::Answer).map_err(|error| error.kind()));
            drop(handle.last_exit());
        }))
        .into();
        let mut answer = clerk.ask(if stops { Task::Keep } else { Task::Hold }).unwrap();
        assert!(poll(&mut answer, &waker).is_pending());
        *slot.lock().unwrap() = Some(answer);
        if stops {
            clerk.stop().unwrap();
            assert!(asked.next().is_err());
        } else {
            turnstile.wait();
            turnstile.release();
            assert_eq!(asked.next().unwrap().wait().unwrap(), 1);
        }
    }
}

/// 13. The answer can be had while the waker blocks who has sent it.
#[apply(bounded)]
fn a13_a_waker_that_blocks_holds_no_lock() {
    let turnstile = testkit::Turnstile::new();
    let pass = turnstile.clone();
    let waker = Arc::new(OnWake(move || pass.pass())).into();
    let (to, mut answer) = reply();
    assert!(poll(&mut answer, &waker).is_pending());
    let sender = thread::spawn(move || to.send(5));
    turnstile.wait();
    assert_eq!(answer.wait().unwrap(), 5);
    turnstile.release();
    sender.join().unwrap().unwrap();
}

/// 14. Each arm of a `select!`, and what becomes of the loser.
#[apply(bounded)]
fn a14_a_reply_in_a_select_beside_the_stop_of_the_asker() {
    let (clerk, turnstile) = started();
    for stops in [false, true] {
        let (threads, seen) = (Probe::new(), Probe::new());
        let (show, told, other) = (threads.clone(), seen.clone(), clerk.clone());
        let asker = asks(move |(): (), cx| {
            let mut price = other.ask(Task::Hold)?;
            show.add(OsThread::current());
            select! {
                recv(price.receiver()) -> _ => told.note(kind(price.try_get().unwrap())),
                recv(cx.stop_token().receiver()) -> _ => told.note("stopped"),
            }
            Ok(())
        })
        .start()
        .unwrap();
        asker.put(()).unwrap();
        wait_until_asleep(&threads);
        turnstile.wait();
        if stops {
            asker.stop().unwrap();
            assert_eq!(seen.next(), "stopped");
            turnstile.release();
        } else {
            turnstile.release();
            assert_eq!(seen.next(), "an answer");
            asker.stop().unwrap();
        }
    }
    clerk.stop().unwrap();
}

/// 14. The loser's question is not wanted any more.
#[apply(bounded)]
fn a14_the_drop_of_a_reply_that_was_selected_on_is_seen() {
    let (to, mut answer) = reply::<u32>();
    assert_eq!(answer.receiver().try_recv(), Err(TryRecvError::Empty));
    assert!(to.is_wanted());
    drop(answer);
    assert!(!to.is_wanted());
}

/// 14. Whatever ends the question disconnects the receiver, also before it is asked for.
#[apply(bounded)]
fn a14_the_receiver_disconnects_at_every_end() {
    let (clerk, _) = started();
    let mut answer = clerk.ask(Task::Answer).unwrap();
    answer.receiver().recv().unwrap_err();
    assert_eq!(answer.try_get().unwrap().unwrap(), 1);
    answer.receiver().recv().unwrap_err();
    let mut dropped = clerk.ask(Task::Forget).unwrap();
    dropped.receiver().recv().unwrap_err();
    assert_eq!(kind(dropped.try_get().unwrap()), "no reply");
    let mut kept = [clerk.ask(Task::Keep).unwrap(), clerk.ask(Task::Keep).unwrap()];
    let before = kept[0].receiver().clone();
    assert_eq!(before.try_recv(), Err(TryRecvError::Empty));
    clerk.stop().unwrap();
    before.recv().unwrap_err();
    for mut reply in kept {
        reply.receiver().recv().unwrap_err();
        assert_eq!(kind(reply.try_get().unwrap()), "ended, stopped");
    }
}

/// A waker whose drop panics.
struct Bad;

impl Wake for Bad {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Bad {
    fn drop(&mut self) {
        assert!(thread::panicking(), "{EXPECTED}the drop of a waker");
    }
}

/// 13. Its panic leaves the reply usable.
#[apply(bounded)]
fn a13_a_reply_outlives_a_waker_whose_drop_panics() {
    silence_expected_panics();
    let (to, mut answer) = reply();
    let bad: Waker = Arc::new(Bad).into();
    assert!(poll(&mut answer, &bad).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(bad))).is_ok(), "the reply has it still");
    // Replaced: the old one is dropped here.
    assert!(poll(&mut answer, &Arc::<Calls>::default().into()).is_pending());
    to.send(5).unwrap();
    assert_eq!(answer.wait().unwrap(), 5);
}
