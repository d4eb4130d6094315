//! A failure is never silent: what a wait, a drain and a stop say of a run that failed, and of a drain that was
//! overtaken.

use std::ops::ControlFlow;
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Flow, Handle, Inbox, State, StopError, Turn,
    Worker, event, looped, queue,
};
use testkit::os_thread::spawn_asleep;
use testkit::{EXPECTED, silence_expected_panics, until};

use crate::flavour::Flavour;

const LONG: Duration = Duration::from_secs(3600);

/// A worker of each kind that fails in its first turn, with an error or with a panic.
fn failing(panics: bool) -> Vec<Handle> {
    let fail = move || {
        assert!(!panics, "{EXPECTED}on fire");
        Err::<(), _>("no paper")
    };
    let looped = looped(move |_tick, _cx| fail()).name("looped").start().unwrap();
    let event = event(move |_trigger, _cx| fail()).name("event").start().unwrap();
    event.trigger();
    let mut workers = vec![Handle::from(looped), event.into()];
    for flavour in Flavour::ALL {
        let worker = flavour.unbounded(queue(move |_task: u32, _cx| fail())).name("queue").start().unwrap();
        worker.put(1).unwrap();
        workers.push(worker.into());
    }
    workers
}

/// 1.
#[apply(bounded)]
fn waits_for_a_failed_run_are_errors_and_stops_are_not() {
    silence_expected_panics();
    for panics in [false, true] {
        for worker in failing(panics) {
            // Also long after, and again and again.
            for _ in 0..3 {
                for error in [worker.wait().unwrap_err(), worker.wait_timeout(LONG).unwrap_err()] {
                    let StopError::Failed(exit) = &error else { panic!("{error}") };
                    assert_eq!(
                        (exit.reason, exit.turns, &*exit.worker),
                        (ExitReason::Failed, 1, worker.name())
                    );
                    assert!(error.to_string().contains("turn 1"), "{error}");
                }
                let error = worker.wait_timeout(Duration::ZERO).unwrap_err();
                assert!(matches!(error, StopError::Failed(_)), "{error}");
                let exits = [worker.stop(), worker.stop_timeout(LONG), worker.stop_timeout(Duration::ZERO)];
                for exit in exits {
                    assert_eq!(exit.unwrap().reason, ExitReason::Failed);
                }
            }
            assert_eq!(worker.last_exit().reason, ExitReason::Failed);
        }
    }
}

/// 1. Waits that began before the failure.
#[apply(bounded)]
fn waits_that_see_the_failure_come_are_errors_too() {
    for flavour in Flavour::ALL {
        let (worker, turnstile) = {
            let turnstile = testkit::Turnstile::new();
            let pass = turnstile.clone();
            let fail = move |_task: u32, _cx: &mut Context| {
                pass.pass();
                Err::<(), _>("no paper")
            };
            (flavour.unbounded(queue(fail)).start().unwrap(), turnstile)
        };
        worker.put(1).unwrap();
        turnstile.wait();
        worker.put(2).unwrap();
        let calls: [fn(&BackgroundQueueWorker<u32>) -> Result<Exit, StopError>; 4] = [
            |worker| worker.wait(),
            |worker| worker.wait_timeout(LONG),
            BackgroundQueueWorker::drain,
            |worker| worker.drain_timeout(LONG),
        ];
        let waiting = calls.map(|call| {
            let worker = worker.clone();
            spawn_asleep(move || call(&worker))
        });
        assert!(until(LONG, || worker.state() == State::Stopping));
        turnstile.release();
        for waiting in waiting {
            let error = waiting.join().unwrap().unwrap_err();
            assert!(matches!(error, StopError::Failed(_)), "{flavour:?}: {error}");
        }
        for late in [worker.drain(), worker.drain_timeout(Duration::ZERO)] {
            assert!(matches!(late, Err(StopError::Failed(_))), "{flavour:?}");
        }
        assert_eq!(worker.take_pending(), [2], "{flavour:?}: it stays");
        assert_eq!(worker.stop().unwrap().reason, ExitReason::Failed);
    }
}

/// 1.
#[apply(bounded)]
fn a_clean_run_after_a_failed_one_is_no_error() {
    for flavour in Flavour::ALL {
        let fail = |task: u32, _cx: &mut Context| if task == 0 { Err("no paper") } else { Ok(()) };
        let worker = flavour.unbounded(queue(fail)).start().unwrap();
        worker.put(0).unwrap();
        worker.wait().unwrap_err();
        worker.start().unwrap();
        worker.put(1).unwrap();
        assert_eq!(worker.drain().unwrap().turns, 1, "{flavour:?}");
        worker.wait().unwrap();
    }
}

