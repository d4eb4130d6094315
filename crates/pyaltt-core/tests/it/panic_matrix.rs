//! Every place in user code that can panic, in every kind of worker, and every way in which such a run can end. One table
//! checks the state, the exit, the waiting callers, the next run and where the tasks end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, Builder, Context, Exit,
    ExitReason, Flow, Handle, PutErrorKind, StartError, State, Tick, Trigger, Turn, Worker, WorkerError,
};
use testkit::os_thread::spawn_asleep;
use testkit::{Bomb, Probe, Turnstile, exit_of};

/// Where the panic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Run,
    BeforeStart,
    AfterStart,
    BeforeStop,
    AfterStop,
    OnErrorOfBuilder,
    OnErrorOfWorker,
    TaskDrop,
    PayloadDrop,
}

const PLACES: [Place; 9] = [
    Place::Run,
    Place::BeforeStart,
    Place::AfterStart,
    Place::BeforeStop,
    Place::AfterStop,
    Place::OnErrorOfBuilder,
    Place::OnErrorOfWorker,
    Place::TaskDrop,
    Place::PayloadDrop,
];

impl Place {
    fn is_a_hook(self) -> bool {
        matches!(self, Self::BeforeStart | Self::AfterStart) || self.is_in_a_stop()
    }

    fn is_in_a_stop(self) -> bool {
        matches!(self, Self::BeforeStop | Self::AfterStop)
    }

    /// Where its error says that it comes from.
    fn name(self) -> &'static str {
        match self {
            Self::BeforeStart => "before_start",
            Self::AfterStart => "after_start",
            Self::BeforeStop => "before_stop",
            Self::AfterStop => "after_stop",
            // An error of a handler is not reported, so it is the turn's.
            Self::Run
            | Self::OnErrorOfBuilder
            | Self::OnErrorOfWorker
            | Self::TaskDrop
            | Self::PayloadDrop => "turn 1",
        }
    }

    /// The reason, the errors, the panics and the cause in the error of the exit.
    fn expected(self) -> (ExitReason, u64, u64, &'static str) {
        let told = "panicked: told to panic";
        match self {
            Self::BeforeStop | Self::AfterStop => (ExitReason::Stopped, 0, 0, told),
            Self::BeforeStart => (ExitReason::NeverStarted, 0, 0, told),
            // Only turns and calls of error handlers count.
            Self::AfterStart => (ExitReason::Failed, 0, 0, told),
            Self::Run | Self::TaskDrop => (ExitReason::Failed, 0, 1, told),
            Self::OnErrorOfBuilder | Self::OnErrorOfWorker => (ExitReason::Failed, 1, 1, "handle this"),
            Self::PayloadDrop => (ExitReason::Failed, 0, 1, "panicked: a payload that is not text"),
        }
    }
}

/// How the run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Stop,
    Restart,
    Drop { daemon: bool },
}

const ENDS: [End; 4] = [End::Stop, End::Restart, End::Drop { daemon: true }, End::Drop { daemon: false }];

/// What the worker, its tasks and the test share in one case.
#[derive(Clone)]
struct Plan {
    place: Place,
    /// The hook that panics is a closure of the builder, and not the worker's own.
    in_closure: bool,
    mood: Arc<AtomicU8>,
    turnstile: Turnstile,
    turns: Probe<()>,
    /// What happened to each task.
    ledger: Probe<(u32, &'static str)>,
    tasks: Arc<AtomicU32>,
}

/// No panics.
const CALM: u8 = 0;
/// The next panic is held in the turnstile first.
const PRIMED: u8 = 1;
/// Panics.
const BLOWN: u8 = 2;

impl Plan {
    fn new(place: Place, in_closure: bool) -> Self {
        Self {
            place,
            in_closure,
            mood: Arc::new(AtomicU8::new(PRIMED)),
            turnstile: Turnstile::new(),
            turns: Probe::new(),
            ledger: Probe::new(),
            tasks: Arc::default(),
        }
    }

    /// What happened to each task, in order, once this many things have happened in all.
    fn fates(&self, entries: u32) -> BTreeMap<u32, Vec<&'static str>> {
        let mut fates = BTreeMap::<_, Vec<_>>::new();
        for _ in 0..entries {
            let (id, what) = self.ledger.next();
            fates.entry(id).or_default().push(what);
        }
        assert!(self.ledger.all().is_empty());
        fates
    }

