//! Workers that are made on their own thread at each run, and so need not be `Send`.

use std::cell::Cell;
use std::collections::{HashSet, VecDeque};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, ThreadId};

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, Context, Exit, ExitReason,
    Flow, Handle, StartError, State, Tick, Trigger, Turn, WeakHandle, Worker, WorkerErrorKind, event_from,
    looped_from, queue_from,
};
use testkit::{Probe, Turnstile};

/// What happened to a worker, and on which thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Note {
    Made(ThreadId),
    /// The number of the turn, as the worker itself counts it.
    Turn(ThreadId, u32),
    /// The state that other threads see at that moment.
    Dropped(ThreadId, State),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Error,
    Panic,
    /// The worker is made, but its destructor panics.
    Drop,
}

/// Makes values that stay on their thread. Each failure in the list makes one attempt fail.
#[derive(Clone)]
struct Plan {
    notes: Probe<Note>,
    failures: Arc<Mutex<VecDeque<Failure>>>,
    worker: Arc<OnceLock<WeakHandle>>,
}

impl Plan {
    fn new(failures: impl IntoIterator<Item = Failure>) -> Self {
        let failures = Arc::new(Mutex::new(failures.into_iter().collect()));
        Self { notes: Probe::new(), failures, worker: Arc::default() }
    }

    fn make(&self) -> Result<Local, BoxError> {
        let failure = self.failures.lock().unwrap().pop_front();
        match failure {
            Some(Failure::Error) => return Err("no device".into()),
            Some(Failure::Panic) => panic!("told to panic"),
            Some(Failure::Drop) | None => {}
        }
        self.notes.add(Note::Made(here()));
        let drop_panics = failure == Some(Failure::Drop);
        Ok(Local { turns: Rc::new(Cell::new(0)), drop_panics, plan: self.clone() })
    }
}

/// A value that cannot be sent to another thread.
struct Local {
    turns: Rc<Cell<u32>>,
    drop_panics: bool,
    plan: Plan,
}

impl Local {
    fn turn(&self) -> Flow {
        self.turns.set(self.turns.get() + 1);
        self.plan.notes.add(Note::Turn(here(), self.turns.get()));
        Flow::Stop
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        let state = self.plan.worker.get().and_then(WeakHandle::upgrade).map(|worker| worker.state());
        self.plan.notes.add(Note::Dropped(here(), state.unwrap()));
        assert!(!self.drop_panics, "told to panic");
    }
}

fn here() -> ThreadId {
    thread::current().id()
}

/// A worker of any kind.
struct LocalWorker<T>(Local, PhantomData<fn(T)>);

impl<T: Send + 'static> Worker for LocalWorker<T> {
    type Task = T;

    fn run(&mut self, _task: T, _cx: &mut Context) -> Turn {
        Ok(self.0.turn())
    }
}

impl Plan {
    fn factory<T>(&self) -> impl FnMut() -> Result<LocalWorker<T>, BoxError> + Send + use<T> {
        let plan = self.clone();
        move || Ok(LocalWorker(plan.make()?, PhantomData))
    }

    fn function<T>(&self) -> impl FnMut() -> Result<LocalFunction<T>, BoxError> + Send + use<T> {
        let plan = self.clone();
        move || {
            let local = plan.make()?;
            Ok(Box::new(move |_task, _cx: &mut Context| local.turn()) as LocalFunction<T>)
        }
    }
}

type LocalFunction<T> = Box<dyn FnMut(T, &mut Context) -> Flow>;

/// A worker, and what gives it a turn.
type Made = (Handle, Box<dyn Fn()>);

fn of_looped(worker: BackgroundWorker) -> Made {
    (worker.into(), Box::new(|| ()))
}

fn of_queue(worker: BackgroundQueueWorker<u8>) -> Made {
    let queue = worker.queue().clone();
    (worker.into(), Box::new(move || queue.put(0).unwrap()))
}

