//! The end of a life: what ends it, who is told of it, and when.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyaltt_core::crossbeam_channel::TryRecvError;
use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Flow, Restart, State, StopError, Then, Turn,
    Worker, queue,
};
use testkit::os_thread::spawn_asleep;
use testkit::{Probe, Turnstile, failed};

use super::{LONG, MILLIS, Rig, exact, printer, wait_for};
use crate::flavour::Flavour;

type Call = fn(&BackgroundQueueWorker<u32>) -> Result<Exit, StopError>;

/// Everything that tells a worker to end. What does not wait is followed by a wait.
const ENDS: [(&str, Call); 9] = [
    ("stop", |worker| worker.stop()),
    ("stop_timeout", |worker| worker.stop_timeout(LONG)),
    ("stop_timeout of nothing", |worker| worker.stop_timeout(Duration::ZERO)),
    ("signal_stop", |worker| {
        worker.signal_stop();
        worker.wait()
    }),
    ("terminate", |worker| {
        worker.terminate();
        worker.wait()
    }),
    ("drain", BackgroundQueueWorker::drain),
    ("drain_timeout", |worker| worker.drain_timeout(LONG)),
    ("drain_timeout of nothing", |worker| worker.drain_timeout(Duration::ZERO)),
    ("signal_drain", |worker| {
        worker.signal_drain();
        worker.wait_timeout(Duration::ZERO)
    }),
];

#[apply(bounded)]
fn r7_a_stop_during_the_backoff_returns_at_once_with_the_last_exit() {
    for (name, end) in ENDS {
        // Also before the worker's thread sleeps.
        for is_asleep in [true, false] {
            let rig = Rig::new(exact());
            rig.fail();
            rig.worker.put(1).unwrap();
            if is_asleep {
                rig.is_asleep();
            }
            let exit = match end(&rig.worker) {
                Err(StopError::Failed(exit)) if !name.starts_with("stop") => exit,
                Ok(exit) if name.starts_with("stop") => exit,
                other => panic!("{name}: {other:?}"),
            };
            let ends = (exit.run, exit.reason, exit.turns, exit.then);
            assert_eq!(ends, (1, ExitReason::Failed, 1, Then::Rest), "{name}");
            assert_eq!(rig.worker.state(), State::Stopped, "{name}");
            // However far the clock goes.
            rig.clock.advance(LONG);
            rig.worker.stop().unwrap();
            assert_eq!((rig.worker.stats().runs, rig.worker.stats().restarts), (1, 0), "{name}");
            assert_eq!(rig.worker.last_exit().then, Then::Rest);
            assert!(rig.exits.is_empty(), "{name}: there is no further exit");
            // What is pending is the next life's, and its queue is open.
            rig.worker.put(2).unwrap();
            rig.worker.start().unwrap();
            assert_eq!(rig.worker.drain().unwrap().turns, 2, "{name}");
        }
    }
}

#[apply(bounded)]
fn r7_many_stops_at_once_during_the_backoff_all_return() {
    for _ in 0..50 {
        let rig = Rig::new(exact());
        rig.fail();
        let stops: Vec<_> = ENDS
            .iter()
            .map(|(_, end)| {
                let worker = rig.worker.clone();
                std::thread::spawn(move || drop(end(&worker)))
            })
            .collect();
        for stop in stops {
            stop.join().unwrap();
        }
        assert_eq!((rig.worker.state(), rig.worker.stats().runs), (State::Stopped, 1));
    }
}

/// Held in its turns and in `after_stop`; its turn fails with the task 0.
struct Slow {
    turns: Turnstile,
    ends: Option<Turnstile>,
}

impl Worker for Slow {
    type Task = u32;

    fn run(&mut self, task: u32, cx: &mut Context) -> Turn {
        self.turns.pass();
        match task {
            0 => Err("no paper".into()),
            1 => {
                cx.terminate();
                Err("no paper, and no more".into())
            }
            _ => Ok(Flow::Continue),
        }
    }

    fn after_stop(&mut self, _exit: &Exit) {
        if let Some(ends) = &self.ends {
            ends.pass();
        }
    }
}

#[apply(bounded)]
fn r9_a_run_that_fails_while_it_is_told_to_end_is_not_followed_by_another() {
    for flavour in Flavour::ALL {
        for (name, end) in ENDS {
            let turns = Turnstile::new();
            let worker = Slow { turns: turns.clone(), ends: None };
            let policy = Restart::always().jitter(0.0);
            let rig = Rig::of(flavour.unbounded(BackgroundQueueWorker::builder(worker)), policy);
            rig.worker.put(0).unwrap();
            turns.wait();
            (2..5).for_each(|task| rig.worker.put(task).unwrap());
            let other = rig.worker.clone();
            let ending = spawn_asleep(move || end(&other));
            wait_for(&rig.worker, State::Stopping);
            turns.release();
            let exit = rig.exits.next();
            assert_eq!((exit.reason, exit.then, exit.pending), (ExitReason::Failed, Then::Rest, 3), "{name}");
            drop(ending.join().unwrap());
            // What a drain left is there.
            let exit = rig.worker.stop().unwrap();
            let drains = name.contains("drain");
            assert_eq!((exit.run, exit.left), (1, if drains { 3 } else { 0 }), "{name} {flavour:?}");
            let mut pending = rig.worker.take_pending();
            pending.sort_unstable();
            assert_eq!(pending, [2, 3, 4]);
        }
    }
}

