//! User code outside of turns and hooks: clocks, strategies, and destructors of values that a worker was given. A panic
//! in it is an error of the run, and nobody waits forever.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pyaltt::timing::Parker;
use pyaltt_core::{
    Clock, ExitReason, Gate, Handle, Precise, Start, StartError, State, Strategy, SystemClock, Waited,
    WorkerError, WorkerErrorKind, looped, queue,
};
use testkit::{OnDrop, Probe, exit_of, failed};

/// Panics at the given calls, counted from 1.
#[derive(Clone, Debug, Default)]
struct Fuse(Arc<(AtomicUsize, Vec<usize>)>);

impl Fuse {
    fn at(calls: &[usize]) -> Self {
        Self(Arc::new((AtomicUsize::new(0), calls.to_vec())))
    }

    fn call(&self) {
        let call = self.0.0.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(!self.0.1.contains(&call), "the fuse has blown");
    }
}

struct Fused {
    prepare: Fuse,
    wait: Fuse,
    drop: Fuse,
}

impl Strategy for Fused {
    fn prepare(&mut self) {
        self.prepare.call();
    }

    fn wait_until(&mut self, deadline: Option<Instant>, gate: &dyn Gate) -> Waited {
        self.wait.call();
        Precise.wait_until(deadline, gate)
    }
}

impl Drop for Fused {
    fn drop(&mut self) {
        self.drop.call();
    }
}

fn is_blown(error: Option<&WorkerError>) -> bool {
    matches!(
        error.map(WorkerError::kind),
        Some(WorkerErrorKind::Panicked(panic)) if panic.message() == "the fuse has blown"
    )
}

/// Checks that a run works from its start to its stop.
fn works(worker: &Handle) {
    worker.start().unwrap();
    assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
}

#[apply(bounded)]
fn a_strategy_that_panics_in_prepare_is_an_error_of_the_start() {
    let fused = Fused { prepare: Fuse::at(&[1]), wait: Fuse::default(), drop: Fuse::at(&[1]) };
    let worker = looped(|_tick, _cx| ()).strategy(fused).build().unwrap();
    match worker.start().unwrap_err() {
        StartError::Hook(error) => assert!(is_blown(Some(&error))),
        error => panic!("{error}"),
    }
    assert_eq!((worker.state(), worker.last_exit().reason), (State::Stopped, ExitReason::NeverStarted));
    works(&worker);
}

#[apply(bounded)]
fn a_strategy_that_panics_in_its_wait_fails_the_run() {
    let fused = Fused { prepare: Fuse::default(), wait: Fuse::at(&[2]), drop: Fuse::default() };
    let worker = looped(|_tick, _cx| ()).interval(Duration::from_micros(1)).strategy(fused).start().unwrap();
    let exit = failed(worker.wait());
    assert_eq!((exit.reason, exit.turns), (ExitReason::Failed, 1));
    assert!(is_blown(exit.error.as_deref()));
    works(&worker);
}

/// The machine's clock, with a fuse in each reading by a worker's thread.
#[derive(Debug)]
struct FusedClock(Fuse);

impl Clock for FusedClock {
    fn now(&self) -> Instant {
        if std::thread::current().name() == Some("timed") {
            self.0.call();
        }
        Instant::now()
    }

    fn epoch(&self) -> Instant {
        SystemClock.epoch()
    }

    fn park(&self, parker: &Parker, deadline: Option<Instant>) {
        SystemClock.park(parker, deadline);
    }

    fn spin(&self, parker: &Parker, until: Instant, interrupted: &dyn Fn() -> bool) -> Waited {
        SystemClock.spin(parker, until, interrupted)
    }
}

