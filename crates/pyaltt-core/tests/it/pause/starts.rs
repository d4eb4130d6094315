//! Pauses before a start, during it, in its hook and in a turn.

use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Flow, Restart, Start, StartError, State, StopError, Turn,
    WeakHandle, Worker, queue,
};
use testkit::Turnstile;
use testkit::os_thread::spawn_asleep;

use super::{Kind, LONG, Slot};

#[apply(bounded)]
fn w4_a_worker_that_was_built_paused_starts_with_its_hooks_and_without_turns() {
    for kind in Kind::all() {
        let subject = kind.build_with(true);
        assert!(subject.is_paused());
        subject.give();
        subject.start().unwrap();
        subject.pause_wait(LONG).unwrap();
        assert_eq!((subject.state(), subject.stats().turns), (State::Active, 0), "{kind:?}");
        assert_eq!(subject.hooks.all(), ["before_start", "after_start"]);
        subject.resume();
        subject.has_turn_after(0);
        subject.stop().unwrap();
    }
}

#[apply(bounded)]
fn w4_a_pause_before_the_start_holds_and_a_resume_ends_it() {
    for kind in Kind::all() {
        let subject = kind.build();
        subject.pause();
        subject.pause_wait(Duration::ZERO).unwrap();
        subject.start().unwrap();
        subject.is_paused_as_said(true);
        subject.stop().unwrap();
        subject.resume();
        let turns = subject.stats().turns;
        subject.start().unwrap();
        subject.has_turn_after(turns);
        subject.stop().unwrap();
    }
}

#[apply(bounded)]
fn w4_a_start_pauses_the_worker_or_resumes_it_or_leaves_it_as_it_is() {
    for kind in Kind::all() {
        for before in [false, true] {
            for given in [None, Some(false), Some(true)] {
                let subject = kind.build_with(before);
                let start = given.map_or_else(Start::new, |paused| Start::new().paused(paused));
                subject.start_with(start).unwrap();
                subject.is_paused_as_said(given.unwrap_or(before));
                subject.stop().unwrap();
                // It is the worker's from then on.
                subject.start().unwrap();
                assert_eq!(subject.is_paused(), given.unwrap_or(before), "{kind:?}");
                subject.stop().unwrap();
            }
        }
    }
}

#[apply(bounded)]
fn w4_a_start_that_is_refused_pauses_nobody() {
    let worker = queue(|_task: u32, _cx| ()).start().unwrap();
    let error = worker.start_with(Start::new().paused(true)).unwrap_err();
    assert!(matches!(error, StartError::AlreadyRunning { .. }));
    assert!(!worker.is_paused());
    worker.stop().unwrap();
}

#[apply(bounded)]
fn w4_what_is_said_after_a_start_between_two_runs_holds() {
    for paused in [false, true] {
        let held = Turnstile::new();
        let exits = held.clone();
        let worker = queue(|_task: u32, _cx| false)
            .restart(Restart::always())
            .on_exit(move |exit| {
                if exit.run == 1 {
                    exits.pass();
                }
            })
            .start()
            .unwrap();
        worker.put(1).unwrap();
        held.wait();
        assert_eq!(worker.state(), State::Waiting);
        let starting = spawn_asleep({
            let worker = worker.clone();
            move || worker.start_with(Start::new().paused(!paused)).unwrap()
        });
        if paused {
            worker.pause();
        } else {
            worker.resume();
        }
        held.release();
        starting.join().unwrap();
        assert_eq!(worker.is_paused(), paused);
        worker.stop().unwrap();
    }
}

/// Is held in `before_start`, or pauses itself there.
struct Starts {
    held: Option<Turnstile>,
    own: Slot<WeakHandle>,
}

impl Worker for Starts {
    type Task = u32;

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        if let Some(held) = &self.held {
            held.pass();
            return Ok(());
        }
        let own = self.own.wait().upgrade().ok_or("no handle")?;
        own.pause();
        assert!(matches!(own.pause_wait(LONG), Err(StopError::FromWorker { .. })));
        Ok(())
    }

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }
}

#[apply(bounded)]
fn w4_a_pause_while_the_worker_starts_lets_no_turn_begin() {
    for is_resumed in [false, true] {
        let held = Turnstile::new();
        let starts = Starts { held: Some(held.clone()), own: Slot::default() };
        let worker = BackgroundQueueWorker::builder(starts).build().unwrap();
        worker.put(1).unwrap();
        let starting = spawn_asleep({
            let worker = worker.clone();
            move || worker.start().unwrap()
        });
        held.wait();
        worker.pause();
        assert_eq!(worker.state(), State::Starting);
        // The hook goes on, so the worker does not rest yet.
        assert!(matches!(worker.pause_wait(Duration::ZERO), Err(StopError::Timeout { .. })));
        if is_resumed {
            worker.resume();
        }
        held.release();
        starting.join().unwrap();
        if is_resumed {
            assert_eq!(worker.drain().unwrap().turns, 1);
        } else {
            worker.pause_wait(LONG).unwrap();
            assert_eq!((worker.stats().turns, worker.len()), (0, 1));
            worker.stop().unwrap();
            drop(worker.take_pending());
        }
    }
}

#[apply(bounded)]
fn w4_a_pause_in_before_start_lets_no_turn_begin() {
    let starts = Starts { held: None, own: Slot::default() };
    let slot = starts.own.clone();
    let worker = BackgroundQueueWorker::builder(starts).build().unwrap();
    slot.get_or_init(|| worker.downgrade());
    worker.put(1).unwrap();
    worker.start().unwrap();
    worker.pause_wait(LONG).unwrap();
    assert_eq!((worker.stats().turns, worker.len()), (0, 1));
    worker.resume();
    assert_eq!(worker.drain().unwrap().turns, 1);
}

#[apply(bounded)]
fn w4_a_pause_in_the_workers_own_turn_holds_after_that_turn() {
    for flavour in crate::flavour::Flavour::ALL {
        let slot = Slot::<WeakHandle>::default();
        let own = slot.clone();
        let worker = queue(move |_task: u32, _cx| own.wait().upgrade().unwrap().pause());
        let worker = flavour.unbounded(worker).start().unwrap();
        slot.get_or_init(|| worker.downgrade());
        worker.put(1).unwrap();
        assert!(testkit::until(LONG, || worker.is_paused()));
        worker.put(2).unwrap();
        for (turns, left) in [(1, 1), (2, 0)] {
            worker.pause_wait(LONG).unwrap();
            assert_eq!((worker.stats().turns, worker.len()), (turns, left), "{flavour:?}");
            worker.resume();
            assert!(testkit::until(LONG, || worker.stats().turns > turns || turns == 2));
        }
        worker.stop().unwrap();
    }
}