#[apply(bounded)]
fn r9_a_run_that_has_failed_and_is_told_to_end_in_its_stop_hooks_is_not_followed_by_another() {
    for (name, end) in ENDS {
        let (turns, ends) = (Turnstile::new(), Turnstile::new());
        let worker = Slow { turns: turns.clone(), ends: Some(ends.clone()) };
        let rig = Rig::of(BackgroundQueueWorker::builder(worker), exact());
        turns.release();
        rig.worker.put(0).unwrap();
        ends.wait();
        let other = rig.worker.clone();
        let ending = spawn_asleep(move || end(&other));
        ends.release();
        drop(ending.join().unwrap());
        assert_eq!(rig.exits.next().then, Then::Rest, "{name}");
        assert_eq!((rig.worker.stop().unwrap().run, rig.worker.state()), (1, State::Stopped), "{name}");
    }
}

#[apply(bounded)]
fn r9_a_turn_that_terminates_its_worker_and_fails_is_not_followed_by_another() {
    let turns = Turnstile::new();
    let rig = Rig::of(BackgroundQueueWorker::builder(Slow { turns: turns.clone(), ends: None }), exact());
    turns.release();
    rig.worker.put(1).unwrap();
    let exit = failed(rig.worker.wait());
    assert_eq!((exit.run, exit.then), (1, Then::Rest));
}

#[apply(bounded)]
fn r9_a_start_that_terminates_its_worker_and_fails_is_not_followed_by_another() {
    let rig = Rig::of(
        printer().before_start(|cx| {
            if cx.run_number() == 1 {
                return Ok(());
            }
            cx.terminate();
            Err("no power".into())
        }),
        exact(),
    );
    rig.fail();
    rig.end_backoff();
    let exit = failed(rig.worker.wait());
    assert_eq!((exit.run, exit.turns, exit.then), (2, 0, Then::Rest));
}

#[apply(bounded)]
fn r11_always_ends_when_the_queue_is_closed_and_empty() {
    for flavour in Flavour::ALL {
        let finishes = flavour.unbounded(queue(|_task: u32, _cx| Flow::Stop));
        let rig = Rig::built(finishes, Restart::always().backoff(Duration::ZERO));
        (0..3).for_each(|task| rig.worker.put(task).unwrap());
        rig.worker.close();
        rig.worker.start().unwrap();
        let exit = rig.worker.wait().unwrap();
        assert_eq!(
            (exit.reason, exit.then, exit.pending),
            (ExitReason::Finished, Then::Rest, 0),
            "{flavour:?}"
        );
        assert_eq!(rig.worker.stats().turns, 3, "{flavour:?}");
        // A channel says that all its senders are gone only to who receives from it: that is one run without a turn.
        let most = if flavour == Flavour::Channel { 4 } else { 3 };
        assert!((3..=most).contains(&exit.run), "{flavour:?}: {}", exit.run);

        // A life on a queue that is closed and empty already, and one whose queue is closed while it waits for a task.
        rig.worker.start().unwrap();
        let exit = rig.worker.wait().unwrap();
        assert_eq!((exit.reason, exit.restarts, exit.turns), (ExitReason::Finished, 0, 0), "{flavour:?}");
        let rig = Rig::of(flavour.unbounded(printer()), Restart::always());
        rig.is_asleep_or_selects(flavour);
        rig.worker.close();
        let exit = rig.worker.wait().unwrap();
        assert_eq!(
            (exit.reason, exit.restarts, exit.then),
            (ExitReason::Finished, 0, Then::Rest),
            "{flavour:?}"
        );
    }
}

impl Rig {
    /// A worker of a channel sleeps in crossbeam's select, and not by the clock.
    fn is_asleep_or_selects(&self, flavour: Flavour) {
        if flavour != Flavour::Channel {
            self.is_asleep();
        }
    }
}

#[apply(bounded)]
fn r11_a_failure_on_a_closed_and_empty_queue_is_followed_by_one_run_that_finishes() {
    for flavour in Flavour::ALL {
        let rig = Rig::built(flavour.unbounded(printer()), Restart::always().backoff(Duration::ZERO));
        rig.worker.put(0).unwrap();
        rig.worker.close();
        rig.worker.start().unwrap();
        let exit = rig.worker.wait().unwrap();
        let ends = (exit.reason, exit.run, exit.turns, exit.then);
        assert_eq!(ends, (ExitReason::Finished, 2, 0, Then::Rest), "{flavour:?}");
    }
}

