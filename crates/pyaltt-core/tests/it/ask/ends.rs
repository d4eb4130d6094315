//! Questions to workers that end, that are restarted, and that do not run.

use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::layer::{Member, Membership, News};
use pyaltt_core::{
    AskError, BackgroundQueueWorker, Exit, ManualClock, PutErrorKind, Reply, Restart, State, Then,
};
use testkit::os_thread::spawn_asleep;
use testkit::{Turnstile, silence_expected_panics, until};

use super::{Answer, CLERKS, Clerks, LONG, Task, clerk, fails, finishes, kind, panics, started, wait_asleep};

/// How a life ends, and what becomes of the question in hand and of the one in the queue. The one that the clerk keeps ends
/// with the life each time.
struct End {
    name: &'static str,
    /// What the turn does with the question in hand.
    turn: Option<fn(pyaltt_core::ReplyTo<u64>) -> pyaltt_core::Turn>,
    call: fn(&BackgroundQueueWorker<Task>),
    hand: &'static str,
    pending: &'static str,
    kept: &'static str,
}

const ENDS: [End; 8] = [
    End {
        name: "stop",
        turn: None,
        call: |clerk| clerk.signal_stop(),
        hand: "an answer",
        pending: "ended, stopped",
        kept: "ended, stopped",
    },
    End {
        name: "terminate",
        turn: None,
        call: |clerk| clerk.terminate(),
        hand: "an answer",
        pending: "ended, terminated",
        kept: "ended, terminated",
    },
    End {
        name: "fail",
        turn: Some(fails),
        call: |_| (),
        hand: "no reply",
        pending: "ended, failed",
        kept: "ended, failed",
    },
    End {
        name: "panic",
        turn: Some(panics),
        call: |_| (),
        hand: "panicked",
        pending: "ended, failed",
        kept: "ended, failed",
    },
    End {
        name: "give up",
        turn: Some(fails),
        call: |_| (),
        hand: "no reply",
        pending: "ended, failed",
        kept: "ended, failed",
    },
    End {
        name: "finish",
        turn: Some(finishes),
        call: |_| (),
        hand: "no reply",
        pending: "ended, finished",
        kept: "ended, finished",
    },
    End {
        name: "drain",
        turn: None,
        call: |clerk| clerk.signal_drain(),
        hand: "an answer",
        pending: "an answer",
        kept: "ended, stopped",
    },
    End {
        name: "close",
        turn: None,
        call: |clerk| clerk.close(),
        hand: "an answer",
        pending: "an answer",
        kept: "ended, finished",
    },
];

/// A clerk that is held in its turn, and the questions: the one that it keeps, the one in hand, the one in its queue.
fn held(end: &End, clerks: Clerks) -> (BackgroundQueueWorker<Task>, Turnstile, [Reply<u64>; 3]) {
    let (mut builder, turnstile) = clerks();
    if end.name == "give up" {
        builder = builder.restart(Restart::on_failure().backoff(Duration::ZERO).max(1, LONG));
    }
    let clerk = builder.start().unwrap();
    if end.name == "give up" {
        clerk.put(Task::Fail).unwrap();
    }
    let kept = clerk.ask(Task::Keep).unwrap();
    let hand = match end.turn {
        None => clerk.ask(Task::Hold),
        Some(turn) => clerk.ask(|to| Task::HoldAnd(to, turn)),
    };
    turnstile.wait();
    let pending = clerk.ask(Task::Answer).unwrap();
    (clerk, turnstile, [kept, hand.unwrap(), pending])
}

/// What became of the questions, and of the task that was not begun.
#[track_caller]
fn check(end: &End, clerk: &BackgroundQueueWorker<Task>, answers: [Answer; 3]) {
    let name = end.name;
    for answer in &answers {
        if let Err(AskError::Ended { exit, .. }) = answer {
            assert_eq!(exit.run, clerk.last_exit().run, "{name}");
            assert_eq!(matches!(exit.then, Then::GaveUp { .. }), name == "give up");
            // The text does not repeat the cause, which is behind it.
            let error = std::error::Error::source(answer.as_ref().unwrap_err());
            assert_eq!(error.is_some(), exit.error.is_some(), "{name}");
        }
    }
    let [kept, hand, pending] = answers.map(kind);
    assert_eq!([&*kept, &*hand, &*pending], [end.kept, end.hand, end.pending], "{name}");
    let left = clerk.take_pending();
    assert_eq!(left.len(), usize::from(end.pending != "an answer"), "{name}");
    for task in left {
        let Task::Answer(to) = task else { unreachable!("it was asked") };
        assert_eq!((to.is_wanted(), to.send(1)), (false, Err(1)), "{name}");
    }
}

