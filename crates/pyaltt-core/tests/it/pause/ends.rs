//! A paused worker ends as any other, and is paused in its next run.

use pyaltt_core::{BackgroundQueueWorker, ExitReason, State, StopError, WeakHandle, event, queue};
use testkit::Probe;

use super::{Kind, LONG};
use crate::flavour::Flavour;

#[apply(bounded)]
fn w3_a_paused_worker_stops_at_once_and_is_paused_in_its_next_run() {
    for kind in Kind::all() {
        let subject = kind.build();
        subject.start().unwrap();
        subject.has_turn();
        subject.pause_wait(LONG).unwrap();
        subject.give();
        let turns = subject.stats().turns;
        let exit = subject.stop().unwrap();
        assert_eq!(
            (exit.reason, exit.turns, subject.is_paused()),
            (ExitReason::Stopped, turns, true),
            "{kind:?}"
        );
        for run in 2..4 {
            subject.start().unwrap();
            subject.pause_wait(LONG).unwrap();
            let exit = subject.stop().unwrap();
            assert_eq!((exit.run, exit.turns), (run, 0), "{kind:?}");
        }
        let hooks = ["before_start", "after_start", "before_stop", "after_stop"];
        assert_eq!(subject.hooks.all(), hooks.repeat(3));
        subject.resume();
        subject.start().unwrap();
        subject.has_turn_after(turns);
        subject.stop().unwrap();
    }
}

#[apply(bounded)]
fn w3_a_paused_worker_is_terminated_at_once() {
    for kind in Kind::all() {
        let subject = kind.build_with(true);
        subject.start().unwrap();
        subject.pause_wait(LONG).unwrap();
        subject.terminate();
        assert_eq!(subject.wait().unwrap().reason, ExitReason::Terminated);
        assert_eq!(subject.hooks.all(), ["before_start", "after_start", "after_stop"], "{kind:?}");
    }
}

#[apply(bounded)]
fn w3_the_drop_of_the_last_handle_ends_a_paused_worker() {
    for kind in Kind::all() {
        let subject = kind.build_with(true);
        subject.start().unwrap();
        let (ended, hooks) = (subject.ended(), subject.hooks.clone());
        subject.pause_wait(LONG).unwrap();
        drop(subject);
        assert!(ended.recv().is_err());
        assert_eq!(hooks.len(), 4, "{kind:?}");
    }
}

#[apply(bounded)]
fn w3_a_drain_of_a_paused_worker_runs_its_tasks() {
    for flavour in Flavour::ALL {
        for is_signalled in [false, true] {
            let worker = flavour.unbounded(queue(|_task: u32, _cx| ())).paused(true).build().unwrap();
            (0..5).for_each(|task| worker.put(task).unwrap());
            worker.start().unwrap();
            worker.pause_wait(LONG).unwrap();
            let exit = if is_signalled {
                worker.signal_drain();
                worker.wait()
            } else {
                worker.drain()
            };
            let exit = exit.unwrap();
            assert_eq!((exit.reason, exit.turns, exit.left), (ExitReason::Stopped, 5, 0), "{flavour:?}");
            assert!(worker.is_paused());
            worker.put(5).unwrap();
            worker.start().unwrap();
            worker.pause_wait(LONG).unwrap();
            assert_eq!((worker.len(), worker.stats().turns), (1, 5), "{flavour:?}");
            worker.drain().unwrap();
        }
    }
}

/// A pause that comes during the drain does not hold it up.
#[apply(bounded)]
fn w3_a_worker_that_drains_cannot_be_paused() {
    for flavour in Flavour::ALL {
        let (worker, turnstile) = flavour.held(3);
        worker.signal_drain();
        worker.pause();
        (0..4).for_each(|_| turnstile.release());
        assert_eq!(worker.wait().unwrap().turns, 4, "{flavour:?}");
        assert!(worker.is_paused());
    }
}

/// A stop overtakes a drain of a paused worker.
#[apply(bounded)]
fn w3_a_pause_before_a_stop_that_overtakes_a_drain() {
    for flavour in Flavour::ALL {
        let (worker, turnstile) = flavour.held(3);
        worker.pause();
        worker.signal_drain();
        worker.resume();
        worker.pause();
        worker.signal_stop();
        turnstile.release();
        let exit = worker.stop().unwrap();
        assert_eq!((exit.reason, exit.turns, worker.len()), (ExitReason::Stopped, 1, 3), "{flavour:?}");
        drop(worker.take_pending());
    }
}

#[apply(bounded)]
fn w3_a_closed_queue_ends_its_worker_when_it_is_resumed() {
    for flavour in Flavour::ALL {
        let worker = flavour.unbounded(queue(|_task: u32, _cx| ())).paused(true).start().unwrap();
        worker.put(1).unwrap();
        worker.close();
        worker.pause_wait(LONG).unwrap();
        assert_eq!((worker.len(), worker.state()), (1, State::Active), "{flavour:?}");
        worker.resume();
        let exit = worker.wait().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 1), "{flavour:?}");
    }
}

/// The reason of a run whose turn ends it is its own.
#[apply(bounded)]
fn w3_a_turn_that_ends_its_run_while_it_is_paused_has_finished_or_failed() {
    type Run = fn() -> Result<bool, &'static str>;
    let runs: [(Run, ExitReason); 2] =
        [(|| Ok(false), ExitReason::Finished), (|| Err("no"), ExitReason::Failed)];
    for (run, reason) in runs {
        let slot = super::Slot::<WeakHandle>::default();
        let own = slot.clone();
        let bell = event(move |_trigger, _cx| {
            own.wait().upgrade().unwrap().pause();
            run()
        });
        let bell = bell.start().unwrap();
        slot.get_or_init(|| bell.downgrade());
        bell.trigger();
        let exit = match bell.wait() {
            Ok(exit) | Err(StopError::Failed(exit)) => exit,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(exit.reason, reason);
        assert!(bell.is_paused());
    }
}

#[apply(bounded)]
fn w3_a_paused_worker_is_taken_out_when_it_is_stopped() {
    struct Sum(u32);
    impl pyaltt_core::Worker for Sum {
        type Task = u32;
        fn run(&mut self, task: u32, _cx: &mut pyaltt_core::Context) -> pyaltt_core::Turn {
            self.0 += task;
            Ok(pyaltt_core::Flow::Continue)
        }
    }
    let sum = BackgroundQueueWorker::builder(Sum(0)).paused(true).start().unwrap();
    sum.put(42).unwrap();
    sum.pause_wait(LONG).unwrap();
    sum.drain().unwrap();
    assert_eq!(sum.into_inner::<Sum>().unwrap().0, 42);
    // And it may be the last act of a worker's own thread to ask.
    let log = Probe::new();
    let noted = log.clone();
    let worker = queue(move |_task: u32, _cx| noted.add(1)).paused(true).build().unwrap();
    worker.put(1).unwrap();
    worker.pause_wait(LONG).unwrap();
    worker.resume();
    worker.start().unwrap();
    assert_eq!(log.next(), 1);
    worker.stop().unwrap();
}
