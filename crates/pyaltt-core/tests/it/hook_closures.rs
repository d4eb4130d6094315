//! The hook closures of builders: when they are called beside the worker's own hooks, and what happens when one of a
//! pair fails.

use std::marker::PhantomData;

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, Builder, Context, Event, Exit,
    ExitReason, Flow, Handle, StartError, State, Tick, Trigger, Turn, Worker, WorkerError, WorkerErrorKind,
    event_from, looped_from, queue_from,
};
use testkit::{OnDrop, Probe, exit_of, failed};

/// What fails, as the hook's entry in the log.
type Fails = &'static [&'static str];

/// The log of all calls, and which of them fail.
#[derive(Clone)]
struct Plan {
    log: Probe<String>,
    fails: Fails,
}

impl Plan {
    fn new(fails: Fails) -> Self {
        Self { log: Probe::new(), fails }
    }

    fn note(&self, hook: &'static str) {
        self.log.note(hook);
        assert!(!self.fails.contains(&hook), "{hook} panics");
    }

    /// An error if the plan has one for this hook, by the prefix `err `.
    fn result(&self, hook: &'static str) -> Result<(), BoxError> {
        self.note(hook);
        if self.fails.iter().any(|fails| fails.strip_prefix("err ") == Some(hook)) {
            return Err(format!("{hook} fails").into());
        }
        Ok(())
    }
}

/// Has every hook. Its first turn ends the run if `ends`; it fails the run if a call of `run` is to fail.
struct Own<T> {
    plan: Plan,
    ends: bool,
    task: PhantomData<fn(T)>,
}

impl<T> Own<T> {
    fn new(plan: &Plan, ends: bool) -> Self {
        Self { plan: plan.clone(), ends, task: PhantomData }
    }
}

impl<T: Send + 'static> Worker for Own<T> {
    type Task = T;

    fn run(&mut self, _task: T, _cx: &mut Context) -> Turn {
        self.plan.result("run")?;
        Ok(if self.ends { Flow::Stop } else { Flow::Continue })
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.plan.result("own before_start")
    }

    fn after_start(&mut self, _cx: &mut Context) {
        self.plan.note("own after_start");
    }

    fn before_stop(&mut self, _cx: &mut Context) {
        self.plan.note("own before_stop");
    }

    fn after_stop(&mut self, _exit: &Exit) {
        self.plan.note("own after_stop");
    }

    fn on_error(&mut self, error: &WorkerError, _cx: &mut Context) -> Flow {
        self.plan.log.add(format!("on_error {}", error.hook().unwrap_or("turn")));
        if self.plan.fails.contains(&"goes on") { Flow::Continue } else { Flow::Stop }
    }
}

/// Gives a worker all four closures.
fn hooked<T: Send + 'static, K>(builder: Builder<T, K>, plan: &Plan) -> Builder<T, K> {
    let [first, second, third, fourth] = [(); 4].map(|()| plan.clone());
    builder
        .name("hooked")
        .before_start(move |cx| {
            assert_eq!(cx.name(), "hooked");
            first.result("before_start")
        })
        .after_start(move |cx| {
            assert_eq!(cx.turn_number(), 0);
            second.note("after_start");
        })
        .before_stop(move |cx| {
            assert!(!cx.is_active());
            third.note("before_stop");
        })
        .after_stop(move |exit| {
            fourth.log.add(format!("{:?}", exit.reason));
            fourth.note("after_stop");
        })
}

fn worker(plan: &Plan) -> BackgroundQueueWorker<u8> {
    hooked(BackgroundQueueWorker::builder(Own::new(plan, false)), plan).build().unwrap()
}

/// The calls of a run that is stopped before its first turn.
const STOPPED: [&str; 9] = [
    "own before_start",
    "before_start",
    "own after_start",
    "after_start",
    "before_stop",
    "own before_stop",
    "Stopped",
    "after_stop",
    "own after_stop",
];

/// The calls of a run that its first turn ends.
const FINISHED: [&str; 8] = [
    "own before_start",
    "before_start",
    "own after_start",
    "after_start",
    "run",
    "Finished",
    "after_stop",
    "own after_stop",
];

