//! The start of a further run: what it is given, and how it can fail.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use pyaltt::timing::Parker;
use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Clock, Context, Exit, ExitReason, Flow, Gate, ManualClock, Start, State,
    Strategy, TaskQueue, Then, Tick, Turn, Waited, Worker, looped, queue,
};
use testkit::{Bomb, EXPECTED, Probe, silence_expected_panics};

use super::{LONG, MILLIS, Rig, backoff, exact, printer, wait_for};

/// How a start goes wrong.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Error,
    Panic,
}

/// Makes the next starts go wrong.
#[derive(Clone, Default)]
pub(super) struct Faults(Arc<Mutex<VecDeque<Fault>>>);

impl Faults {
    pub(super) fn set(&self, faults: impl IntoIterator<Item = Fault>) {
        self.0.lock().unwrap().extend(faults);
    }

    fn check(&self) -> Result<(), BoxError> {
        let fault = self.0.lock().unwrap().pop_front();
        match fault {
            None => Ok(()),
            Some(Fault::Error) => Err("no power".into()),
            Some(Fault::Panic) => panic!("{EXPECTED}no power"),
        }
    }
}

/// A worker whose own `before_start` can go wrong.
pub(super) struct Printer(pub(super) Faults);

impl Worker for Printer {
    type Task = u32;

    fn run(&mut self, task: u32, _cx: &mut Context) -> Turn {
        if task == 0 { Err("no paper".into()) } else { Ok(Flow::Continue) }
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.0.check()
    }
}

/// Checks that two starts after a failed run went wrong, were counted, and were followed by longer and longer backoffs,
/// and that the third succeeds.
fn assert_attempts(way: &str, rig: &Rig, text: &str) {
    assert_eq!(backoff(&rig.fail()), 100 * MILLIS, "{way}");
    // What is put meanwhile stays.
    rig.worker.put(1).unwrap();
    for attempt in 1..=2 {
        rig.end_backoff();
        let exit = rig.exits.next();
        let counts = (exit.reason, exit.turns, exit.run, exit.restarts, exit.pending);
        assert_eq!(counts, (ExitReason::Failed, 0, attempt + 1, attempt, 1), "{way}");
        assert_eq!(backoff(&exit), 100 * MILLIS * (1 << attempt), "{way}");
        let error = exit.error.unwrap().to_string();
        assert!(error.contains(text) && error.contains("printer"), "{way}: {error}");
        wait_for(&rig.worker, State::Waiting);
        assert_eq!(
            (rig.worker.stats().restarts, rig.worker.last_exit().run),
            (attempt, attempt + 1),
            "{way}"
        );
    }
    rig.restart();
    let exit = rig.worker.drain().unwrap();
    assert_eq!((exit.run, exit.restarts, exit.turns), (4, 3, 1), "{way}");
    let stats = rig.worker.stats();
    assert_eq!((stats.runs, stats.restarts), (2, 3), "{way}: only runs that are ready count as such");
}

#[apply(bounded)]
fn r4_a_start_that_fails_is_one_more_attempt_whatever_fails() {
    silence_expected_panics();
    let both = [Fault::Error, Fault::Panic];
    let named = |builder: pyaltt_core::QueueBuilder<u32>| builder.name("printer");

    let faults = Faults::default();
    let rig = Rig::of(named(BackgroundQueueWorker::builder(Printer(faults.clone()))), exact());
    faults.set(both);
    assert_attempts("the worker's before_start", &rig, "no power");

    let faults = Faults::default();
    let checked = faults.clone();
    let rig = Rig::of(printer().before_start(move |_cx| checked.check()), exact());
    faults.set(both);
    assert_attempts("the closure before_start", &rig, "no power");

    let faults = Faults::default();
    let checked = faults.clone();
    let factory = BackgroundQueueWorker::try_factory(move || {
        checked.check()?;
        Ok(Printer(Faults::default()))
    });
    let rig = Rig::of(named(factory), exact());
    faults.set(both);
    assert_attempts("the factory", &rig, "no power");

    // Options that a queue worker does not have, from the policy.
    let bad = exact().start(|exit| match exit.run {
        1 | 2 => Start::new().interval(MILLIS),
        _ => Start::new(),
    });
    assert_attempts("a bad option", &Rig::of(printer(), bad), "interval");
}

