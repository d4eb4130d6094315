//! A member that its group has ended, to start it again with others: held in each state, and what ends that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyaltt_core::crossbeam_channel::TryRecvError;
use pyaltt_core::{ExitReason, Flow, Restart, StartError, State, StopError, Then};
use testkit::os_thread::spawn_asleep;
use testkit::{Probe, Turnstile, failed};

use super::{Group, LONG, Rig, on_failure, then};

#[apply(bounded)]
fn held_at_work_it_ends_its_run_and_not_its_life() {
    let rig = Rig::started(Group::default());
    let ended = rig.worker.ended();
    rig.worker.put(9).unwrap();
    rig.turn.wait();
    rig.worker.put(1).unwrap();
    assert_eq!(rig.member.hold().0, State::Active);
    assert_eq!(rig.worker.state(), State::Stopping);
    rig.turn.release();
    let exit = rig.exits.next();
    assert_eq!((exit.reason, exit.turns, exit.pending, then(&exit)), (ExitReason::Stopped, 1, 1, "held"));
    assert_eq!(rig.worker.state(), State::Waiting);
    rig.is_asleep();
    // Nobody is told, and the queue stays as it is.
    assert_eq!(ended.try_recv(), Err(TryRecvError::Empty));
    assert!(matches!(rig.worker.wait_timeout(Duration::ZERO), Err(StopError::Timeout { .. })));
    rig.worker.put(2).unwrap();
    assert_eq!(rig.worker.len(), 2);
    // However much time passes.
    rig.clock.advance(LONG);
    assert_eq!(rig.worker.state(), State::Waiting);

    let answers = Probe::new();
    let told = answers.clone();
    rig.member.start(move |result| told.add(result.is_ok())).unwrap();
    assert!(answers.next());
    let exit = rig.worker.drain().unwrap();
    assert_eq!((exit.run, exit.turns, exit.restarts, exit.then), (2, 2, 1, Then::Rest));
    assert_eq!((rig.worker.stats().runs, rig.worker.stats().restarts), (2, 1));
    assert_eq!(ended.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(
        rig.notes(),
        [
            "active",
            "policy",
            "verdict",
            "stopped, held",
            "active",
            "policy",
            "verdict",
            "stopped, rest",
            "gone"
        ]
    );
}

#[apply(bounded)]
fn held_in_its_start_it_takes_no_turn() {
    let gate = Turnstile::new();
    let start = gate.clone();
    let rig = Rig::of(Group::default(), |builder| {
        builder.before_start(move |_cx| {
            start.pass();
            Ok(())
        })
    });
    rig.worker.put(1).unwrap();
    let worker = rig.worker.clone();
    let starter = spawn_asleep(move || worker.start());
    gate.wait();
    assert_eq!(rig.member.hold().0, State::Starting);
    gate.release();
    starter.join().unwrap().unwrap();
    assert_eq!((rig.exits.next().turns, rig.worker.state()), (0, State::Waiting));
    gate.release();
    rig.worker.start().unwrap();
    assert_eq!(rig.worker.drain().unwrap().turns, 1);
}

#[apply(bounded)]
fn a_first_start_that_fails_while_it_is_held_ends_the_life() {
    let gate = Turnstile::new();
    let start = gate.clone();
    let rig = Rig::of(Group::default(), |builder| {
        builder.before_start(move |_cx| {
            start.pass();
            Err("no device".into())
        })
    });
    let worker = rig.worker.clone();
    let starter = spawn_asleep(move || worker.start());
    gate.wait();
    assert_eq!(rig.member.hold().0, State::Starting);
    gate.release();
    assert!(matches!(starter.join().unwrap(), Err(StartError::Hook(_))));
    rig.worker.wait().unwrap();
    assert_eq!(rig.worker.state(), State::Stopped);
    assert_eq!(rig.notes(), ["gone"]);
}

/// A run that ends by itself, held in its last hook.
fn held_at_its_end(policy: Option<Restart>, end: fn(&Rig)) -> (Rig, &'static str) {
    let gate = Turnstile::new();
    let last = gate.clone();
    let rig = Rig::of(Group { policy, ..Group::default() }, |builder| {
        builder.on_error(|_| false).after_stop(move |_exit| last.pass())
    });
    rig.worker.start().unwrap();
    end(&rig);
    gate.wait();
    assert_eq!(rig.member.hold().0, State::Stopping);
    gate.release();
    let exit = rig.exits.next();
    gate.release();
    (rig, then(&exit))
}

#[apply(bounded)]
fn held_as_it_ends_it_waits_only_if_it_was_to_run_again() {
    let fails: fn(&Rig) = |rig| rig.worker.put(0).unwrap();
    let (rig, then) = held_at_its_end(Some(on_failure()), fails);
    assert_eq!((then, rig.worker.state()), ("held", State::Waiting));
    rig.clock.advance(LONG);
    assert_eq!(rig.worker.stop().unwrap().reason, ExitReason::Failed);
    for policy in [None, Some(Restart::never())] {
        let (rig, then) = held_at_its_end(policy, fails);
        assert_eq!(then, "rest");
        failed(rig.worker.wait());
    }
    let (rig, then) = held_at_its_end(Some(on_failure()), |rig| rig.worker.close());
    assert_eq!(then, "rest", "it has finished");
    assert_eq!(rig.worker.wait().unwrap().reason, ExitReason::Finished);
    let stops: [fn(&Rig); 2] = [|rig| rig.worker.signal_stop(), |rig| rig.worker.terminate()];
    for stop in stops {
        let (rig, then) = held_at_its_end(Some(on_failure()), stop);
        assert_eq!(then, "rest", "somebody has asked for the end of the life");
        rig.worker.wait().unwrap();
    }
}

#[apply(bounded)]
fn held_in_its_backoff_it_waits_beyond_it_without_a_wake_up() {
    // Also before the worker's thread sleeps.
    for sleeps in [true, false] {
        let rig = Rig::of(Group { policy: Some(on_failure()), ..Group::default() }, |builder| {
            builder.on_error(|_| false)
        });
        rig.worker.start().unwrap();
        rig.worker.put(0).unwrap();
        assert_eq!(then(&rig.exits.next()), "again");
        if sleeps {
            rig.clock.wait_for_sleepers(1);
        }
        assert_eq!(rig.member.hold().0, State::Waiting);
        rig.clock.advance(LONG);
        rig.is_asleep();
        assert_eq!((rig.worker.state(), rig.worker.stats().runs), (State::Waiting, 1));
        assert_eq!(rig.member.hold().0, State::Waiting);
        rig.worker.start().unwrap();
        // The next run is one like any other.
        rig.worker.put(0).unwrap();
        assert_eq!(then(&rig.exits.next()), "again");
        rig.clock.advance_to_next();
        rig.thread.wait_for(2);
        assert_eq!(rig.worker.stop().unwrap().restarts, 2);
    }
}

#[apply(bounded)]
fn held_while_it_is_down_nothing_happens_and_its_next_run_is_free() {
    let rig = Rig::new(Group::default());
    assert_eq!(rig.member.hold().0, State::Stopped);
    assert_eq!(rig.worker.state(), State::Stopped);
    rig.worker.start().unwrap();
    assert_eq!(
        then(&{
            rig.worker.stop().unwrap();
            rig.exits.next()
        }),
        "rest"
    );
}

/// A word for the end of a worker.
type Word = fn(&Rig);

#[apply(bounded)]
fn a_word_for_the_end_ends_the_life_of_one_that_is_held_and_watchers_are_told_once() {
    let ends: [(&str, Word); 4] = [
        ("stop", |rig| drop(rig.worker.stop().unwrap())),
        ("signal_stop", |rig| rig.worker.signal_stop()),
        ("signal_drain", |rig| rig.worker.signal_drain()),
        ("terminate", |rig| rig.worker.terminate()),
    ];
    for (name, end) in ends {
        let rig = Rig::held();
        let watcher = pyaltt_core::queue(|_: Then, _cx| ()).build().unwrap();
        let _watch = watcher.watch(&rig.worker, |exit| exit.then);
        let ended = rig.worker.ended();
        let worker = rig.worker.clone();
        let waiter = spawn_asleep(move || worker.wait());
        assert!(watcher.is_empty(), "{name}");
        rig.notes();
        end(&rig);
        assert_eq!(rig.worker.state(), State::Stopped, "{name}");
        let exit = waiter.join().unwrap().unwrap();
        assert_eq!((exit.reason, exit.then, exit.run), (ExitReason::Stopped, Then::Rest, 1), "{name}");
        assert_eq!(ended.try_recv(), Err(TryRecvError::Disconnected));
        rig.worker.wait().unwrap();
        assert_eq!(watcher.take_pending(), [Then::Rest], "{name}");
        assert_eq!(rig.notes(), ["stopped, rest", "gone"], "{name}");
        assert!(rig.exits.is_empty(), "{name}: there was no further run");
        // The queue is open, and the next life is one like any other.
        rig.worker.put(1).unwrap();
        rig.worker.start().unwrap();
        let exit = rig.worker.drain().unwrap();
        assert_eq!((exit.run, exit.turns, exit.restarts), (2, 1, 0), "{name}");
    }
}

#[apply(bounded)]
fn a_word_for_the_end_that_comes_while_it_goes_overrides_the_hold() {
    let ends: [fn(&Rig); 3] =
        [|rig| rig.worker.signal_stop(), |rig| rig.worker.terminate(), |rig| rig.worker.signal_drain()];
    for end in ends {
        for hold_is_first in [true, false] {
            let rig = Rig::started(Group::default());
            rig.worker.put(9).unwrap();
            rig.turn.wait();
            if hold_is_first {
                rig.member.hold();
                end(&rig);
            } else {
                end(&rig);
                rig.member.hold();
            }
            rig.turn.release();
            assert_eq!(rig.exits.next().then, Then::Rest);
            rig.worker.wait().unwrap();
            assert_eq!(rig.worker.state(), State::Stopped);
        }
    }
}

#[apply(bounded)]
fn the_last_handle_ends_the_life_of_one_that_is_held() {
    let rig = Rig::held();
    let (ended, group) = (rig.worker.ended(), Arc::clone(&rig.group));
    let Rig { worker, member, .. } = rig;
    drop(worker);
    assert_eq!(ended.try_recv(), Err(TryRecvError::Empty), "the group has a handle");
    drop(member);
    ended.recv().unwrap_err();
    while group.notes.next() != "gone" {}
}

#[apply(bounded)]
fn one_that_is_held_cannot_be_taken_out() {
    struct Sorter;
    impl pyaltt_core::Worker for Sorter {
        type Task = u32;
        fn run(&mut self, _task: u32, _cx: &mut pyaltt_core::Context) -> pyaltt_core::Turn {
            Ok(Flow::Continue)
        }
    }
    let exits = Probe::new();
    let seen = exits.clone();
    let worker = pyaltt_core::BackgroundQueueWorker::builder(Sorter)
        .on_exit(move |exit| seen.add(exit.then))
        .start()
        .unwrap();
    let member = pyaltt_core::layer::Member::join((&worker).into(), Arc::new(Group::default())).ok().unwrap();
    member.hold();
    assert_eq!(exits.next(), Then::Held);
    let worker = worker.into_inner::<Sorter>().map(|_| ()).unwrap_err();
    worker.stop().unwrap();
    assert!(worker.into_inner::<Sorter>().is_ok());
}

#[apply(bounded)]
fn a_start_that_fails_while_the_group_holds_it_is_held_if_its_policy_would_go_on() {
    for (policy, expected) in [(Some(on_failure()), State::Waiting), (None, State::Stopped)] {
        let (gate, refuses) = (Turnstile::new(), Arc::new(AtomicBool::new(false)));
        let (start, fails) = (gate.clone(), Arc::clone(&refuses));
        let rig = Rig::of(Group { policy, ..Group::default() }, |builder| {
            builder.on_error(|_| false).before_start(move |_cx| {
                start.pass();
                if fails.load(Ordering::SeqCst) { Err("no device".into()) } else { Ok(()) }
            })
        });
        gate.release();
        rig.worker.start().unwrap();
        gate.wait();
        rig.member.hold();
        assert_eq!(rig.exits.next().then, Then::Held);
        refuses.store(true, Ordering::SeqCst);
        let answers = Probe::new();
        let told = answers.clone();
        rig.member.start(move |result| told.add(result.is_ok())).unwrap();
        gate.wait();
        assert_eq!(rig.member.hold().0, State::Starting);
        gate.release();
        assert!(!answers.next());
        assert_eq!(rig.worker.state(), expected);
        rig.clock.advance(LONG);
        assert_eq!(rig.exits.next().reason, ExitReason::Failed);
        assert_eq!(rig.worker.state(), expected);
    }
}

#[apply(bounded)]
fn a_queue_whose_worker_failed_and_is_held_has_not_failed() {
    let rig = Rig::of(Group { policy: Some(on_failure()), holds: true, ..Group::default() }, |builder| {
        builder.on_error(|_| false).bounded(1)
    });
    rig.worker.start().unwrap();
    rig.worker.put(0).unwrap();
    assert_eq!(then(&rig.exits.next()), "held");
    rig.worker.put(1).unwrap();
    // A producer that waits for room waits on.
    let worker = rig.worker.clone();
    let producer = spawn_asleep(move || worker.put(2));
    rig.worker.start().unwrap();
    producer.join().unwrap().unwrap();
    assert_eq!(rig.worker.drain().unwrap().turns, 2);
}

#[apply(bounded)]
fn one_that_is_paused_is_held_and_starts_paused() {
    let rig = Rig::started(Group::default());
    rig.worker.pause();
    rig.worker.put(1).unwrap();
    assert_eq!(rig.member.hold().0, State::Active);
    assert_eq!(rig.exits.next().then, Then::Held);
    rig.worker.start().unwrap();
    assert!(rig.worker.is_paused());
    assert_eq!(rig.worker.len(), 1);
    rig.worker.resume();
    assert_eq!(rig.worker.drain().unwrap().turns, 1);
}

#[apply(bounded)]
fn let_go_by_its_group_while_it_is_held_it_ends() {
    let rig = Rig::held();
    rig.member.leave();
    let exit = rig.worker.wait().unwrap();
    assert_eq!((exit.then, rig.worker.state()), (Then::Rest, State::Stopped));
    rig.worker.start().unwrap();
    rig.worker.stop().unwrap();
}

#[apply(bounded)]
fn let_go_by_its_group_before_the_run_has_ended_it_does_not_wait() {
    let rig = Rig::started(Group::default());
    rig.worker.put(9).unwrap();
    rig.turn.wait();
    rig.member.hold();
    rig.member.leave();
    rig.turn.release();
    let exit = rig.worker.wait().unwrap();
    assert_eq!(
        (exit.reason, exit.then, rig.worker.state()),
        (ExitReason::Stopped, Then::Rest, State::Stopped)
    );
    rig.worker.start().unwrap();
    rig.worker.stop().unwrap();
}