#[apply(bounded)]
fn closures_are_called_inside_of_the_workers_own_hooks_in_every_kind_and_run() {
    let plan = Plan::new(&[]);
    let queue = hooked(BackgroundQueueWorker::builder(Own::<u8>::new(&plan, true)), &plan).build().unwrap();
    let made = plan.clone();
    let queue_factory =
        hooked(BackgroundQueueWorker::factory(move || Own::<u8>::new(&made, true)), &plan).build().unwrap();
    let event = Event::new();
    let event_worker =
        hooked(BackgroundEventWorker::builder(Own::<Trigger>::new(&plan, true)), &plan).build().unwrap();
    let made = plan.clone();
    let event_factory = hooked(
        BackgroundEventWorker::try_factory(move || Ok(Own::<Trigger>::new(&made, true))).event(event.clone()),
        &plan,
    );
    let event_factory = event_factory.build().unwrap();
    let looped = hooked(BackgroundWorker::builder(Own::<Tick>::new(&plan, true)), &plan).build().unwrap();
    let made = plan.clone();
    let looped_factory =
        hooked(BackgroundWorker::factory(move || Own::<Tick>::new(&made, true)), &plan).build().unwrap();
    for _ in 0..2 {
        queue.put(1).unwrap();
        queue_factory.put(1).unwrap();
        event_worker.trigger();
        event.set();
        let workers: [&Handle; 6] =
            [&queue, &queue_factory, &event_worker, &event_factory, &looped, &looped_factory];
        for worker in workers {
            worker.start().unwrap();
            assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
            assert_eq!(plan.log.all(), FINISHED);
        }
    }
}

#[apply(bounded)]
fn workers_of_closures_have_hooks_as_well() {
    const WANT: [&str; 4] = ["before_start", "after_start", "Finished", "after_stop"];
    let plan = Plan::new(&[]);
    let queue = hooked(queue_from(|| Ok(|_task: u8, _cx: &mut Context| false)), &plan).build().unwrap();
    let event = hooked(event_from(|| Ok(|_: Trigger, _cx: &mut Context| false)), &plan).build().unwrap();
    let looped = hooked(looped_from(|| Ok(|_: Tick, _cx: &mut Context| false)), &plan).build().unwrap();
    for _ in 0..2 {
        queue.put(1).unwrap();
        event.trigger();
        for worker in [&*queue, &*event, &*looped] {
            worker.start().unwrap();
            worker.wait().unwrap();
            assert_eq!(plan.log.all(), WANT);
        }
    }
}

#[apply(bounded)]
fn a_stop_calls_both_pairs_in_reverse() {
    let plan = Plan::new(&[]);
    let worker = worker(&plan);
    for _ in 0..2 {
        worker.start().unwrap();
        worker.stop().unwrap();
        assert_eq!(plan.log.all(), STOPPED);
    }
}

#[apply(bounded)]
fn the_closure_before_stop_is_for_stops_alone_and_the_one_after_it_for_every_end() {
    let plan = Plan::new(&["err run"]);
    let worker = worker(&plan);
    worker.put(1).unwrap();
    worker.start().unwrap();
    assert_eq!(exit_of(worker.wait()).reason, ExitReason::Failed);
    assert_eq!(plan.log.all()[4..], ["run", "on_error turn", "Failed", "after_stop", "own after_stop"]);
    worker.start().unwrap();
    worker.terminate();
    worker.wait().unwrap();
    assert_eq!(plan.log.all()[4..], ["Terminated", "after_stop", "own after_stop"]);
}