/// A manual clock that panics once when it is told to.
#[derive(Clone, Debug, Default)]
struct Broken(ManualClock, Arc<AtomicBool>);

impl Clock for Broken {
    fn now(&self) -> Instant {
        assert!(!self.1.swap(false, Ordering::SeqCst), "{EXPECTED}no time");
        self.0.now()
    }

    fn epoch(&self) -> Instant {
        self.0.epoch()
    }

    fn park(&self, parker: &Parker, deadline: Option<Instant>) {
        self.0.park(parker, deadline);
    }

    fn spin(&self, parker: &Parker, until: Instant, interrupted: &dyn Fn() -> bool) -> Waited {
        self.0.spin(parker, until, interrupted)
    }
}

#[apply(bounded)]
fn r4_a_clock_that_fails_in_a_start_makes_one_more_attempt() {
    silence_expected_panics();
    let clock = Broken::default();
    let (exits, breaks) = (Probe::new(), Arc::clone(&clock.1));
    let seen = exits.clone();
    let worker = printer()
        .before_start(move |cx| {
            breaks.store(matches!(cx.run_number(), 2 | 3), Ordering::SeqCst);
            Ok(())
        })
        .restart(exact())
        .on_exit(move |exit| seen.add(exit.clone()))
        .clock(clock.clone())
        .start()
        .unwrap();
    worker.put(0).unwrap();
    for (run, turns) in [(1, 1), (2, 0), (3, 0)] {
        let exit: Exit = exits.next();
        assert_eq!((exit.run, exit.turns, exit.reason), (run, turns, ExitReason::Failed));
        assert_eq!(clock.0.advance_to_next(), backoff(&exit));
    }
    wait_for(&worker, State::Active);
    assert_eq!(worker.stop().unwrap().run, 4);
}

#[apply(bounded)]
fn a_clock_that_fails_in_a_backoff_ends_the_life() {
    silence_expected_panics();
    // It fails when the end of the backoff is computed, or when the backoff is over.
    for in_backoff in [false, true] {
        let clock = Broken::default();
        let breaks = Arc::clone(&clock.1);
        let worker = printer()
            .restart(exact())
            .on_exit(move |_| breaks.store(!in_backoff, Ordering::SeqCst))
            .clock(clock.clone())
            .start()
            .unwrap();
        worker.put(0).unwrap();
        if in_backoff {
            wait_for(&worker, State::Waiting);
            clock.0.wait_for_sleepers(1);
            clock.1.store(true, Ordering::SeqCst);
            clock.0.advance(100 * MILLIS);
        }
        let exit = testkit::failed(worker.wait());
        assert_eq!((exit.run, exit.then), (1, Then::Rest), "{in_backoff}");
        worker.start().unwrap();
        worker.stop().unwrap();
    }
}

/// A strategy that panics when it is prepared for some of the runs.
struct Unprepared(u32);

impl Strategy for Unprepared {
    fn wait_until(&mut self, _deadline: Option<Instant>, _gate: &dyn Gate) -> Waited {
        Waited::Due
    }

    fn prepare(&mut self) {
        self.0 += 1;
        assert!(!matches!(self.0, 2 | 3), "{EXPECTED}not prepared");
    }
}

#[apply(bounded)]
fn r4_a_strategy_that_fails_in_a_start_makes_one_more_attempt() {
    silence_expected_panics();
    let (exits, clock) = (Probe::new(), ManualClock::new());
    let seen = exits.clone();
    let worker = looped(|_tick: Tick, cx| if cx.run_number() < 4 { Err("no paper") } else { Ok(false) })
        .strategy(Unprepared(0))
        .restart(exact())
        .on_exit(move |exit| seen.add(exit.clone()))
        .clock(clock.clone())
        .start()
        .unwrap();
    for (run, turns) in [(1, 1), (2, 0), (3, 0)] {
        let exit: Exit = exits.next();
        assert_eq!((exit.run, exit.turns, exit.reason), (run, turns, ExitReason::Failed));
        assert_eq!(clock.advance_to_next(), backoff(&exit));
    }
    assert_eq!(worker.wait().unwrap().restarts, 3);
}