/// 3. Threads that wait when the end comes.
#[apply(bounded)]
fn a3_the_end_of_a_life_ends_the_waits_for_its_answers() {
    silence_expected_panics();
    for (end, clerks) in ENDS.iter().flat_map(|end| CLERKS.map(|clerks| (end, clerks))) {
        let (clerk, turnstile, replies) = held(end, clerks);
        let waiters = replies.map(wait_asleep);
        (end.call)(&clerk);
        turnstile.release();
        check(end, &clerk, waiters.map(|waiter| waiter.join().unwrap()));
    }
}

/// 3. Nobody waits when the end comes, and the questions are looked at afterwards; also when the next life has begun.
#[apply(bounded)]
fn a3_a_question_that_nobody_waits_for_ends_with_the_life_all_the_same() {
    silence_expected_panics();
    for (end, clerks) in ENDS.iter().flat_map(|end| CLERKS.map(|clerks| (end, clerks))) {
        for starts_again in [false, true] {
            let (clerk, turnstile, replies) = held(end, clerks);
            (end.call)(&clerk);
            turnstile.release();
            let exit = clerk.ended();
            exit.recv().unwrap_err();
            if starts_again {
                // Paused, so that it takes nothing of what is left.
                clerk.start_with(pyaltt_core::Start::new().paused(true)).unwrap();
            }
            let [kept, hand, pending] = replies;
            let answers = [kept.wait(), hand.wait(), pending.wait()];
            check(end, &clerk, answers);
            clerk.stop().unwrap();
        }
    }
}

/// 3. A task that was left is answered in the next life, if nobody was told of the end before that.
#[apply(bounded)]
fn a3_an_answer_of_the_next_life_is_one() {
    let (clerk, turnstile) = started();
    let hand = clerk.ask(Task::Hold).unwrap();
    turnstile.wait();
    let pending = clerk.ask(Task::Answer).unwrap();
    clerk.signal_stop();
    turnstile.release();
    assert_eq!(hand.wait().unwrap(), 1);
    clerk.stop().unwrap();
    clerk.start().unwrap();
    clerk.drain().unwrap();
    assert_eq!(pending.wait().unwrap(), 2);
}

/// 4. A restart is no end: the question is answered by the next run.
#[apply(bounded)]
fn a4_a_question_stays_open_over_a_restart() {
    let clock = ManualClock::new();
    let (builder, _) = clerk();
    let clerk = builder.restart(Restart::on_failure().jitter(0.0)).clock(clock.clone()).start().unwrap();
    clerk.put(Task::Fail).unwrap();
    let waiter = wait_asleep(clerk.ask(Task::Answer).unwrap());
    assert!(until(LONG, || clerk.state() == State::Waiting));
    // 6. While it waits for its restart.
    let later = wait_asleep(clerk.ask(Task::Answer).unwrap());
    clock.advance_to_next();
    assert_eq!((waiter.join().unwrap().unwrap(), later.join().unwrap().unwrap()), (2, 2));
    clerk.stop().unwrap();
}

/// 4. And the end of a life that waits for its restart is one.
#[apply(bounded)]
fn a4_the_end_of_a_backoff_by_a_stop_ends_what_was_asked() {
    let clock = ManualClock::new();
    let (builder, _) = clerk();
    let clerk = builder.restart(Restart::on_failure()).clock(clock).start().unwrap();
    clerk.put(Task::Fail).unwrap();
    let waiter = wait_asleep(clerk.ask(Task::Answer).unwrap());
    assert!(until(LONG, || clerk.state() == State::Waiting));
    clerk.stop().unwrap();
    assert_eq!(kind(waiter.join().unwrap()), "ended, failed");
    assert_eq!(clerk.ask(Task::Answer).unwrap_err().kind(), PutErrorKind::NotRunning);
    assert_eq!(clerk.take_pending().len(), 1);
}

/// 6. Nobody could answer, so nothing is put.
#[apply(bounded)]
fn a6_a_question_to_a_worker_that_does_not_run_is_refused() {
    let (builder, _) = clerk();
    let clerk = builder.build().unwrap();
    for _ in 0..2 {
        let error = clerk.ask(Task::Answer).unwrap_err();
        assert_eq!(error.kind(), PutErrorKind::NotRunning);
        let want = r#"worker "clerk": its queue has no worker that runs and could answer; start it first"#;
        assert_eq!(error.to_string(), want);
        let Task::Answer(to) = error.into_inner() else { unreachable!("it was asked") };
        assert_eq!(to.send(1), Err(1));
        assert!(clerk.is_empty());
        clerk.start().unwrap();
        assert_eq!(clerk.ask(Task::Answer).unwrap().wait().unwrap(), clerk.stats().runs);
        clerk.stop().unwrap();
    }
}