/// 1. A loop of the worker's own, and a worker that was failed by its error handler.
#[apply(bounded)]
fn every_way_to_fail_is_an_error_of_the_wait() {
    struct Fails;
    impl Worker for Fails {
        type Task = u32;
        fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
        fn r#loop(&mut self, _inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
            Err("no paper".into())
        }
    }
    let worker = BackgroundQueueWorker::builder(Fails).name("own loop").start().unwrap();
    let error = worker.wait().unwrap_err();
    assert_eq!(error.to_string(), r#"worker "own loop", loop: no paper"#);

    let worker = queue(|_task: u32, _cx| Err::<(), _>("no paper"))
        .name("handled")
        .on_error(|_| Flow::Stop)
        .start()
        .unwrap();
    worker.put(1).unwrap();
    assert_eq!(worker.wait().unwrap_err().to_string(), r#"worker "handled", turn 1: no paper"#);
}

/// What overtakes a drain, and the reason of the run that it ends.
const OVERTAKING: [(fn(&BackgroundQueueWorker<u32>), ExitReason); 3] = [
    (|worker| worker.signal_stop(), ExitReason::Stopped),
    (|worker| drop(worker.stop_timeout(Duration::ZERO)), ExitReason::Stopped),
    (|worker| worker.terminate(), ExitReason::Terminated),
];

/// 1.
#[apply(bounded)]
fn a_drain_that_is_overtaken_says_how_many_tasks_are_left() {
    for flavour in Flavour::ALL {
        for (overtake, reason) in OVERTAKING {
            let (worker, turnstile) = flavour.held(4);
            let drains = [false, true].map(|timed| {
                let worker = worker.clone();
                spawn_asleep(move || if timed { worker.drain_timeout(LONG) } else { worker.drain() })
            });
            assert!(until(LONG, || worker.state() == State::Stopping));
            // These come after the drain, so they are not its tasks.
            worker.put(5).unwrap();
            worker.put(6).unwrap();
            turnstile.release();
            turnstile.wait();
            overtake(&worker);
            turnstile.release();
            for drain in drains {
                match drain.join().unwrap() {
                    Err(StopError::Left { exit, tasks, .. }) => {
                        let seen = (tasks, exit.left, exit.turns, exit.reason);
                        assert_eq!(seen, (3, 3, 2, reason), "{flavour:?}");
                    }
                    other => panic!("{flavour:?}: {other:?}"),
                }
            }
            assert_eq!(worker.len(), 5, "{flavour:?}");
            // The stop itself got what it asked for.
            assert_eq!(worker.stop().unwrap().left, 3);
            assert_eq!(worker.wait().unwrap().left, 3);
        }
    }
}

/// 1. A turn that ends the run by itself, or fails it.
#[apply(bounded)]
fn a_drain_that_a_turn_overtakes_is_an_error() {
    for flavour in Flavour::ALL {
        for fails in [false, true] {
            let turnstile = testkit::Turnstile::new();
            let pass = turnstile.clone();
            let worker = flavour.unbounded(queue(move |_task: u32, _cx| {
                pass.pass();
                if fails { Err("no paper") } else { Ok(Flow::Stop) }
            }));
            let worker = worker.start().unwrap();
            worker.put(0).unwrap();
            turnstile.wait();
            worker.put(1).unwrap();
            worker.put(2).unwrap();
            let other = worker.clone();
            let drain = spawn_asleep(move || other.drain());
            assert!(until(LONG, || worker.state() == State::Stopping));
            turnstile.release();
            match drain.join().unwrap() {
                Err(StopError::Failed(exit)) if fails => {
                    assert_eq!((exit.reason, exit.left), (ExitReason::Failed, 2), "{flavour:?}");
                }
                Err(StopError::Left { exit, tasks: 2, .. }) if !fails => {
                    assert_eq!((exit.reason, exit.left), (ExitReason::Finished, 2), "{flavour:?}");
                }
                other => panic!("{flavour:?}: {other:?}"),
            }
        }
    }
}

/// 1. A stop that came first overtakes a drain as well.
#[apply(bounded)]
fn a_drain_behind_a_stop_is_an_error() {
    for flavour in Flavour::ALL {
        let (worker, turnstile) = flavour.held(3);
        worker.signal_stop();
        let other = worker.clone();
        let drain = spawn_asleep(move || other.drain());
        turnstile.release();
        match drain.join().unwrap() {
            Err(StopError::Left { tasks: 3, .. }) => {}
            other => panic!("{flavour:?}: {other:?}"),
        }
        // The next drain has all its tasks run.
        (0..3).for_each(|_| turnstile.release());
        worker.start().unwrap();
        assert_eq!(worker.drain().unwrap().turns, 3);
    }
}

/// 1. Another worker of the same queue goes on, and takes what comes after the drain.
#[apply(bounded)]
fn a_drain_of_one_of_several_workers_is_not_blamed_for_later_tasks() {
    for flavour in Flavour::ALL {
        let anna = flavour.unbounded(queue(|_task: u32, _cx| ())).start().unwrap();
        let bert = queue(|_task: u32, _cx| ()).queue(anna.queue().clone()).start().unwrap();
        let is_over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                    // Few at a time, so that the queue is often empty.
                    (0..3).for_each(|task| anna.put(task).unwrap());
                    while !anna.is_empty() {
                        std::thread::yield_now();
                    }
                }
            });
            for _ in 0..300 {
                let drained = anna.drain();
                if drained.is_err() {
                    is_over.store(true, std::sync::atomic::Ordering::Relaxed);
                }
                assert_eq!(drained.unwrap().left, 0, "{flavour:?}");
                anna.start().unwrap();
            }
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        anna.drain().unwrap();
        bert.drain().unwrap();
    }
}