fn of_event(worker: BackgroundEventWorker) -> Made {
    let event = worker.event().clone();
    (worker.into(), Box::new(move || event.set()))
}

type Way = fn(&Plan) -> Made;

/// Every way of having a worker made at each run.
const WAYS: [(&str, Way); 6] = [
    ("looped", |plan| of_looped(BackgroundWorker::try_factory(plan.factory::<Tick>()).build().unwrap())),
    ("queue", |plan| of_queue(BackgroundQueueWorker::try_factory(plan.factory()).build().unwrap())),
    ("event", |plan| {
        of_event(BackgroundEventWorker::try_factory(plan.factory::<Trigger>()).build().unwrap())
    }),
    ("looped_from", |plan| of_looped(looped_from(plan.function()).build().unwrap())),
    ("queue_from", |plan| of_queue(queue_from(plan.function()).build().unwrap())),
    ("event_from", |plan| of_event(event_from(plan.function()).build().unwrap())),
];

fn build(way: Way, plan: &Plan) -> Made {
    let (worker, give_turn) = way(plan);
    plan.worker.set(worker.downgrade()).unwrap();
    (worker, give_turn)
}

/// Has a worker take its one turn, and returns the thread that it ran on.
fn run_once(way: &str, (worker, give_turn): &Made, plan: &Plan) -> ThreadId {
    give_turn();
    worker.start().unwrap();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 1), "{way}");
    assert!(exit.error.is_none(), "{way}: {exit:?}");
    let notes = plan.notes.all();
    let Some(&Note::Made(thread)) = notes.first() else { panic!("{way}: {notes:?}") };
    // While it is dropped, the exit is not published yet.
    let want = [Note::Made(thread), Note::Turn(thread, 1), Note::Dropped(thread, State::Stopping)];
    assert_eq!(notes, want, "{way}");
    thread
}

#[apply(bounded)]
fn a_worker_is_made_and_dropped_on_its_own_thread_at_each_run() {
    for (way, make) in WAYS {
        let plan = Plan::new([]);
        let made = build(make, &plan);
        assert!(plan.notes.all().is_empty(), "{way}: nothing is made before the start");
        let threads: HashSet<_> = (0..3).map(|_| run_once(way, &made, &plan)).collect();
        assert_eq!(threads.len(), 3, "{way}: a thread for each run");
        assert!(!threads.contains(&here()), "{way}");
        drop(made);
        assert!(plan.notes.all().is_empty(), "{way}: nothing is left to drop");
    }
}

#[apply(bounded)]
fn a_factory_that_fails_is_what_start_returns_and_a_later_start_works() {
    for (way, make) in WAYS {
        let plan = Plan::new([Failure::Error, Failure::Panic]);
        let made = build(make, &plan);
        let worker = &made.0;

        let error = worker.start().unwrap_err();
        let StartError::Factory(failure) = &error else { panic!("{way}: {error}") };
        assert!(matches!(failure.kind(), WorkerErrorKind::Failed(_)), "{way}: {error}");
        assert!(error.to_string().ends_with(", factory: no device"), "{way}: {error}");
        assert_eq!(worker.state(), State::Stopped, "{way}");

        let error = worker.start().unwrap_err();
        let StartError::Factory(failure) = &error else { panic!("{way}: {error}") };
        let WorkerErrorKind::Panicked(panic) = failure.kind() else { panic!("{way}: {error}") };
        assert_eq!(panic.message(), "told to panic", "{way}");
        assert_eq!(worker.state(), State::Stopped, "{way}");

        assert_eq!(worker.last_exit().reason, ExitReason::NeverStarted, "{way}: these were no runs");
        assert_eq!(worker.wait().unwrap().reason, ExitReason::NeverStarted, "{way}");
        assert!(plan.notes.all().is_empty(), "{way}");
        run_once(way, &made, &plan);
        assert_eq!(worker.stats().runs, 1, "{way}");
    }
}

