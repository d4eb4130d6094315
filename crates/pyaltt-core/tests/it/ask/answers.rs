//! Answers, and questions that get none while the worker lives.

use std::thread;
use std::time::{Duration, Instant};

use pyaltt_core::{AskError, Overflow, PutErrorKind, Queue, Reply, ReplyTo, Restart, reply};
use testkit::{Bomb, EXPECTED, OnDrop, Probe, silence_expected_panics};

use super::{Clerk, LONG, MOMENT, Task, asks, clerk, fails, kind, panics, started, wait_asleep};

/// 1. The turn drops it, fails with it in hand, or its thread panics.
#[apply(bounded)]
fn a1_a2_a_question_that_a_turn_drops_is_answered_by_that() {
    silence_expected_panics();
    let (builder, turnstile) = clerk();
    let clerk = builder.on_error(|_| ()).start().unwrap();
    let dropped = clerk.ask(Task::Forget).unwrap();
    assert_eq!(kind(dropped.wait()), "no reply");
    for (act, want) in [(fails as fn(_) -> _, "no reply"), (panics, "panicked")] {
        let reply = clerk.ask(|to| Task::HoldAnd(to, act)).unwrap();
        turnstile.wait();
        let waiter = wait_asleep(reply);
        turnstile.release();
        assert_eq!(kind(waiter.join().unwrap()), want);
    }
    clerk.stop().unwrap();
}

/// 2. A worker that goes on after a panic has it still; a fresh one has not; and a later turn may answer.
#[apply(bounded)]
fn a2_a_question_in_a_field_is_open_until_the_field_goes() {
    silence_expected_panics();
    let (builder, _) = clerk();
    let clerk = builder.restart(Restart::on_failure().backoff(Duration::ZERO)).start().unwrap();
    let mut kept = clerk.ask(Task::Keep).unwrap();
    clerk.put(Task::Fail).unwrap();
    assert_eq!(clerk.ask(Task::Answer).unwrap().wait().unwrap(), 2);
    assert!(kept.try_get().is_none());
    clerk.put(Task::AnswerKept).unwrap();
    assert_eq!(kept.wait().unwrap(), 2);
    clerk.stop().unwrap();

    let fresh = pyaltt_core::BackgroundQueueWorker::factory(Clerk::default)
        .name("clerk")
        .restart(Restart::on_failure().backoff(Duration::ZERO))
        .start()
        .unwrap();
    let kept = wait_asleep(fresh.ask(Task::Keep).unwrap());
    fresh.put(Task::Fail).unwrap();
    assert_eq!(kind(kept.join().unwrap()), "no reply");
    assert_eq!(fresh.ask(Task::Answer).unwrap().wait().unwrap(), 2);
    fresh.stop().unwrap();
}

/// 5. Evicted, or dropped by a policy.
#[apply(bounded)]
fn a5_a_task_that_an_overflow_policy_drops_answers_its_question() {
    for policy in [Overflow::DropOldest, Overflow::DropNewest] {
        let (builder, turnstile) = clerk();
        let clerk = builder.bounded(1).overflow(policy).start().unwrap();
        let held = clerk.ask(Task::Hold).unwrap();
        turnstile.wait();
        let replies = [clerk.ask(Task::Answer).unwrap(), clerk.ask(Task::Answer).unwrap()];
        turnstile.release();
        assert_eq!(held.wait().unwrap(), 1);
        let kinds = replies.map(|reply| kind(reply.wait()));
        let want = if policy == Overflow::DropOldest {
            ["no reply", "an answer"]
        } else {
            ["an answer", "no reply"]
        };
        assert_eq!(kinds, want, "{policy:?}");
        clerk.stop().unwrap();
    }
}