/// 6. A start that fails is the end of a life as well, and what its askers see is that failure, also if there was a life
/// before, whose exit is still the worker's last.
#[apply(bounded)]
fn a6_a_start_that_fails_ends_what_was_asked_meanwhile() {
    for lives_before in [0, 1] {
        let turnstile = Turnstile::new();
        let pass = turnstile.clone();
        let (builder, _) = clerk();
        let clerk = builder
            .before_start(move |cx| {
                if cx.run_number() <= lives_before {
                    return Ok(());
                }
                pass.pass();
                Err("no stamps".into())
            })
            .build()
            .unwrap();
        for _ in 0..lives_before {
            clerk.start().unwrap();
            clerk.stop().unwrap();
        }
        let started = clerk.clone();
        let start = spawn_asleep(move || started.start());
        turnstile.wait();
        let waiter = wait_asleep(clerk.ask(Task::Answer).unwrap());
        let later = clerk.ask(Task::Answer).unwrap();
        turnstile.release();
        let error = start.join().unwrap().unwrap_err();
        for answer in [waiter.join().unwrap(), later.wait()] {
            let Err(AskError::Ended { exit, .. }) = &answer else { panic!("{answer:?}") };
            assert_eq!((exit.run, exit.turns, exit.then), (lives_before + 1, 0, Then::Rest));
            assert_eq!(exit.error.as_ref().unwrap().to_string(), error.to_string());
            assert_eq!(kind(answer), "ended, failed");
        }
        assert_eq!((clerk.last_exit().run, clerk.take_pending().len()), (lives_before, 2));
    }
}

/// A group that holds its member instead of a restart.
struct Holds;

impl Membership for Holds {
    fn group(&self) -> &'static str {
        "all"
    }

    fn policy<'a>(&'a self, own: Option<&'a Restart>) -> Option<&'a Restart> {
        own
    }

    fn verdict(&self, _exit: &Exit, planned: Then) -> Then {
        if matches!(planned, Then::Again { .. }) { Then::Held } else { planned }
    }

    fn told(&self, _news: News) {}
}

/// 6. A member that its group holds lives on.
#[apply(bounded)]
fn a6_a_question_to_a_worker_that_is_held_stays_open() {
    let (builder, _) = clerk();
    let clerk = builder.restart(Restart::on_failure()).build().unwrap();
    let member = Member::join((&clerk).into(), Arc::new(Holds)).unwrap_or_else(|_| unreachable!());
    clerk.start().unwrap();
    clerk.put(Task::Fail).unwrap();
    assert!(until(LONG, || clerk.last_exit().then == Then::Held));
    let waiter = wait_asleep(clerk.ask(Task::Answer).unwrap());
    clerk.start().unwrap();
    assert_eq!(waiter.join().unwrap().unwrap(), 2);
    clerk.stop().unwrap();
    member.leave();
}

/// A queue of two workers: the first end is none, the last one is, whichever handle was asked.
#[apply(bounded)]
fn a3_the_last_of_several_readers_ends_what_was_asked() {
    let (builder, first_held) = clerk();
    let first = builder.name("first").start().unwrap();
    let (builder, second_held) = clerk();
    let second = builder.name("second").queue(first.queue().clone()).build().unwrap();
    // Asked by the handle of one that never ran: the other one can answer.
    assert_eq!(second.ask(Task::Answer).unwrap().wait().unwrap(), 1);
    second.start().unwrap();
    let hands = [first.ask(Task::Hold).unwrap(), first.ask(Task::Hold).unwrap()];
    first_held.wait();
    second_held.wait();
    let waiters = [&first, &second].map(|clerk| wait_asleep(clerk.ask(Task::Answer).unwrap()));
    first.signal_stop();
    first_held.release();
    first.wait().unwrap();
    assert!(!waiters[0].is_finished());
    // By the handle of a worker that is stopped, too.
    let open = wait_asleep(first.ask(Task::Answer).unwrap());
    second.signal_stop();
    second_held.release();
    let [one, other] = hands.map(|hand| hand.wait().unwrap());
    assert_eq!((one, other), (1, 1));
    let errors = waiters.map(|waiter| waiter.join().unwrap().unwrap_err());
    assert_eq!(errors[0].to_string(), r#"worker "first" has ended without an answer (stopped)"#);
    for (error, asked) in errors.iter().zip(["first", "second"]) {
        assert_eq!(error.worker(), asked);
        let AskError::Ended { exit, .. } = error else { panic!("{error}") };
        assert_eq!(&*exit.worker, "second");
    }
    assert_eq!(kind(open.join().unwrap()), "ended, stopped");
    assert_eq!(first.ask(Task::Answer).unwrap_err().kind(), PutErrorKind::NotRunning);
    // The error that was refused has been dropped.
    assert_eq!(first.take_pending().len(), 3);
}