#[apply(bounded)]
fn a_failure_of_either_before_start_is_what_start_returns_and_ends_the_hooks() {
    let table: [(Fails, &str, &[&str]); 4] = [
        (&["err before_start"], "before_start fails", &STOPPED[..2]),
        (&["before_start"], "panicked: before_start panics", &STOPPED[..2]),
        (&["err own before_start"], "own before_start fails", &STOPPED[..1]),
        (&["own before_start"], "panicked: own before_start panics", &STOPPED[..1]),
    ];
    for (fails, text, calls) in table {
        let plan = Plan::new(fails);
        let worker = worker(&plan);
        worker.put(9).unwrap();
        for _ in 0..2 {
            let Err(StartError::Hook(error)) = worker.start() else { panic!("{fails:?}") };
            assert_eq!(error.hook(), Some("before_start"));
            assert_eq!(error.to_string(), format!(r#"worker "hooked", before_start: {text}"#));
            assert_eq!(plan.log.all(), calls, "{fails:?}");
            assert_eq!(
                (worker.state(), worker.last_exit().reason),
                (State::Stopped, ExitReason::NeverStarted)
            );
        }
        assert_eq!(worker.take_pending(), [9], "the queue is intact");
    }
}

#[apply(bounded)]
fn a_panic_in_either_after_start_is_reported_once_and_fails_the_run() {
    let table: [(Fails, &[&str]); 2] =
        [(&["after_start"], &STOPPED[..4]), (&["own after_start"], &STOPPED[..3])];
    for (fails, calls) in table {
        let plan = Plan::new(fails);
        let worker = worker(&plan);
        worker.start().unwrap();
        let exit = failed(worker.wait());
        let text = format!(r#"worker "hooked", after_start: panicked: {} panics"#, fails[0]);
        assert_eq!((exit.turns, exit.error.unwrap().to_string()), (0, text));
        let after = ["on_error after_start", "Failed", "after_stop", "own after_stop"];
        assert_eq!(plan.log.all(), [calls, &after].concat());
    }
}

#[apply(bounded)]
fn a_handler_that_goes_on_after_a_panic_in_after_start_goes_on() {
    for fails in [&["after_start", "goes on"], &["own after_start", "goes on"]] {
        let plan = Plan::new(fails);
        let worker = worker(&plan);
        worker.put(1).unwrap();
        worker.start().unwrap();
        let exit = worker.drain().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1));
        assert!(exit.error.is_none());
    }
}

#[apply(bounded)]
fn a_panic_in_one_stop_hook_keeps_the_other_from_nothing() {
    let table: [(Fails, &[(usize, &str)]); 6] = [
        (&["before_stop"], &[(5, "before_stop")]),
        (&["own before_stop"], &[(6, "before_stop")]),
        (&["before_stop", "own before_stop"], &[(5, "before_stop"), (7, "before_stop")]),
        (&["after_stop"], &[(8, "after_stop")]),
        (&["own after_stop"], &[(9, "after_stop")]),
        (&["after_stop", "own after_stop"], &[(8, "after_stop"), (10, "after_stop")]),
    ];
    for (fails, reports) in table {
        let plan = Plan::new(fails);
        let worker = worker(&plan);
        for _ in 0..2 {
            worker.start().unwrap();
            let exit = worker.stop().unwrap();
            let mut want = STOPPED.map(str::to_owned).to_vec();
            for &(at, hook) in reports {
                want.insert(at, format!("on_error {hook}"));
            }
            assert_eq!(plan.log.all(), want, "{fails:?}");
            // The first of two is the one in the exit.
            let error = exit.error.unwrap();
            let text = format!(r#"worker "hooked", {}: panicked: {} panics"#, reports[0].1, fails[0]);
            assert_eq!((exit.reason, error.to_string()), (ExitReason::Stopped, text));
            assert!(matches!(error.kind(), WorkerErrorKind::Panicked(_)));
        }
    }
}

#[apply(bounded)]
fn the_workers_own_after_stop_sees_the_panic_of_the_closure() {
    struct Sees(Probe<Option<String>>);

    impl Worker for Sees {
        type Task = u8;

        fn run(&mut self, _task: u8, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }

        fn after_stop(&mut self, exit: &Exit) {
            self.0.add(exit.error.as_ref().map(ToString::to_string));
        }
    }

    let seen = Probe::new();
    let builder = BackgroundQueueWorker::builder(Sees(seen.clone())).name("sees");
    let worker = builder.after_stop(|_exit| panic!("meant to fail")).start().unwrap();
    worker.stop().unwrap();
    assert_eq!(seen.next().as_deref(), Some(r#"worker "sees", after_stop: panicked: meant to fail"#));
}

#[apply(bounded)]
fn a_second_closure_replaces_the_first() {
    let (first, second) = (Plan::new(&[]), Plan::new(&[]));
    let builder = hooked(BackgroundQueueWorker::builder(Own::<u8>::new(&second, false)), &first);
    let worker = hooked(builder, &second).build().unwrap();
    worker.start().unwrap();
    worker.stop().unwrap();
    assert_eq!(second.log.all(), STOPPED);
    assert!(first.log.all().is_empty());
}

#[apply(bounded)]
fn closures_keep_what_they_hold_from_run_to_run() {
    let runs = Probe::new();
    let (mut starts, told) = (0, runs.clone());
    let worker = pyaltt_core::event(|_trigger, _cx| ()).before_start(move |cx| {
        starts += 1;
        told.add((starts, cx.run_number()));
        Ok(())
    });
    let worker = worker.build().unwrap();
    for run in 1..=3 {
        worker.start().unwrap();
        worker.stop().unwrap();
        assert_eq!(runs.next(), (run, run));
    }
}

#[apply(bounded)]
fn destructors_of_closures_may_all_panic() {
    for takes_worker in [false, true] {
        let dropped = Probe::new();
        // A second panic in the unwinding of a first one would abort the process.
        let [first, second, third, fourth] = ["before_start", "after_start", "before_stop", "after_stop"]
            .map(|hook| {
                let dropped = dropped.clone();
                OnDrop::new(move || {
                    dropped.add(hook);
                    panic!("meant to fail");
                })
            });
        let plan = Plan::new(&[]);
        let worker = BackgroundQueueWorker::builder(Own::<u8>::new(&plan, false))
            .before_start(move |_cx| {
                let _held = &first;
                Ok(())
            })
            .after_start(move |_cx| {
                let _held = &second;
            })
            .before_stop(move |_cx| {
                let _held = &third;
            })
            .after_stop(move |_exit| {
                let _held = &fourth;
            })
            .start()
            .unwrap();
        worker.stop().unwrap();
        assert!(dropped.is_empty());
        if takes_worker {
            assert!(worker.into_inner::<Own<u8>>().is_ok());
        } else {
            drop(worker);
        }
        assert_eq!(dropped.all(), ["before_start", "after_start", "before_stop", "after_stop"]);
    }
}
