//! Starting, stopping, waiting, and handles.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pyaltt_core::{
    BackgroundWorker, Context, ExitReason, Flow, StartError, State, StopError, Tick, Turn, Worker, looped,
    queue,
};
use testkit::{Probe, Turnstile};

#[apply(bounded)]
fn a_worker_goes_through_its_states() {
    let states = Probe::new();
    let worker = looped(|_tick, cx| {
        cx.sleep(Duration::MAX);
    })
    .build()
    .unwrap();
    assert_eq!((worker.state(), worker.is_active()), (State::Stopped, false));
    worker.start().unwrap();
    assert_eq!((worker.state(), worker.is_active()), (State::Active, true));
    worker.stop().unwrap();
    assert_eq!((worker.state(), worker.is_active()), (State::Stopped, false));

    let turnstile = Turnstile::new();
    let (held, sink) = (turnstile.clone(), states.clone());
    let busy = looped(move |_tick, cx| {
        held.pass();
        sink.add(cx.is_active());
    })
    .start()
    .unwrap();
    turnstile.wait();
    busy.signal_stop();
    assert_eq!((busy.state(), busy.is_active()), (State::Stopping, false));
    turnstile.release();
    assert!(!states.next(), "the current turn sees the stop");
    assert_eq!(busy.wait().unwrap().reason, ExitReason::Stopped);
}

#[apply(bounded)]
fn a_worker_that_is_not_running_returns_its_last_exit_at_once() {
    let worker = looped(|_tick, _cx| false).build().unwrap();
    for exit in [
        worker.stop(),
        worker.wait(),
        worker.stop_timeout(Duration::ZERO),
        worker.wait_timeout(Duration::ZERO),
    ] {
        assert_eq!(exit.unwrap().reason, ExitReason::NeverStarted);
    }
    assert_eq!(worker.last_exit().run, 0);
    worker.start().unwrap();
    worker.wait().unwrap();
    worker.terminate();
    worker.signal_stop();
    for exit in [worker.stop(), worker.wait(), worker.stop_timeout(Duration::ZERO)] {
        let exit = exit.unwrap();
        assert_eq!((exit.reason, exit.run, exit.turns), (ExitReason::Finished, 1, 1));
    }
}

#[apply(bounded)]
fn a_stop_that_comes_too_late_for_one_run_does_not_reach_the_next() {
    let worker = looped(|_tick, cx| cx.run_number() > 1).build().unwrap();
    worker.start().unwrap();
    worker.wait().unwrap();
    worker.signal_stop();
    worker.terminate();
    worker.start().unwrap();
    assert!(worker.is_active());
    assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
}

#[apply(bounded)]
fn a_stop_timeout_names_the_worker_and_the_turn_and_can_be_tried_again() {
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let worker = queue(move |_task: u32, _cx| held.pass()).name("stuck").start().unwrap();
    // Turns are counted in their run, not over all runs.
    worker.put(0).unwrap();
    turnstile.release();
    worker.drain().unwrap();
    turnstile.wait();
    worker.start().unwrap();
    worker.put(1).unwrap();
    turnstile.wait();
    let error = worker.stop_timeout(Duration::from_millis(1)).unwrap_err();
    match &error {
        StopError::Timeout { worker, waited, stuck_turn, .. } => {
            assert_eq!((&**worker, *stuck_turn), ("stuck", Some(1)));
            assert!(*waited >= Duration::from_millis(1));
        }
        StopError::FromWorker { .. } => panic!("{error}"),
        _ => unreachable!(),
    }
    assert!(error.to_string().contains("worker \"stuck\" was still busy after"), "{error}");
    assert!(error.to_string().contains("turn 1 has been running for longer than that"), "{error}");
    assert!(matches!(worker.start(), Err(StartError::AlreadyRunning { .. })));
    assert!(matches!(worker.wait_timeout(Duration::ZERO), Err(StopError::Timeout { .. })));
    turnstile.release();
    assert_eq!(worker.stop_timeout(Duration::MAX).unwrap().reason, ExitReason::Stopped);
}

#[apply(bounded)]
fn every_waiter_is_released() {
    let worker = looped(|_tick, cx| {
        cx.sleep(Duration::MAX);
    })
    .start()
    .unwrap();
    let waiters: Vec<_> = (0..8)
        .map(|n| {
            let worker = worker.clone();
            std::thread::spawn(move || match n % 4 {
                0 => worker.wait(),
                1 => worker.wait_timeout(Duration::MAX),
                2 => worker.wait_timeout(Duration::from_secs(3600)),
                _ => worker.stop(),
            })
        })
        .collect();
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap().unwrap().reason, ExitReason::Stopped);
    }
}

#[apply(bounded)]
fn one_of_many_starters_wins_and_one_run_follows() {
    let runs = Arc::new(AtomicU64::new(0));
    let worker = looped({
        let runs = Arc::clone(&runs);
        move |_tick, cx| {
            runs.fetch_add(1, Ordering::SeqCst);
            cx.sleep(Duration::MAX);
        }
    })
    .build()
    .unwrap();
    for round in 1..=50 {
        let started: usize = std::thread::scope(|scope| {
            let starters: Vec<_> =
                (0..4).map(|_| scope.spawn(|| usize::from(worker.start().is_ok()))).collect();
            starters.into_iter().map(|starter| starter.join().unwrap()).sum()
        });
        assert_eq!(started, 1);
        worker.stop().unwrap();
        assert_eq!(worker.stats().runs, round);
    }
    // A stop can come before the first turn.
    assert!(runs.load(Ordering::SeqCst) <= 50);
}