    /// Whether to panic in this place now. The first panic is held until the test releases it.
    fn is_due(&self, place: Place) -> bool {
        if self.place != place || self.mood.load(Ordering::SeqCst) == CALM {
            return false;
        }
        if self.mood.compare_exchange(PRIMED, BLOWN, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            self.turnstile.pass();
        }
        true
    }

    fn at(&self, place: Place) {
        assert!(!self.is_due(place), "told to panic");
    }

    fn at_hook(&self, place: Place, in_closure: bool) {
        if self.in_closure == in_closure {
            self.at(place);
        }
    }
}

/// The task of a queue worker: it records what happens to it.
struct Task {
    id: u32,
    plan: Plan,
}

impl Drop for Task {
    fn drop(&mut self) {
        self.plan.ledger.add((self.id, "dropped"));
        self.plan.at(Place::TaskDrop);
    }
}

/// The task of a turn, of any kind.
trait Given: Send + 'static {
    fn ran(&self) {}
    /// Whether its own destructor panics at [`Place::TaskDrop`].
    const PANICS: bool = false;
}

impl Given for Tick {}
impl Given for Trigger {}
impl Given for Task {
    fn ran(&self) {
        self.plan.ledger.add((self.id, "ran"));
    }
    const PANICS: bool = true;
}

/// A value in a turn whose destructor panics, for the kinds without tasks of their own.
struct Value<'a>(&'a Plan);

impl Drop for Value<'_> {
    fn drop(&mut self) {
        self.0.at(Place::TaskDrop);
    }
}

struct Panics<T> {
    plan: Plan,
    task: std::marker::PhantomData<fn(T)>,
    /// Disconnects when the worker is dropped.
    _alive: Sender<()>,
}

impl<T: Given> Worker for Panics<T> {
    type Task = T;

    fn run(&mut self, task: T, _cx: &mut Context) -> Turn {
        task.ran();
        self.plan.turns.add(());
        self.plan.at(Place::Run);
        if self.plan.is_due(Place::PayloadDrop) {
            std::panic::panic_any(Bomb::new());
        }
        let _value = (!T::PANICS).then(|| Value(&self.plan));
        match self.plan.place {
            Place::OnErrorOfBuilder | Place::OnErrorOfWorker => Err("handle this".into()),
            _ => Ok(Flow::Continue),
        }
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.plan.at_hook(Place::BeforeStart, false);
        Ok(())
    }

    fn after_start(&mut self, _cx: &mut Context) {
        self.plan.at_hook(Place::AfterStart, false);
    }

    fn before_stop(&mut self, _cx: &mut Context) {
        self.plan.at_hook(Place::BeforeStop, false);
    }

    fn after_stop(&mut self, _exit: &Exit) {
        self.plan.at_hook(Place::AfterStop, false);
    }

    fn on_error(&mut self, _error: &WorkerError, _cx: &mut Context) -> Flow {
        self.plan.at(Place::OnErrorOfWorker);
        // The run goes on if the handler is calm, or was called although it should not have been.
        if self.plan.mood.load(Ordering::SeqCst) == CALM { Flow::Continue } else { Flow::Stop }
    }
}

/// A kind of worker.
trait Kind: Clone + Send + 'static {
    type Given: Given;
    fn build(plan: &Plan, daemon: bool, alive: Sender<()>) -> Self;
    fn handle(&self) -> &Handle;
    /// Gives it work; returns how many turns that takes.
    fn feed(&self, plan: &Plan) -> usize;
    /// How many turns earlier work takes.
    fn pending(&self) -> usize {
        0
    }
}

fn options<T: Given, K>(builder: Builder<T, K>, plan: &Plan, daemon: bool) -> Builder<T, K> {
    let [first, second, third, fourth] = [(); 4].map(|()| plan.clone());
    let builder = builder.name("odd").daemon(daemon);
    let builder = builder.before_start(move |_| {
        first.at_hook(Place::BeforeStart, true);
        Ok(())
    });
    let builder = builder.after_start(move |_| second.at_hook(Place::AfterStart, true));
    let builder = builder.before_stop(move |_| third.at_hook(Place::BeforeStop, true));
    let builder = builder.after_stop(move |_| fourth.at_hook(Place::AfterStop, true));
    if plan.place != Place::OnErrorOfBuilder {
        return builder;
    }
    let plan = plan.clone();
    builder.on_error(move |_| plan.at(Place::OnErrorOfBuilder))
}