#[apply(bounded)]
fn a_factory_that_fails_in_a_later_start_leaves_the_earlier_exit_and_the_tasks() {
    let plan = Plan::new([]);
    let worker = queue_from(plan.function()).build().unwrap();
    plan.worker.set(worker.downgrade()).unwrap();
    for task in [1_u8, 2] {
        worker.put(task).unwrap();
    }
    worker.start().unwrap();
    let first = worker.wait().unwrap();
    plan.failures.lock().unwrap().push_back(Failure::Error);
    assert!(matches!(worker.start(), Err(StartError::Factory(_))));
    assert_eq!((worker.last_exit().run, worker.last_exit().reason), (first.run, ExitReason::Finished));
    assert_eq!(worker.take_pending(), [2]);
}

#[apply(bounded)]
fn a_worker_whose_destructor_panics_ends_its_run_and_nothing_else() {
    for (way, make) in WAYS {
        let plan = Plan::new([Failure::Drop, Failure::Drop]);
        let made = build(make, &plan);
        let threads: HashSet<_> = (0..3).map(|_| run_once(way, &made, &plan)).collect();
        assert_eq!(
            (threads.len(), made.0.stats().panics),
            (3, 0),
            "{way}: a destructor does not count as a turn"
        );
    }
}

/// A worker whose start fails after it was made.
struct Reluctant {
    _made: Local,
}

impl Worker for Reluctant {
    type Task = u8;

    fn run(&mut self, _task: u8, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        Err("not today".into())
    }
}

#[apply(bounded)]
fn a_worker_whose_before_start_fails_is_dropped_before_start_returns() {
    let plan = Plan::new([]);
    let maker = plan.clone();
    let worker =
        BackgroundQueueWorker::try_factory(move || Ok(Reluctant { _made: maker.make()? })).build().unwrap();
    plan.worker.set(worker.downgrade()).unwrap();
    for _ in 0..2 {
        assert!(matches!(worker.start(), Err(StartError::Hook(_))));
        let notes = plan.notes.all();
        let [Note::Made(made), Note::Dropped(dropped, State::Starting)] = notes[..] else {
            panic!("{notes:?}")
        };
        assert_eq!(made, dropped);
    }
}

/// Counts its own runs. A later run must not see the count of an earlier one.
struct Fresh {
    runs: Rc<Cell<u32>>,
    seen: Probe<u32>,
}

impl Worker for Fresh {
    type Task = u8;

    fn run(&mut self, _task: u8, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn after_stop(&mut self, _exit: &Exit) {
        self.runs.set(self.runs.get() + 1);
        self.seen.add(self.runs.get());
    }
}

#[apply(bounded)]
fn every_run_begins_with_a_fresh_worker_and_its_tasks_outlast_it() {
    let seen = Probe::new();
    let sink = seen.clone();
    let fresh = move || Fresh { runs: Rc::default(), seen: sink.clone() };
    let worker = BackgroundQueueWorker::factory(fresh).build().unwrap();
    assert_eq!(worker.name(), "Fresh");
    for _ in 0..3 {
        worker.put(0).unwrap();
        worker.start().unwrap();
        assert_eq!(worker.drain().unwrap().turns, 1);
    }
    assert_eq!(seen.all(), [1, 1, 1]);
}

#[apply(bounded)]
fn a_stop_that_comes_while_the_factory_works_ends_the_run_before_its_first_turn() {
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let worker = queue_from(move || {
        pass.pass();
        Ok(|_task: u8, _cx: &mut Context| ())
    });
    let worker = worker.build().unwrap();
    worker.put(1).unwrap();
    let starter = thread::spawn({
        let worker = worker.clone();
        move || worker.start()
    });
    turnstile.wait();
    assert_eq!(worker.state(), State::Starting);
    assert!(matches!(worker.start(), Err(StartError::AlreadyRunning { .. })));
    worker.signal_stop();
    turnstile.release();
    starter.join().unwrap().unwrap();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 0));
    assert_eq!(worker.take_pending(), [1]);
}
