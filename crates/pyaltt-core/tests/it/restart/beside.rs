//! Restarts beside watches, waits for several workers, and pauses.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, Exit, Exits, Handle, NoTask, Restart, Start, State, Then, queue, wait_any,
};
use testkit::{Probe, until};

use super::{LONG, Rig, SECOND, exact};

/// The run that has ended, and the restarts before it.
type End = (u64, u64);

/// A worker whose tasks are the ends that it is told of, and those that it was told of.
fn watcher() -> (BackgroundQueueWorker<End>, Probe<End>) {
    let told = Probe::new();
    let seen = told.clone();
    (queue(move |end: End, _cx| seen.add(end)).start().unwrap(), told)
}

fn end_of(exit: &Exit) -> End {
    (exit.run, exit.restarts)
}

#[apply(bounded)]
fn x3_a_restart_is_no_end_and_the_end_says_how_many_there_were() {
    let rig = Rig::new(exact().max(2, LONG));
    let (watcher, told) = watcher();
    let _watch = watcher.watch(&rig.worker, end_of);
    let ended = rig.worker.ended();
    for run in 1..=3 {
        rig.worker.put(0).unwrap();
        assert_eq!(rig.exits.next().run, run);
        // What a watch puts is put before the exit is seen to be published to the next one, so nothing is under way.
        if run < 3 {
            assert!(told.is_empty() && ended.try_recv().is_err_and(|error| error.is_empty()), "run {run}");
            rig.clock.advance_to_next();
        }
    }
    assert_eq!(told.next(), (3, 2));
    assert!(ended.recv().is_err(), "the life has ended");
    assert!(matches!(rig.worker.last_exit().then, Then::GaveUp { restarts: 2, .. }));
    watcher.drain().unwrap();
    assert!(told.is_empty(), "told once");
}

#[apply(bounded)]
fn x3_a_stop_during_a_backoff_is_an_end_and_watches_are_told() {
    let rig = Rig::new(exact());
    let (watcher, told) = watcher();
    let _watch = watcher.watch(&rig.worker, end_of);
    rig.worker.put(0).unwrap();
    assert!(matches!(rig.exits.next().then, Then::Again { .. }));
    let ended = rig.worker.ended();
    rig.worker.signal_stop();
    assert_eq!(told.next(), (1, 0));
    assert!(ended.recv().is_err());
    assert_eq!(rig.worker.state(), State::Stopped);
}

#[apply(bounded)]
fn x3_waits_for_several_workers_return_at_the_end_of_a_life() {
    let rigs = [(); 2].map(|()| Rig::new(exact().max(1, LONG)));
    let mut exits = Exits::new();
    for rig in &rigs {
        exits.add(&rig.worker);
    }
    rigs[1].worker.put(0).unwrap();
    rigs[1].exits.next();
    let handles: Vec<&Handle> = rigs.iter().map(|rig| &*rig.worker).collect();
    assert!(wait_any(&handles, Some(Duration::ZERO)).is_err(), "it will run again");
    assert_eq!(exits.next(Duration::ZERO).unwrap_err(), NoTask::NotYet);
    rigs[1].clock.advance_to_next();
    rigs[1].worker.put(0).unwrap();
    let ended = wait_any(&handles, None).unwrap();
    assert_eq!((ended.index, ended.exit.run), (1, 2));
    let (handle, exit) = exits.next(None).unwrap();
    assert_eq!((handle == *rigs[1].worker, exit.run, exit.restarts), (true, 2, 1));
    assert_eq!(exits.next(Duration::ZERO).unwrap_err(), NoTask::NotYet);
}

/// The closure of a watch is called when the life is over, so a start in it begins the next one.
#[apply(bounded)]
fn x8_a_start_in_the_closure_of_a_watch_begins_a_new_life() {
    let rig = Rig::new(Restart::never());
    let slot = Arc::new(OnceLock::<Handle>::new());
    slot.set(Handle::from(&rig.worker)).unwrap();
    let (watcher, told) = watcher();
    let other = Arc::clone(&slot);
    let watch = watcher.watch(&rig.worker, move |exit: &Exit| {
        other.get().unwrap().start().unwrap();
        end_of(exit)
    });
    rig.worker.put(0).unwrap();
    assert_eq!(told.next(), (1, 0));
    assert!(until(LONG, || rig.worker.is_active()));
    rig.worker.put(1).unwrap();
    let exit = rig.worker.drain().unwrap();
    assert_eq!((exit.run, exit.restarts, exit.turns), (2, 0, 1));
    drop((watch, slot));
}

#[apply(bounded)]
fn w3_a_worker_that_restarts_is_still_paused() {
    let rig = Rig::new(exact());
    rig.worker.put(0).unwrap();
    rig.exits.next();
    assert!(until(LONG, || rig.worker.state() == State::Waiting));
    rig.worker.pause();
    rig.worker.pause_wait(Duration::ZERO).unwrap();
    rig.worker.put(1).unwrap();
    rig.clock.advance_to_next();
    assert!(until(LONG, || rig.worker.is_active()));
    // It has come to rest, so it will not take the task.
    rig.worker.pause_wait(LONG).unwrap();
    assert_eq!((rig.worker.is_paused(), rig.worker.len(), rig.worker.stats().turns), (true, 1, 1));
    rig.worker.resume();
    assert_eq!(rig.worker.drain().unwrap().turns, 1);
}

#[apply(bounded)]
fn w3_a_turn_that_fails_after_a_pause_restarts_the_worker_paused() {
    let rig = Rig::new(exact());
    rig.worker.pause();
    rig.worker.put(0).unwrap();
    rig.worker.put(1).unwrap();
    rig.worker.resume();
    assert_eq!(rig.exits.next().pending, 1);
    rig.worker.pause();
    rig.worker.start().unwrap();
    rig.worker.pause_wait(LONG).unwrap();
    assert_eq!((rig.worker.state(), rig.worker.len()), (State::Active, 1));
    assert_eq!(rig.worker.stop().unwrap().turns, 0);
}

/// Also by the options of an early start, and by those that the policy makes.
#[apply(bounded)]
fn w4_the_options_of_a_further_run_pause_and_resume_it() {
    let rig = Rig::new(exact().start(|exit: &Exit| Start::new().paused(exit.run == 1)));
    rig.worker.put(0).unwrap();
    rig.exits.next();
    rig.clock.advance_to_next();
    assert!(until(SECOND * 100, || rig.worker.is_active()));
    assert!(rig.worker.is_paused());
    rig.worker.put(0).unwrap();
    rig.worker.resume();
    rig.exits.next();
    rig.worker.start_with(Start::new().paused(true)).unwrap();
    assert!(rig.worker.is_paused());
    rig.worker.stop().unwrap();
}