fn panics<T>(plan: &Plan, alive: Sender<()>) -> Panics<T> {
    Panics { plan: plan.clone(), task: std::marker::PhantomData, _alive: alive }
}

impl Kind for BackgroundWorker {
    type Given = Tick;
    fn build(plan: &Plan, daemon: bool, alive: Sender<()>) -> Self {
        // One turn a run.
        let builder = Self::builder(panics(plan, alive)).interval(Duration::MAX);
        options(builder, plan, daemon).build().unwrap()
    }
    fn handle(&self) -> &Handle {
        self
    }
    fn feed(&self, _plan: &Plan) -> usize {
        1
    }
}

impl Kind for BackgroundQueueWorker<Task> {
    type Given = Task;
    fn build(plan: &Plan, daemon: bool, alive: Sender<()>) -> Self {
        options(Self::builder(panics(plan, alive)), plan, daemon).build().unwrap()
    }
    fn handle(&self) -> &Handle {
        self
    }
    fn feed(&self, plan: &Plan) -> usize {
        if self.state() == State::Stopped && self.last_exit().reason == ExitReason::Failed {
            // The next run opens the queue again, when it is ready.
            let refused = self.put(Task { id: u32::MAX, plan: plan.clone() }).unwrap_err();
            assert_eq!(refused.kind(), PutErrorKind::WorkerFailed);
            // It is in no account, and a destructor that panics would do so here.
            std::mem::forget(refused.into_inner());
            return 0;
        }
        for _ in 0..2 {
            let id = plan.tasks.fetch_add(1, Ordering::SeqCst);
            self.put(Task { id, plan: plan.clone() }).unwrap();
        }
        2
    }
    fn pending(&self) -> usize {
        self.len()
    }
}

impl Kind for BackgroundEventWorker {
    type Given = Trigger;
    fn build(plan: &Plan, daemon: bool, alive: Sender<()>) -> Self {
        options(Self::builder(panics(plan, alive)), plan, daemon).build().unwrap()
    }
    fn handle(&self) -> &Handle {
        self
    }
    fn feed(&self, _plan: &Plan) -> usize {
        self.trigger();
        1
    }
}

/// Checks one case of the table.
fn check<K: Kind>(place: Place, in_closure: bool, end: End) {
    let plan = Plan::new(place, in_closure);
    let (alive, gone) = channel();
    let worker = K::build(&plan, end != End::Drop { daemon: false }, alive);
    if let End::Drop { daemon } = end {
        let ran = is_dropped_while_it_panics(worker, &plan, daemon);
        assert!(gone.recv().is_err(), "the worker itself is dropped");
        for (id, fate) in plan.fates(tasks(&plan) + ran) {
            let want: &[_] = if id < ran { &["ran", "dropped"] } else { &["dropped"] };
            assert_eq!(fate, want, "task {id}");
        }
        return;
    }
    panics_in_a_run(&worker, &plan, 1);
    if end == End::Restart {
        plan.mood.store(PRIMED, Ordering::SeqCst);
        panics_in_a_run(&worker, &plan, 2);
    }
    works(&worker, &plan);
    for (id, fate) in plan.fates(2 * tasks(&plan)) {
        assert_eq!(fate, ["ran", "dropped"], "task {id}");
    }
}

/// How many tasks were put.
fn tasks(plan: &Plan) -> u32 {
    plan.tasks.load(Ordering::SeqCst)
}