#[apply(bounded)]
fn a_clock_that_panics_fails_the_start_or_the_run_wherever_it_is_read() {
    let ends = |call| {
        let clock = FusedClock(Fuse::at(&[call]));
        let worker = looped(|_tick, cx| cx.turn_number() < 3)
            .name("timed")
            .delay(Duration::from_micros(1))
            .clock(clock);
        let worker = worker.build().unwrap();
        let end = match worker.start() {
            Err(StartError::Hook(error)) => {
                assert!(is_blown(Some(&error)));
                None
            }
            Err(error) => panic!("{error}"),
            Ok(()) => Some(exit_of(worker.wait()).reason),
        };
        assert_eq!(worker.state(), State::Stopped);
        worker.start().unwrap();
        assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
        end
    };
    assert_eq!(ends(1), None, "the start takes the first reading");
    for call in 2..10 {
        assert_eq!(ends(call), Some(ExitReason::Failed), "reading {call}");
    }
}

#[apply(bounded)]
fn destructors_of_arguments_that_panic_each_have_their_turn_also_when_there_is_no_thread() {
    let dropped = Probe::new();
    let bomb = || {
        let dropped = dropped.clone();
        OnDrop::new(move || {
            dropped.add(());
            panic!("a destructor panics");
        })
    };
    let start = || Start::new().arg(bomb()).arg(bomb()).o(bomb());

    let worker = looped(|_tick, _cx| false).build().unwrap();
    worker.start_with(start()).unwrap();
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
    assert_eq!(dropped.all().len(), 3);
    worker.start().unwrap();
    assert_eq!(worker.wait().unwrap().run, 2);

    let homeless = looped(|_tick, _cx| ()).stack_size(usize::MAX >> 2).build().unwrap();
    assert!(matches!(homeless.start_with(start()), Err(StartError::Spawn { .. })));
    assert_eq!(dropped.all().len(), 3);
    assert_eq!(homeless.state(), State::Stopped);
}

/// An error whose destructor panics.
#[derive(Debug)]
struct Sore(Fuse);

impl fmt::Display for Sore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sore")
    }
}

impl Error for Sore {}

impl Drop for Sore {
    fn drop(&mut self) {
        self.0.call();
    }
}

#[apply(bounded)]
fn an_error_whose_destructor_panics_changes_nothing() {
    let sore = || Sore(Fuse::at(&[1]));
    let worker = queue(move |_task: u8, _cx| Err::<(), _>(sore())).on_error(|_| ()).start().unwrap();
    (0..3).for_each(|task| worker.put(task).unwrap());
    let exit = worker.drain().unwrap();
    assert_eq!((exit.reason, exit.turns, exit.errors, exit.panics), (ExitReason::Stopped, 3, 3, 0));

    // Dropped are the handler's own error, the error of a run when the next run replaces it, and the last run's error with
    // the worker.
    let worker = queue(move |_task: u8, _cx| Err::<(), _>(sore()))
        .name("sore")
        .on_error(move |_| Err::<(), _>(sore()))
        .build()
        .unwrap();
    for run in 1..=2 {
        worker.start().unwrap();
        worker.put(1).unwrap();
        let exit = failed(worker.wait());
        let text = r#"worker "sore", turn 1: sore"#;
        assert_eq!((exit.reason, exit.run), (ExitReason::Failed, run));
        assert_eq!(exit.error.unwrap().to_string(), text);
    }
    drop(worker);
}

#[apply(bounded)]
fn tasks_need_no_clone_no_hash_and_no_debug_so_none_is_ever_called() {
    struct Opaque;
    let builders = || queue(|_task: Opaque, cx| cx.turn_number() < 2);
    for worker in [builders().build(), builders().bounded(2).build(), builders().lifo().build()] {
        let worker = worker.unwrap();
        worker.put(Opaque).unwrap();
        worker.try_put(Opaque).unwrap();
        // The output of a handle, a queue and an error does not show a task.
        let _ = format!("{worker:?} {:?}", worker.queue());
        worker.start().unwrap();
        assert_eq!(worker.wait().unwrap().turns, 2);
        worker.close();
        let error = worker.put(Opaque).unwrap_err();
        let _ = format!("{error} {error:?}");
    }
}