/// 5. Taken out: open while the program holds it, and no longer than the life.
#[apply(bounded)]
fn a5_a_task_that_was_taken_out_is_open_as_long_as_the_program_holds_it() {
    let (clerk, turnstile) = started();
    let held = clerk.ask(Task::Hold).unwrap();
    turnstile.wait();
    let mut replies: Vec<Reply<u64>> = (0..3).map(|_| clerk.ask(Task::Answer).unwrap()).collect();
    let mut taken = clerk.take_pending();
    turnstile.release();
    assert_eq!(held.wait().unwrap(), 1);
    assert!(replies.iter_mut().all(|reply| reply.try_get().is_none()));
    drop(taken.pop());
    assert_eq!(kind(replies.pop().unwrap().wait()), "no reply");
    let Some(Task::Answer(to)) = taken.pop() else { unreachable!("it was asked") };
    to.send(77).unwrap();
    assert_eq!(replies.pop().unwrap().wait().unwrap(), 77);
    let waiter = wait_asleep(replies.pop().unwrap());
    clerk.stop().unwrap();
    assert_eq!(kind(waiter.join().unwrap()), "ended, stopped");
    let Some(Task::Answer(to)) = taken.pop() else { unreachable!("it was asked") };
    assert!(!to.is_wanted());
    assert_eq!(to.send(5), Err(5));
}

/// 5. With the queue, when its last owner is gone.
#[apply(bounded)]
fn a5_a_task_that_goes_with_its_queue_answers_its_question() {
    let (clerk, turnstile) = started();
    let held = clerk.ask(Task::Hold).unwrap();
    turnstile.wait();
    let mut reply = clerk.ask(Task::Answer).unwrap();
    let ended = clerk.ended();
    drop(clerk);
    turnstile.release();
    ended.recv().unwrap_err();
    assert_eq!(held.wait().unwrap(), 1);
    // The end and the drop come one after the other, and either is an answer.
    let kind = kind(reply.wait_timeout(LONG));
    assert!(["no reply", "ended, stopped"].contains(&&*kind), "{kind}");
}

/// 10. The value goes back, and no other question gets it.
#[apply(bounded)]
fn a10_a_late_answer_goes_back_to_who_sent_it() {
    let (late, turnstile) = (Probe::new(), testkit::Turnstile::new());
    let (told, pass) = (late.clone(), turnstile.clone());
    let shop = asks(move |(price, to): (u32, ReplyTo<u32>), _cx| {
        pass.pass();
        told.add(to.send(price));
        Ok(())
    })
    .start()
    .unwrap();
    let mut first = shop.ask(|to| (1, to)).unwrap();
    turnstile.wait();
    assert_eq!(kind(first.wait_timeout(MOMENT)), "timeout");
    drop(first);
    let second = shop.ask(|to| (2, to)).unwrap();
    turnstile.release();
    turnstile.release();
    assert_eq!(second.wait().unwrap(), 2);
    assert_eq!([late.next(), late.next()], [Err(1), Ok(())]);
    shop.stop().unwrap();
}