/// Starts the worker, and holds it in the place where it will panic; for a panic in a stop hook, waits until it has
/// taken its turns. A start that fails runs on a thread of its own, which is returned.
fn start_and_hold<K: Kind>(worker: &K, plan: &Plan, turns: usize) -> Option<JoinHandle<()>> {
    let mut starter = None;
    if plan.place == Place::BeforeStart {
        let worker = worker.clone();
        starter = Some(std::thread::spawn(move || match worker.handle().start() {
            Err(StartError::Hook(error)) => {
                assert_eq!(error.to_string(), r#"worker "odd", before_start: panicked: told to panic"#);
            }
            other => panic!("{other:?}"),
        }));
    } else {
        worker.handle().start().unwrap();
    }
    if plan.place.is_in_a_stop() {
        (0..turns).for_each(|_| plan.turns.next());
    } else {
        plan.turnstile.wait();
    }
    starter
}

/// Releases the panic as soon as the worker is there.
fn release(plan: &Plan) {
    if plan.place.is_in_a_stop() {
        plan.turnstile.wait();
    }
    plan.turnstile.release();
}

/// A run that panics while others wait for its end: all of them are released with the same exit.
fn panics_in_a_run<K: Kind>(worker: &K, plan: &Plan, run: u64) {
    let turns = worker.pending() + worker.feed(plan);
    let handle = worker.handle();
    let before = handle.stats();
    let starter = start_and_hold(worker, plan, turns);
    // A stop waits too.
    let waits: [fn(&K) -> Exit; 3] = [
        |worker| worker.handle().stop().unwrap(),
        |worker| exit_of(worker.handle().wait()),
        |worker| exit_of(worker.handle().wait_timeout(Duration::from_secs(3600))),
    ];
    let waiters = waits.map(|wait| {
        let worker = worker.clone();
        spawn_asleep(move || wait(&worker))
    });
    assert_ne!(handle.state(), State::Stopped);
    release(plan);
    if let Some(starter) = starter {
        starter.join().unwrap();
    }
    for waiter in waiters {
        is_expected(&waiter.join().unwrap(), plan.place, run, turns);
    }
    assert_eq!(handle.state(), State::Stopped);
    let (_, errors, panics, _) = plan.place.expected();
    let counted = handle.stats();
    assert_eq!((counted.errors - before.errors, counted.panics - before.panics), (errors, panics));
    plan.turns.all();
}

fn is_expected(exit: &Exit, place: Place, run: u64, turns: usize) {
    let (reason, errors, panics, text) = place.expected();
    assert_eq!((exit.reason, exit.errors, exit.panics), (reason, errors, panics));
    let turns = if place.is_in_a_stop() { turns } else { usize::from(!place.is_a_hook()) };
    assert_eq!(exit.turns, turns as u64);
    if place == Place::BeforeStart {
        assert!(exit.error.is_none());
    } else {
        assert_eq!(exit.run, run);
        let text = format!(r#"worker "odd", {}: {text}"#, place.name());
        assert_eq!(exit.error.as_ref().unwrap().to_string(), text);
    }
}

/// A run after all that: it works like the first one, and takes the tasks that are left.
fn works<K: Kind>(worker: &K, plan: &Plan) {
    plan.mood.store(CALM, Ordering::SeqCst);
    let handle = worker.handle();
    let (left, mut fed) = (worker.pending(), worker.feed(plan));
    handle.start().unwrap();
    if fed == 0 {
        // After a failure, the queue takes tasks again only now.
        fed = worker.feed(plan);
    }
    let turns = left + fed;
    (0..turns).for_each(|_| plan.turns.next());
    let exit = handle.stop().unwrap();
    assert_eq!((exit.reason, exit.turns, exit.panics), (ExitReason::Stopped, turns as u64, 0));
    assert!(plan.turns.all().is_empty());
}

/// Drops the last handle while the worker is held where it will panic, or to bring it there.
///
/// Returns how many tasks have run by then.
fn is_dropped_while_it_panics<K: Kind>(worker: K, plan: &Plan, daemon: bool) -> u32 {
    let turns = worker.pending() + worker.feed(plan);
    let tasks = tasks(plan);
    let starter = start_and_hold(&worker, plan, turns);
    let dropper = if daemon {
        // The drop returns although the worker is still held.
        drop(worker);
        None
    } else {
        Some(spawn_asleep(move || drop(worker)))
    };
    release(plan);
    for thread in [starter, dropper].into_iter().flatten() {
        thread.join().unwrap();
    }
    match plan.place {
        place if place.is_in_a_stop() => tasks,
        place => tasks.min((!place.is_a_hook()).into()),
    }
}

#[apply(bounded)]
fn every_place_in_every_kind_with_every_end() {
    let own = PLACES.map(|place| (place, false));
    let closures = PLACES.into_iter().filter(|place| place.is_a_hook()).map(|place| (place, true));
    let mut cases = 0;
    for (place, in_closure) in own.into_iter().chain(closures) {
        for end in ENDS {
            check::<BackgroundWorker>(place, in_closure, end);
            check::<BackgroundQueueWorker<Task>>(place, in_closure, end);
            check::<BackgroundEventWorker>(place, in_closure, end);
            cases += 3;
        }
    }
    assert_eq!(cases, (9 + 4) * 3 * 4);
}