#[apply(bounded)]
fn r14_a_wait_returns_once_at_the_end_of_the_life_with_the_last_exit() {
    let rig = Rig::new(exact());
    let ended = rig.worker.ended();
    let waits = [Call::from(|worker| worker.wait()), |worker| worker.wait_timeout(LONG)].map(|wait| {
        let worker = rig.worker.clone();
        spawn_asleep(move || wait(&worker))
    });
    for n in 1..=3 {
        rig.fail();
        rig.is_asleep();
        // In the backoff, and in the run after it.
        for state in [State::Waiting, State::Active] {
            wait_for(&rig.worker, state);
            assert_eq!(ended.try_recv(), Err(TryRecvError::Empty));
            assert_eq!(rig.worker.ended().try_recv(), Err(TryRecvError::Empty));
            assert!(waits.iter().all(|wait| !wait.is_finished()));
            let error = rig.worker.wait_timeout(Duration::ZERO).unwrap_err();
            assert!(matches!(&error, StopError::Timeout { worker, .. } if &**worker == "printer"), "{error}");
            if state == State::Waiting {
                rig.end_backoff();
            }
        }
        assert_eq!(rig.worker.last_exit().run, n);
    }
    assert_eq!(rig.worker.stop().unwrap().run, 4);
    for wait in waits {
        let exit = wait.join().unwrap().unwrap();
        assert_eq!((exit.run, exit.restarts, exit.reason), (4, 3, ExitReason::Stopped));
    }
    assert_eq!(ended.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(rig.worker.wait().unwrap().run, 4, "and again and again");
}

#[apply(bounded)]
fn r14_a_wait_with_a_limit_that_lasts_over_restarts_times_out_with_the_name() {
    let rig = Rig::new(exact().backoff(MILLIS));
    let worker = rig.worker.clone();
    let wait = spawn_asleep(move || worker.wait_timeout(20 * MILLIS));
    let mut restarts = 0;
    while !wait.is_finished() || restarts < 2 {
        rig.fail();
        rig.restart();
        restarts += 1;
    }
    let error = wait.join().unwrap().unwrap_err();
    assert!(matches!(&error, StopError::Timeout { worker, .. } if &**worker == "printer"), "{error}");
    assert_eq!(rig.worker.state(), State::Active);
}

#[apply(bounded)]
fn r14_a_drain_over_a_life_of_several_runs_ends_it_and_a_wait_that_began_in_the_backoff_sees_that() {
    let rig = Rig::new(exact());
    rig.fail();
    rig.is_asleep();
    let ended = rig.worker.ended();
    let other = rig.worker.clone();
    let wait = spawn_asleep(move || other.wait());
    (1..=5).for_each(|task| rig.worker.put(task).unwrap());
    rig.restart();
    assert_eq!(rig.worker.drain().unwrap().turns, 5);
    assert_eq!(wait.join().unwrap().unwrap().restarts, 1);
    assert_eq!(ended.try_recv(), Err(TryRecvError::Disconnected));
}

#[apply(bounded)]
fn r14_ended_is_told_of_every_way_in_which_a_life_ends_once_it_is_over() {
    for (name, end) in ENDS {
        let rig = Rig::new(exact());
        rig.fail();
        let ended = rig.worker.ended();
        drop(end(&rig.worker));
        // By the time that the thread is gone.
        drop(rig.worker.wait());
        assert_eq!(
            ended.recv().unwrap_err().to_string(),
            "receiving on an empty and disconnected channel",
            "{name}"
        );
        assert_eq!(rig.worker.ended().try_recv(), Err(TryRecvError::Disconnected), "{name}");
    }
}

#[apply(bounded)]
fn a_stop_token_and_a_run_number_are_new_in_each_run() {
    let (tokens, seen) = (Probe::new(), Arc::new(OnceLock::new()));
    let (sink, first) = (tokens.clone(), Arc::clone(&seen));
    let rig = Rig::of(
        printer().before_start(move |cx| {
            let token = cx.stop_token();
            first.get_or_init(|| token.clone());
            sink.add((cx.run_number(), token));
            Ok::<(), BoxError>(())
        }),
        exact(),
    );
    let (run, token) = tokens.next();
    rig.fail();
    assert!(token.is_stopped() && run == 1, "its run has ended");
    rig.restart();
    let (run, token) = tokens.next();
    assert!(!token.is_stopped() && run == 2 && seen.wait().is_stopped());
    rig.worker.stop().unwrap();
    assert!(token.is_stopped());
}
