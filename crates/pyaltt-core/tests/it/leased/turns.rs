//! A turn settles its task by its result.

use std::time::Duration;

use pyaltt_core::{
    BoxError, ErrorText, ExitReason, Flow, PutErrorKind, Queue, Settlement, StopError, Turn, done, give_up,
    later, queue, retry_after,
};
use testkit::{EXPECTED, LendingQueue, Probe, Turnstile, failed, silence_expected_panics};

use super::{run_out, worker};

const MINUTE: Duration = Duration::from_secs(60);

#[apply(bounded)]
fn a_turn_that_succeeds_is_done_and_knows_its_task() {
    let seen = Probe::new();
    let ids = seen.clone();
    let (builder, store) = worker(&[10, 11], move |task, cx| {
        let info = cx.task().unwrap();
        ids.add((task, info.attempt, info.attempts, cx.is_lost()));
    });
    let worker = run_out(builder);
    assert_eq!(seen.all(), [(10, 1, 5, false), (11, 1, 5, false)]);
    assert_eq!(store.texts(), ["0 Done", "1 Done"]);
    assert_eq!(store.rounds(), [1, 1]);
    assert_eq!((store.lent(), worker.stats().errors), (0, 0));
}

#[apply(bounded)]
fn a_turn_that_finishes_the_run_is_done() {
    let (builder, store) = worker(&[1, 2], |_task, _cx| Flow::Stop);
    let worker = builder.start().unwrap();
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
    assert_eq!((store.texts(), store.ready()), (vec!["0 Done".to_owned()], vec![2]));
}

/// Of case 19, and of 17 what is the worker's.
#[apply(bounded)]
fn case_19_a_failure_a_panic_and_the_verdicts_of_a_turn() {
    silence_expected_panics();
    let turn = |task, _: &mut _| -> Turn {
        match task {
            0 => Err("no paper".into()),
            1 => Err(give_up("no address")),
            2 => Err(retry_after(MINUTE, "busy")),
            3 => Err(later(MINUTE)),
            4 => panic!("{EXPECTED}on fire"),
            _ => done(),
        }
    };
    let (builder, store) = worker(&[0, 1, 2, 3, 4, 5], turn);
    store.set_attempts(1);
    // The default handler goes on, because the queue has the task.
    let exit = builder.start().unwrap().drain().unwrap();
    let panicked = format!("4 Panicked(panicked: {EXPECTED}on fire)");
    let expected = [
        "0 Failed(no paper)",
        "1 GiveUp(no address)",
        "2 RetryAfter(60s, busy)",
        "3 HandBack(Some(60s))",
        &panicked,
        "5 Done",
    ];
    assert_eq!(store.texts(), expected);
    assert_eq!((exit.turns, exit.errors, exit.panics), (6, 3, 1));
    assert_eq!((store.dead(), store.later()), (vec![0, 1, 2, 4], vec![(MINUTE, 3)]));
}

#[apply(bounded)]
fn a_task_that_fails_comes_again_until_its_attempts_are_used_up() {
    let attempts = Probe::new();
    let seen = attempts.clone();
    let (builder, store) = worker(&[1], move |_task, cx| {
        seen.add(cx.task().unwrap().attempt);
        Err::<(), _>("no paper")
    });
    store.set_attempts(3);
    let worker = builder.start().unwrap();
    store.wait_for(3);
    assert_eq!(worker.stop().unwrap().errors, 3);
    assert_eq!((attempts.all(), store.dead()), (vec![1, 2, 3], vec![1]));
}

#[apply(bounded)]
fn the_handler_is_asked_with_the_task_in_hand_and_after_it_was_settled() {
    let seen = Probe::new();
    let handled = seen.clone();
    let (builder, store) =
        worker(&[1, 2], |_task, _cx| Err::<(), _>(give_up("7".parse::<bool>().unwrap_err())));
    let settled = store.clone();
    let builder = builder.on_error_with(move |error, cx| {
        let pyaltt_core::WorkerErrorKind::Failed(cause) = error.kind() else { panic!("it failed") };
        // What the user's own error was is no secret.
        let is_own = cause.is::<std::str::ParseBoolError>();
        handled.add((cx.task().unwrap().attempt, is_own, settled.texts().len()));
        Flow::Stop
    });
    let worker = builder.start().unwrap();
    let exit = failed(worker.wait());
    assert_eq!((exit.turns, exit.errors), (1, 1));
    assert_eq!(seen.all(), [(1, true, 1)]);
    assert_eq!((store.dead(), store.ready()), (vec![1], vec![2]));
}