/// A queue that panics when a run that is not the first asks it for its first task, and in all other calls.
#[derive(Clone, Default)]
struct Jammed(Arc<(Mutex<VecDeque<u32>>, AtomicU32)>);

impl Jammed {
    fn jam(&self) {
        let jams = &self.0.1;
        let jam = jams.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        assert!(!jam, "{EXPECTED}jammed");
    }
}

impl TaskQueue for Jammed {
    type Task = u32;

    fn put(&self, task: u32) -> Result<(), u32> {
        self.0.0.lock().unwrap().push_back(task);
        Ok(())
    }

    fn take(&self) -> Option<u32> {
        self.jam();
        self.0.0.lock().unwrap().pop_front()
    }

    fn len(&self) -> usize {
        self.jam();
        self.0.0.lock().unwrap().len()
    }
}

#[apply(bounded)]
fn r4_a_queue_that_fails_makes_one_more_attempt_and_loses_nothing() {
    silence_expected_panics();
    let jammed = Jammed::default();
    let rig = Rig::of(printer().queue(jammed.clone()), exact());
    rig.worker.put(0).unwrap();
    backoff(&rig.exits.next());
    rig.worker.put(1).unwrap();
    // The take of the next run, and whatever it is asked at its end; then the same with the take alone.
    for jams in [u32::MAX, 1] {
        rig.is_asleep();
        jammed.0.1.store(jams, Ordering::SeqCst);
        rig.end_backoff();
        let exit = rig.exits.next();
        assert_eq!((exit.turns, exit.reason), (0, ExitReason::Failed));
        backoff(&exit);
    }
    jammed.0.1.store(0, Ordering::SeqCst);
    rig.restart();
    assert_eq!(rig.worker.drain().unwrap().turns, 1);
}

/// Notes what becomes of it, and holds a value whose destructor panics.
struct Fresh {
    number: u32,
    log: Probe<String>,
    _bomb: Bomb,
}

impl Worker for Fresh {
    type Task = u32;

    fn run(&mut self, task: u32, _cx: &mut Context) -> Turn {
        self.log.note(format!("turn of {}", self.number));
        if task == 0 { Err("no paper".into()) } else { Ok(Flow::Continue) }
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.log.note(format!("before_start of {}", self.number));
        Ok(())
    }

    fn after_stop(&mut self, _exit: &Exit) {
        self.log.note(format!("after_stop of {}", self.number));
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        self.log.note(format!("drop of {}", self.number));
    }
}

#[apply(bounded)]
fn r12_a_factory_makes_a_fresh_worker_when_the_old_one_is_gone_whose_destructor_may_panic() {
    silence_expected_panics();
    let log = Probe::<String>::new();
    let (made, mut number) = (log.clone(), 0);
    let builder = BackgroundQueueWorker::factory(move || {
        number += 1;
        made.note(format!("{number} is made"));
        Fresh { number, log: made.clone(), _bomb: Bomb::new() }
    });
    let rig = Rig::of(builder, exact());
    rig.fail();
    rig.restart();
    let exit = rig.fail();
    assert_eq!((exit.panics, exit.errors), (0, 1), "a destructor is no turn");
    rig.worker.stop().unwrap();
    let run = |n| {
        [
            format!("{n} is made"),
            format!("before_start of {n}"),
            format!("turn of {n}"),
            format!("after_stop of {n}"),
            format!("drop of {n}"),
        ]
    };
    assert_eq!(log.all(), [run(1), run(2)].concat());
}