#[apply(bounded)]
fn starts_racing_stops_end_in_a_state_that_both_agree_on() {
    let worker = looped(|_tick, _cx| ()).build().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..300).for_each(|_| drop(worker.start())));
            scope.spawn(|| (0..300).for_each(|_| drop(worker.stop().unwrap())));
        }
    });
    worker.stop().unwrap();
    assert_eq!(worker.state(), State::Stopped);
    let exit = worker.last_exit();
    assert_eq!(exit.run, worker.stats().runs);
}

#[apply(bounded)]
fn thousands_of_cycles_leave_nothing_behind() {
    let worker = queue(|_task: (), _cx| ()).build().unwrap();
    for run in 1..=2_000 {
        worker.start().unwrap();
        assert_eq!(worker.stop().unwrap().run, run);
    }
    #[cfg(target_os = "linux")]
    {
        let threads = std::fs::read_dir("/proc/self/task").unwrap().count();
        // Other tests have some hundreds of their own.
        assert!(threads < 1_000, "{threads} threads");
    }
}

#[apply(bounded)]
fn a_spawn_that_fails_is_an_error_that_leaves_everything_as_it_was() {
    let ran = Probe::new();
    let sink = ran.clone();
    let worker =
        queue(move |task: u32, _cx| sink.add(task)).name("huge").stack_size(usize::MAX >> 2).build().unwrap();
    worker.put(1).unwrap();
    for _ in 0..2 {
        let error = worker.start().unwrap_err();
        assert!(matches!(error, StartError::Spawn { .. }));
        assert!(error.to_string().starts_with(r#"cannot start the thread of worker "huge": "#), "{error}");
        assert_eq!((worker.state(), worker.len()), (State::Stopped, 1));
        assert_eq!(worker.last_exit().reason, ExitReason::NeverStarted);
    }
    assert_eq!(worker.take_pending(), [1]);
    assert!(ran.all().is_empty(), "no turn was taken");
}

#[derive(Debug)]
struct Sleeper(u8);

impl Worker for Sleeper {
    type Task = Tick;

    fn run(&mut self, _tick: Tick, cx: &mut Context) -> Turn {
        // Not what the sleep returns: a turn that returns `Flow::Stop` finishes the run, whoever stopped it.
        cx.sleep(Duration::MAX);
        Ok(Flow::Continue)
    }
}

#[derive(Debug)]
struct OtherSleeper;

impl Worker for OtherSleeper {
    type Task = Tick;

    fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
        Ok(Flow::Stop)
    }
}

#[apply(bounded)]
fn the_worker_can_be_taken_back_only_while_it_rests() {
    let worker = BackgroundWorker::builder(Sleeper(7)).start().unwrap();
    let other = worker.clone().into_inner::<Sleeper>().unwrap_err();
    other.stop().unwrap();
    // There is no worker of another type, and asking for one takes nothing.
    let other = other.into_inner::<OtherSleeper>().unwrap_err();
    let last = other.clone();
    assert_eq!(other.into_inner::<Sleeper>().unwrap().0, 7);
    let last = last.into_inner::<Sleeper>().unwrap_err();
    assert!(matches!(last.start(), Err(StartError::Taken { .. })));
    assert_eq!(last.stop().unwrap().reason, ExitReason::Stopped);
}

#[apply(bounded)]
fn detach_lets_the_worker_run_on_without_a_handle() {
    let (done, turnstile) = (Probe::<String>::new(), Turnstile::new());
    let (log, held) = (done.clone(), turnstile.clone());
    let worker = looped(move |_tick, cx| {
        held.pass();
        log.add(format!("active: {}", cx.is_active()));
        cx.turn_number() < 2
    })
    .start()
    .unwrap();
    turnstile.wait();
    worker.detach();
    drop(worker);
    turnstile.release();
    turnstile.wait();
    turnstile.release();
    done.wait_for(2);
    assert_eq!(done.all(), ["active: true", "active: true"]);
}

#[apply(bounded)]
fn two_workers_that_stop_each_other_both_stop() {
    type Slot = Arc<std::sync::OnceLock<Box<dyn Fn() + Send + Sync>>>;
    let (first, second) = (Slot::default(), Slot::default());
    let stopper = |slot: &Slot| {
        let slot = Arc::clone(slot);
        looped(move |_tick, _cx| {
            slot.wait()();
            false
        })
    };
    let a = stopper(&first).start().unwrap();
    let b = stopper(&second).start().unwrap();
    let (a2, b2) = (a.clone(), b.clone());
    // They do not wait for each other, because that would be a deadlock that nobody could resolve.
    let _ = first.set(Box::new(move || b2.signal_stop()));
    let _ = second.set(Box::new(move || a2.signal_stop()));
    a.wait().unwrap();
    b.wait().unwrap();
}

#[apply(bounded)]
fn forgetting_a_handle_keeps_the_worker_running() {
    let turns = Probe::new();
    let stopped = Arc::new(AtomicBool::new(false));
    let (sink, stop) = (turns.clone(), Arc::clone(&stopped));
    let worker = looped(move |_tick, _cx| {
        sink.add(());
        !stop.load(Ordering::SeqCst)
    })
    .start()
    .unwrap();
    std::mem::forget(worker);
    (0..100).for_each(|_| turns.next());
    stopped.store(true, Ordering::SeqCst);
}
