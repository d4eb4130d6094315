//! Questions: nobody who asks is left behind, and no answer is given twice.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::time::Duration;

use super::support::{AnyMoment, Log, check};
use crate::error::StopError;
use crate::exit::ExitReason;
use crate::failure::BoxError;
use crate::queue::builder::QueueBuilder;
use crate::queue::function::{queue, queue_from};
use crate::queue::handle::BackgroundQueueWorker;
use crate::queue::put_error::PutErrorKind;
use crate::reply::answerer::ReplyTo;
use crate::reply::ask_error::AskError;
use crate::reply::asker::Reply;
use crate::reply::reply;
use crate::restart::Restart;
use crate::sync::{Mutex, Parker, Unparker, thread};
use crate::worker::context::Context;

type Question = ReplyTo<u32>;
type Worker = BackgroundQueueWorker<Question>;

/// A worker that answers with the number of its run.
fn answers() -> QueueBuilder<Question> {
    queue(|to: Question, cx: &mut Context| {
        let _ = to.send(u32::try_from(cx.run_number()).unwrap());
    })
}

/// Runs a future on the calling thread.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unparks(Unparker);
    impl Wake for Unparks {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let parker = Parker::new();
    let waker = Waker::from(Arc::new(Unparks(parker.unparker().clone())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut TaskContext::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => parker.park(),
        }
    }
}

/// The ways to wait, of which one may end before its time.
type Await = fn(Reply<u32>) -> Result<u32, AskError>;

const WAITS: [Await; 3] = [
    |reply| reply.wait(),
    |reply| block_on(reply),
    |mut reply| match reply.wait_timeout(AnyMoment::STEP) {
        Err(AskError::Timeout { .. }) => reply.wait(),
        result => result,
    },
];

/// Asks on a thread of its own, and returns the answer; `None` if the question was refused.
fn asks(
    worker: &Worker,
    wait: fn(Reply<u32>) -> Result<u32, AskError>,
) -> thread::JoinHandle<Option<Result<u32, AskError>>> {
    let worker = worker.clone();
    thread::spawn(move || match worker.ask(|to| to) {
        Ok(reply) => Some(wait(reply)),
        Err(error) => {
            // The queue of a worker that has failed says so.
            assert!(matches!(error.kind(), PutErrorKind::NotRunning | PutErrorKind::WorkerFailed));
            None
        }
    })
}