#[apply(bounded)]
fn r12_a_worker_that_was_given_by_value_runs_again_as_the_panic_left_it() {
    silence_expected_panics();
    let (mut half_done, seen) = (0, Probe::new());
    let sink = seen.clone();
    let rig = Rig::of(
        queue(move |task: u32, _cx| {
            half_done += 1;
            sink.add(half_done);
            assert!(task != 0, "{EXPECTED}in the middle");
        }),
        exact(),
    );
    let exit = rig.fail();
    assert_eq!((exit.panics, exit.reason), (1, ExitReason::Failed));
    rig.restart();
    rig.worker.put(1).unwrap();
    rig.worker.drain().unwrap();
    assert_eq!(seen.all(), [1, 2]);
}

/// What a run was given.
pub(super) type Given = (String, Option<u32>, Option<bool>, Option<i8>);

/// A worker that notes what each run is given; it takes the `bool` out.
pub(super) fn given(sink: Probe<Given>) -> pyaltt_core::QueueBuilder<u32> {
    printer().before_start(move |cx| {
        let (pin, object) = (cx.arg::<u32>().copied(), cx.o::<i8>().copied());
        let taken = cx.take_arg::<bool>();
        sink.add((cx.name().to_owned(), pin, taken, object));
        Ok(())
    })
}

#[apply(bounded)]
fn r17_what_a_start_was_given_is_there_again_but_arguments_that_were_taken() {
    let seen = Probe::new();
    let rig = Rig::built(given(seen.clone()), exact());
    rig.worker.start_with(Start::new().name("of May").arg(7_u32).arg(true).o(-1_i8)).unwrap();
    for run in 0..3 {
        let taken = (run == 0).then_some(true);
        assert_eq!(seen.next(), ("of May".to_owned(), Some(7), taken, Some(-1)));
        assert_eq!(&*rig.fail().worker, "of May");
        rig.restart();
    }
    rig.worker.stop().unwrap();
    // The next life has what it is given.
    rig.worker.start().unwrap();
    assert_eq!([seen.next(), seen.next()][1], ("printer".to_owned(), None, None, None));
}

#[apply(bounded)]
fn r17_the_timing_of_a_start_is_there_again_also_when_a_run_has_changed_its_own_pace() {
    let clock = ManualClock::new();
    let worker = looped(move |_tick: Tick, cx| {
        if (cx.run_number(), cx.turn_number()) == (1, 1) {
            cx.set_interval(11 * MILLIS).unwrap();
        }
        if cx.turn_number() == 1 { Ok(()) } else { Err("no paper") }
    })
    .interval(LONG)
    .restart(exact())
    .clock(clock.clone())
    .build()
    .unwrap();
    worker.start_with(Start::new().interval(7 * MILLIS)).unwrap();
    let sleeps = [0; 6].map(|_| clock.advance_to_next().as_millis());
    assert_eq!(sleeps, [11, 100, 7, 200, 7, 400]);
    worker.stop().unwrap();
}

#[apply(bounded)]
fn r17_the_policy_gives_fresh_options_and_arguments_in_place_of_those_of_the_start() {
    let seen = Probe::new();
    let policy = exact().start(|exit| match exit.restarts {
        0 => Start::new().name("second").arg(8_u32).arg(false),
        restarts => Start::new().o(i8::try_from(restarts).unwrap()),
    });
    let rig = Rig::built(given(seen.clone()), policy);
    rig.worker.start_with(Start::new().name("first").arg(7_u32).arg(true).o(-1_i8)).unwrap();
    assert_eq!(seen.next(), ("first".to_owned(), Some(7), Some(true), Some(-1)));
    rig.fail();
    rig.restart();
    assert_eq!(seen.next(), ("second".to_owned(), Some(8), Some(false), None));
    rig.fail();
    rig.restart();
    assert_eq!(seen.next(), ("printer".to_owned(), None, None, Some(1)));
    // Also for a start that comes before its time and brings nothing, and not for one that does.
    rig.fail();
    rig.worker.start().unwrap();
    assert_eq!(seen.next(), ("printer".to_owned(), None, None, Some(2)));
    rig.fail();
    rig.worker.start_with(Start::new().arg(9_u32)).unwrap();
    assert_eq!(seen.next(), ("printer".to_owned(), Some(9), None, None));
}