/// 11. After a timeout the same reply can be waited for again, and gets it.
#[apply(bounded)]
fn a11_a_timeout_leaves_the_question_open() {
    let (clerk, turnstile) = started();
    let mut reply = clerk.ask(Task::Hold).unwrap();
    turnstile.wait();
    for timeout in [Duration::ZERO, MOMENT, MOMENT] {
        let error = reply.wait_timeout(timeout).unwrap_err();
        assert!(error.to_string().starts_with(r#"worker "clerk" has not answered after "#), "{error}");
    }
    turnstile.release();
    assert_eq!(reply.wait_timeout(LONG).unwrap(), 1);
    // It is given once.
    assert_eq!(kind(reply.wait_timeout(LONG)), "no reply");
    assert_eq!(kind(reply.try_get().unwrap()), "no reply");
    clerk.stop().unwrap();
}

/// 11. What a timeout says is how long the call lasted, with the time for which it waited awake. That is long for the first
/// question to a worker.
#[apply(bounded)]
fn a11_a_timeout_says_how_long_the_call_waited() {
    let timeout = Duration::from_micros(20);
    for _ in 0..20 {
        let (builder, _) = clerk();
        let clerk = builder.paused(true).start().unwrap();
        let began = Instant::now();
        let error = clerk.ask(Task::Answer).unwrap().wait_timeout(timeout).unwrap_err();
        let AskError::Timeout { waited, .. } = error else { panic!("{error}") };
        assert!((timeout..=began.elapsed()).contains(&waited), "{waited:?}");
        clerk.stop().unwrap();
        drop(clerk.take_pending());
    }
}

/// 11. The answer comes at about the time at which the wait is over: it is one of both, and never lost.
#[apply(bounded)]
fn a11_a_timeout_against_the_answer() {
    for round in 0..300 {
        let (to, mut answer) = reply();
        let sender = thread::spawn(move || to.send(round));
        let result = answer.wait_timeout(Duration::from_micros(round % 60));
        sender.join().unwrap().unwrap();
        match result {
            Ok(value) => assert_eq!(value, round),
            Err(_) => assert_eq!(answer.wait().unwrap(), round),
        }
    }
}

/// 16. The panic of an answer's destructor is contained wherever the answer is dropped.
#[apply(bounded)]
fn a16_an_answer_that_panics_in_its_destructor_is_contained() {
    silence_expected_panics();
    let drops = Probe::new();
    let bomb = || {
        let dropped = drops.clone();
        (OnDrop::new(move || dropped.add(())), Bomb::new())
    };
    // Dropped with the reply.
    let (to, unread) = reply();
    assert!(to.send(bomb()).is_ok());
    drop(unread);
    assert_eq!(drops.len(), 1);
    // Given up, and detached, before and after the answer.
    let (to, unread) = reply();
    assert!(to.send(bomb()).is_ok());
    unread.cancel();
    let (to, unread) = reply();
    assert!(to.send(bomb()).is_ok());
    unread.detach();
    let (to, unread) = reply();
    unread.detach();
    assert!(to.send(bomb()).is_ok());
    assert_eq!(drops.len(), 4);
    // What is refused is the sender's.
    let (to, unread) = reply();
    drop(unread);
    let refused = to.send(bomb()).err();
    assert_eq!(drops.len(), 4);
    std::mem::forget(refused);
    // And a question that panics when it is made: nothing is put.
    let (clerk, _) = started();
    let asked = std::panic::catch_unwind(|| {
        drop(clerk.ask(|_to: ReplyTo<u64>| -> Task { panic!("{EXPECTED}no words") }));
    });
    assert!(asked.is_err() && clerk.is_empty());
    clerk.stop().unwrap();
}

/// The reasons of a put are those of a question, with the task in hand.
#[apply(bounded)]
fn a_question_that_cannot_be_put_gives_its_task_back() {
    let (builder, turnstile) = clerk();
    let clerk = builder.bounded(1).start().unwrap();
    let held = clerk.ask(Task::Hold).unwrap();
    turnstile.wait();
    let pending = clerk.ask(Task::Answer).unwrap();
    let full = clerk.try_ask(Task::Answer).unwrap_err();
    let late = clerk.ask_timeout(Task::Answer, MOMENT).unwrap_err();
    clerk.close();
    let closed = clerk.ask(Task::Answer).unwrap_err();
    assert_eq!(
        [full.kind(), late.kind(), closed.kind()],
        [PutErrorKind::Full, PutErrorKind::Timeout, PutErrorKind::Closed]
    );
    assert!(full.to_string().starts_with(r#"worker "clerk": its queue is full"#), "{full}");
    let Task::Answer(to) = full.into_inner() else { unreachable!("it was asked") };
    assert!(!to.is_wanted());
    turnstile.release();
    assert_eq!((held.wait().unwrap(), pending.wait().unwrap()), (1, 1));
    clerk.wait().unwrap();
}

/// A question to the workers of every flavour of queue.
#[apply(bounded)]
fn questions_work_with_queues_of_the_program() {
    let (sender, receiver) = pyaltt_core::crossbeam_channel::bounded(2);
    let queues = [Queue::from((sender, receiver)), Queue::from(testkit::DequeQueue::bounded(2))];
    for queue in queues {
        let (builder, _) = clerk();
        let clerk = builder.queue(queue).start().unwrap();
        for _ in 0..10 {
            assert_eq!(clerk.ask(Task::Answer).unwrap().wait().unwrap(), 1);
        }
        let kept = wait_asleep(clerk.ask(Task::Keep).unwrap());
        clerk.stop().unwrap();
        assert_eq!(kind(kept.join().unwrap()), "ended, stopped");
    }
}