/// Each question has ended, and those that were not answered are still in the queue.
#[track_caller]
fn check_ended(worker: &Worker, results: impl IntoIterator<Item = Option<Result<u32, AskError>>>) {
    let mut ended = 0;
    for result in results {
        match result {
            None | Some(Ok(1)) => {}
            Some(Err(AskError::Ended { exit, .. })) => {
                assert_eq!((exit.reason, exit.run), (ExitReason::Stopped, 1));
                ended += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    let pending = worker.take_pending();
    assert_eq!(pending.len(), ended);
    for to in pending {
        assert_eq!(to.send(7), Err(7));
    }
}

#[test]
fn an_answer_against_the_end() {
    for wait in WAITS {
        check(move || {
            let worker = answers().start().unwrap();
            let asker = asks(&worker, wait);
            worker.stop().unwrap();
            check_ended(&worker, [asker.join().unwrap()]);
        });
    }
}

#[test]
fn two_askers_against_the_end() {
    check(|| {
        let worker = answers().start().unwrap();
        let askers = [asks(&worker, WAITS[0]), asks(&worker, WAITS[1])];
        let ended = worker.clone();
        let ending = thread::spawn(move || ended.stop().unwrap());
        let results = askers.map(|asker| asker.join().unwrap());
        ending.join().unwrap();
        check_ended(&worker, results);
    });
}

/// A drain beside askers: what came before it is answered.
#[test]
fn two_askers_against_a_drain() {
    check(|| {
        let worker = answers().start().unwrap();
        let first = worker.ask(|to| to).unwrap();
        let asker = asks(&worker, WAITS[0]);
        worker.drain().unwrap();
        assert_eq!(first.wait().unwrap(), 1);
        check_ended(&worker, [asker.join().unwrap()]);
    });
}

/// Each of two readers ends; the second end is that of the question.
#[test]
fn an_answer_against_the_ends_of_two_readers() {
    check(|| {
        let first = answers().start().unwrap();
        let second = answers().queue(first.queue().clone()).start().unwrap();
        let asker = asks(&first, WAITS[0]);
        let ended = second.clone();
        let ending = thread::spawn(move || ended.stop().unwrap());
        first.stop().unwrap();
        ending.join().unwrap();
        check_ended(&first, [asker.join().unwrap()]);
    });
}

/// The next life begins at once. A question of the old one ends with it or is answered by either, and one of the new one
/// is answered by it.
#[test]
fn a_question_between_two_lives() {
    check(|| {
        let worker = answers().start().unwrap();
        let again = worker.clone();
        let again = thread::spawn(move || {
            again.stop().unwrap();
            again.start().unwrap();
        });
        let result = worker.ask(|to| to).map(Reply::wait);
        again.join().unwrap();
        match result {
            Ok(Ok(1 | 2)) => {}
            Ok(Err(AskError::Ended { exit, .. })) => assert_eq!(exit.run, 1),
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert_eq!(error.kind(), PutErrorKind::NotRunning),
        }
        assert_eq!(worker.ask(|to| to).unwrap().wait().unwrap(), 2);
        worker.stop().unwrap();
        drop(worker.take_pending());
    });
}

/// A run that fails in its first turn, and the next one answers what is left, unless a stop comes between the two.
#[test]
fn a_question_over_a_restart_against_a_stop() {
    check(|| {
        let fail_once = queue(|to: Question, cx: &mut Context| -> Result<(), BoxError> {
            if cx.run_number() == 1 {
                return Err("the first run".into());
            }
            let _ = to.send(2);
            Ok(())
        });
        let policy = Restart::on_failure().backoff(AnyMoment::STEP).jitter(0.0);
        // A handler, so that no line is printed for each schedule.
        let fail_once = fail_once.on_error(|_| false);
        let worker = fail_once.restart(policy).clock(AnyMoment::default()).start().unwrap();
        let failing = worker.ask(|to| to).unwrap();
        let asker = asks(&worker, WAITS[0]);
        worker.signal_stop();
        let result = asker.join().unwrap();
        match failing.wait() {
            Err(AskError::NoReply { .. } | AskError::Ended { .. }) | Ok(2) => {}
            other => panic!("{other:?}"),
        }
        match worker.wait() {
            Ok(_) | Err(StopError::Failed(_)) => {}
            Err(error) => panic!("{error}"),
        }
        match result {
            None | Some(Ok(2) | Err(AskError::Ended { .. } | AskError::NoReply { .. })) => {}
            Some(other) => panic!("{other:?}"),
        }
        drop(worker.take_pending());
    });
}

/// A worker that is made for each run, keeps the question and goes with it, against the asker and a stop. Its turn fails,
/// and a run after that knows of nothing.
#[test]
fn a_question_that_goes_with_its_worker_against_a_stop() {
    for (wait, restarts) in WAITS.into_iter().flat_map(|wait| [(wait, false), (wait, true)]) {
        check(move || {
            let policy = if restarts { Restart::on_failure() } else { Restart::never() };
            let policy = policy.backoff(AnyMoment::STEP).jitter(0.0);
            let keeps = queue_from(|| {
                let mut kept = Vec::new();
                Ok(move |to: Question, _cx: &mut Context| -> Result<(), BoxError> {
                    kept.push(to);
                    Err("the first turn".into())
                })
            });
            let worker =
                keeps.on_error(|_| false).restart(policy).clock(AnyMoment::default()).start().unwrap();
            let asker = asks(&worker, wait);
            worker.signal_stop();
            let result = asker.join().unwrap();
            let end = worker.wait();
            let exit = worker.last_exit();
            match result {
                None => assert!(end.is_ok()),
                // It was made anew, or was to be.
                Some(Err(AskError::NoReply { .. })) if restarts => {}
                Some(Err(AskError::Ended { exit: seen, .. })) => {
                    assert_eq!((seen.run, seen.reason), (exit.run, exit.reason));
                }
                other => panic!("{other:?}"),
            }
            drop(worker.take_pending());
        });
    }
}

/// An answer, the drop of its reply, and a look at whether it is wanted: the value is in one place.
#[test]
fn an_answer_against_the_drop_of_the_reply() {
    struct Counted(Log);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.add(1);
        }
    }
    let drops: [fn(Reply<Counted>); 3] = [drop, Reply::cancel, Reply::detach];
    for (index, drop_reply) in drops.into_iter().enumerate() {
        check(move || {
            let (log, (to, reply)) = (Log::default(), reply());
            let value = Counted(log.clone());
            let sender = thread::spawn(move || to.send(value).is_ok());
            drop_reply(reply);
            let is_sent = sender.join().unwrap();
            assert!(is_sent || index < 2);
            assert_eq!(log.all(), [1]);
        });
    }
}

/// A future that is polled by one task and then by another one, which is the one that is woken.
#[test]
fn an_answer_against_a_change_of_the_waker() {
    struct Logs(Log, u32);
    impl Wake for Logs {
        fn wake(self: Arc<Self>) {
            self.0.add(self.1);
        }
    }
    check(|| {
        let (log, (to, mut answer)) = (Log::default(), reply());
        let sender = thread::spawn(move || to.send(5).unwrap());
        for entry in [1, 2] {
            let waker = Waker::from(Arc::new(Logs(log.clone(), entry)));
            let mut cx = TaskContext::from_waker(&waker);
            if let Poll::Ready(result) = pin!(&mut answer).poll(&mut cx) {
                assert_eq!(result.unwrap(), 5);
                sender.join().unwrap();
                assert!(matches!(log.all()[..], [] | [1 | 2]), "{:?}", log.all());
                return;
            }
        }
        log.wait_for(1);
        assert!(matches!(answer.try_get(), Some(Ok(5))));
        sender.join().unwrap();
        // The first one may have been called before the second poll. One of them was called, and once.
        assert!(matches!(log.all()[..], [1 | 2]), "{:?}", log.all());
    });
}

/// Three workers that ask each other in a ring. A stop of one of them dissolves it.
#[test]
fn a_ring_of_three_is_dissolved_by_one_stop() {
    check(|| {
        let slots: [Arc<Mutex<Option<Worker>>>; 3] = Default::default();
        let workers = [0, 1, 2].map(|index| {
            let next = Arc::clone(&slots[(index + 1) % 3]);
            let ask = move |to: Question, _cx: &mut Context| -> Result<(), BoxError> {
                let next = next.lock().clone();
                let next = next.expect("it is built");
                let _ = to.send(next.ask(|to| to)?.wait()?);
                Ok(())
            };
            queue(ask).on_error(|_| ()).build().unwrap()
        });
        for (slot, worker) in slots.iter().zip(&workers) {
            *slot.lock() = Some(worker.clone());
            worker.start().unwrap();
        }
        for worker in &workers {
            worker.ask(|to| to).unwrap().detach();
        }
        let exit = workers[1].stop().unwrap();
        assert_eq!((exit.reason, exit.errors), (ExitReason::Stopped, 0));
        // The others have nothing left that they could wait for.
        for index in [0, 2] {
            let exit = workers[index].drain().unwrap();
            assert_eq!(exit.reason, ExitReason::Stopped);
        }
        for worker in &workers {
            drop(worker.take_pending());
        }
        // Each is in the closure of another one, and would never be dropped.
        for slot in slots {
            let worker = slot.lock().take();
            drop(worker);
        }
    });
}

/// The wait of a worker's turn: cut by its own stop, or answered by the other worker.
#[test]
fn an_answer_against_the_stop_of_the_asker() {
    check(|| {
        let (other, log) = (answers().start().unwrap(), Log::default());
        let (target, seen) = (other.clone(), log.clone());
        let ask = move |(): (), _cx: &mut Context| -> Result<(), BoxError> {
            let mut reply = target.ask(|to| to)?;
            match reply.wait_timeout(Duration::from_secs(3600)) {
                Ok(run) => seen.add(run),
                Err(AskError::Stopping { .. }) => {
                    seen.add(9);
                    // It is open still.
                    drop(reply.try_get());
                    return Err("cut".into());
                }
                Err(error) => panic!("{error}"),
            }
            Ok(())
        };
        let asker = queue(ask).start().unwrap();
        asker.put(()).unwrap();
        let exit = asker.stop().unwrap();
        assert_eq!((exit.reason, exit.errors), (ExitReason::Stopped, 0));
        let is_cut = asker.stats().interrupted == 1;
        assert_eq!(log.all().len() + asker.take_pending().len(), 1);
        assert_eq!(is_cut, log.all() == [9]);
        other.stop().unwrap();
        drop(other.take_pending());
    });
}