/// 1. What a drain leaves to the user has not been left by it.
#[apply(bounded)]
fn tasks_that_are_taken_out_during_a_drain_are_not_left() {
    for flavour in Flavour::ALL {
        let (worker, turnstile) = flavour.held(3);
        let other = worker.clone();
        let drain = spawn_asleep(move || other.drain());
        assert!(until(LONG, || worker.state() == State::Stopping));
        assert_eq!(worker.take_pending().len(), 3, "{flavour:?}");
        turnstile.release();
        assert_eq!(drain.join().unwrap().unwrap().turns, 1, "{flavour:?}");
    }
}

/// 1. The length of a user's own queue may panic wherever it is asked for.
#[apply(bounded)]
fn a_length_that_panics_when_an_overtaken_drain_is_counted_strands_nobody() {
    use std::sync::atomic::{AtomicBool, Ordering};
    struct Unsure(testkit::DequeQueue<u32>, std::sync::Arc<AtomicBool>);
    impl pyaltt_core::TaskQueue for Unsure {
        type Task = u32;
        fn put(&self, task: u32) -> Result<(), u32> {
            self.0.put(task)
        }
        fn take(&self) -> Option<u32> {
            self.0.take()
        }
        fn len(&self) -> usize {
            assert!(!self.1.load(Ordering::SeqCst), "{EXPECTED}no length");
            self.0.len()
        }
    }
    silence_expected_panics();
    let panics = std::sync::Arc::new(AtomicBool::new(false));
    let turnstile = testkit::Turnstile::new();
    let pass = turnstile.clone();
    let worker = queue(move |_task: u32, _cx| pass.pass())
        .queue(Unsure(testkit::DequeQueue::unbounded(), std::sync::Arc::clone(&panics)))
        .start()
        .unwrap();
    worker.put(1).unwrap();
    turnstile.wait();
    worker.put(2).unwrap();
    worker.signal_drain();
    worker.signal_stop();
    panics.store(true, Ordering::SeqCst);
    turnstile.release();
    assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
}

/// 1. A failed turn in a loop of the worker's own that goes on: the run has failed.
#[apply(bounded)]
fn a_loop_that_goes_on_after_a_failed_turn_has_failed() {
    struct GoesOn;
    impl Worker for GoesOn {
        type Task = u32;
        fn run(&mut self, task: u32, _cx: &mut Context) -> Turn {
            if task == 0 { Err("no paper".into()) } else { Ok(Flow::Continue) }
        }
        fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
            while let Some(task) = inbox.next() {
                let _: ControlFlow<()> = inbox.turn(self, task);
            }
            Ok(())
        }
    }
    let worker = BackgroundQueueWorker::builder(GoesOn).start().unwrap();
    (0..3).for_each(|task| worker.put(task).unwrap());
    match worker.drain() {
        Err(StopError::Failed(exit)) => assert_eq!((exit.turns, exit.errors), (3, 1)),
        other => panic!("{other:?}"),
    }
}