/// 20.
#[apply(bounded)]
fn case_20_a_handler_that_panics_leaves_the_task_settled() {
    silence_expected_panics();
    let (builder, store) = worker(&[1, 2], |_task, _cx| Err::<(), _>("no paper"));
    let worker = builder.on_error(|_error| panic!("{EXPECTED}handler")).start().unwrap();
    let exit = failed(worker.wait());
    assert_eq!((exit.turns, exit.panics), (1, 1));
    assert_eq!((store.texts(), store.lent()), (vec!["0 Failed(no paper)".to_owned()], 0));
    assert_eq!(store.ready(), [2, 1]);
}

#[apply(bounded)]
fn a_policy_sees_the_error_of_a_turn_that_says_nothing_itself() {
    let (builder, store) = worker(&[0, 1], |task, _cx| -> Turn {
        if task == 0 { Err("no paper".into()) } else { Err(give_up("no address")) }
    });
    store.set_judgement(Settlement::RetryAfter(MINUTE, ErrorText::new("by policy")));
    let _ = run_out(builder);
    assert_eq!(store.texts(), ["0 RetryAfter(60s, by policy)", "1 GiveUp(no address)"]);
}

#[apply(bounded)]
fn a_lost_lease_is_seen_in_the_turn() {
    let turnstile = Turnstile::new();
    let (pass, seen) = (turnstile.clone(), Probe::new());
    let lost = seen.clone();
    let (builder, store) = worker(&[1], move |_task, cx| {
        let before = cx.is_lost();
        pass.pass();
        lost.add((before, cx.is_lost()));
    });
    let worker = builder.start().unwrap();
    turnstile.wait();
    store.lose_all();
    turnstile.release();
    assert_eq!(seen.next(), (false, true));
    worker.stop().unwrap();
}

/// Rule 12: what a turn returns after its wait was cut is no failure of its own, so the attempt does not count.
#[apply(bounded)]
fn a_turn_whose_wait_was_cut_by_the_stop_hands_its_task_back() {
    let target = Queue::bounded(1).unwrap();
    target.put(0).unwrap();
    let (turnstile, full) = (Turnstile::new(), target.clone());
    let pass = turnstile.clone();
    let (builder, store) = worker(&[1, 2], move |task, _cx| -> Turn {
        pass.pass();
        full.put(task).map_err(|error| {
            assert_eq!(error.kind(), PutErrorKind::Stopping);
            BoxError::from(error)
        })?;
        done()
    });
    let handled = Probe::new();
    let errors = handled.clone();
    let worker = builder.on_error(move |error| errors.add(error.to_string())).start().unwrap();
    turnstile.wait();
    worker.signal_stop();
    turnstile.release();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.reason, exit.errors, worker.stats().interrupted), (ExitReason::Stopped, 0, 1));
    assert!(handled.is_empty());
    assert_eq!((store.texts(), store.ready()), (vec!["0 HandBack(None)".to_owned()], vec![1, 2]));
}

/// On any other queue they are errors like all others.
#[apply(bounded)]
fn the_verdicts_are_errors_on_a_queue_in_memory() {
    let worker = queue(|_task: u32, _cx| -> Turn { Err(later(MINUTE)) }).start().unwrap();
    worker.put(1).unwrap();
    let Err(StopError::Failed(exit)) = worker.wait() else { panic!("it failed") };
    assert!(exit.error.unwrap().to_string().ends_with("turn 1: put off for 60s"));
    assert_eq!(exit.errors, 1);
}

#[apply(bounded)]
fn a_put_goes_to_the_store_and_its_error_keeps_the_id() {
    let (builder, store) = worker(&[], |_task, _cx| ());
    let worker = builder.build().unwrap();
    worker.put(1).unwrap();
    assert_eq!((store.ready(), worker.len()), (vec![1], 1));
    let kinds =
        [PutErrorKind::Unavailable, PutErrorKind::Uncertain, PutErrorKind::Duplicate, PutErrorKind::Rejected];
    for kind in kinds {
        store.set_faults(|faults| faults.put = Some(kind));
        for error in [worker.put(2), worker.try_put(2), worker.put_timeout(2, MINUTE)] {
            let error = error.unwrap_err();
            assert_eq!((error.kind(), error.id().unwrap().to_bytes()[15]), (kind, 7));
            assert!(error.to_string().starts_with("worker \"lent\": its queue "), "{error}");
            assert_eq!(error.into_inner(), 2);
        }
        assert_eq!(worker.put_many([3, 4]).unwrap_err().into_inner(), [3, 4]);
    }
    worker.close();
    let error = worker.put(5).unwrap_err();
    assert_eq!((error.kind(), error.id()), (PutErrorKind::Closed, None));
    // It was not left behind for another queue of the same thread.
    let other = Queue::leased(LendingQueue::<u32>::new());
    other.close();
    assert_eq!(other.put(1).unwrap_err().id(), None);
}
