//! What the models share: running a model, and accounting for its tasks.

use std::any::type_name;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use pyaltt_timing::{Clock, Parker, Waited};
use shuttle::rand::Rng;
use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::{Config, MaxSteps, Runner};

use crate::queue::Queue;
use crate::queue::builder::QueueBuilder;
use crate::queue::handle::BackgroundQueueWorker;
use crate::queue::memory::MemoryQueue;
use crate::queue::put_error::PutError;
use crate::queue::task_queue::TaskQueue;
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Condvar, Mutex, thread_local};
use crate::wait::Wait;
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};
use crate::worker::waker::Waker;

/// How many schedules of each model run if `PYALTT_SCHEDULES` is not set.
const SCHEDULES: usize = 1_500;

/// A schedule with more steps than this counts as a livelock. Most take a few hundred.
const MAX_STEPS: usize = 50_000;

/// The depth of PCT: it preempts a thread less often than this in a schedule.
const PCT_DEPTH: usize = 4;

/// Runs a model under as many schedules as are asked for. The model is a closure in a test and has the test's name. A
/// schedule that fails can be run again on its own: `PYALTT_REPLAY` takes what was printed of it.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the printed lines are the report")]
pub(super) fn check<M: Fn() + Send + Sync + 'static>(model: M) {
    let path = type_name::<M>().trim_end_matches("::{{closure}}");
    let name = path.split_once("models::").map_or(path, |(_, name)| name);
    let model = Arc::new(model);
    let began = Instant::now();
    let run = catch_unwind(AssertUnwindSafe(|| {
        if let Ok(schedule) = std::env::var("PYALTT_REPLAY") {
            return run(ReplayScheduler::new_from_encoded(&schedule), &model);
        }
        let schedules = std::env::var("PYALTT_SCHEDULES").map_or(SCHEDULES, |number| {
            number.parse().unwrap_or_else(|_| panic!("PYALTT_SCHEDULES is not a number: {number}"))
        });
        let by_pct = schedules / 2;
        run(RandomScheduler::new(schedules - by_pct), &model)
            + run(PctScheduler::new(PCT_DEPTH, by_pct), &model)
    }));
    match run {
        Ok(schedules) => println!("model {name}: {schedules} schedules in {:.1?}", began.elapsed()),
        Err(panic) => {
            eprintln!("to run the schedule above again: cargo xtask models --replay SCHEDULE {name}");
            resume_unwind(panic)
        }
    }
}

fn run(scheduler: impl Scheduler + 'static, model: &Arc<impl Fn() + Send + Sync + 'static>) -> usize {
    let mut config = Config::new();
    config.stack_size = 128 * 1024;
    config.max_steps = MaxSteps::FailAfter(MAX_STEPS);
    config.silence_warnings = true;
    let model = Arc::clone(model);
    Runner::new(scheduler, config).run(move || model())
}

/// What has happened so far, in order. A model can wait for an entry, because this log never loses a wake-up.
#[derive(Clone, Default)]
pub(super) struct Log {
    shared: Arc<(Mutex<Vec<u32>>, Condvar)>,
}

impl Log {
    pub(super) fn add(&self, task: u32) {
        self.shared.0.lock().push(task);
        self.shared.1.notify_all();
    }

    pub(super) fn wait_for(&self, count: usize) {
        let mut log = self.shared.0.lock();
        while log.len() < count {
            self.shared.1.wait(&mut log);
        }
    }

    /// Waits for this one.
    pub(super) fn wait_for_entry(&self, entry: u32) {
        let mut log = self.shared.0.lock();
        while !log.contains(&entry) {
            self.shared.1.wait(&mut log);
        }
    }

    pub(super) fn all(&self) -> Vec<u32> {
        self.shared.0.lock().clone()
    }
}

/// A clock by which a time of [`STEP`](Self::STEP) may be over at any moment, so that a wait that long is over when the
/// schedule likes.
#[derive(Debug)]
pub(super) struct AnyMoment {
    began: Instant,
    steps: AtomicU32,
}

impl AnyMoment {
    pub(super) const STEP: Duration = Duration::from_millis(1);
}

impl Default for AnyMoment {
    fn default() -> Self {
        Self { began: Instant::now(), steps: AtomicU32::new(0) }
    }
}

impl Clock for AnyMoment {
    fn now(&self) -> Instant {
        let passes = u32::from(shuttle::rand::thread_rng().gen_bool(0.5));
        let steps = self.steps.fetch_add(passes, Ordering::SeqCst) + passes;
        self.began + Self::STEP * steps
    }

    fn epoch(&self) -> Instant {
        self.began
    }

    fn park(&self, _parker: &Parker, _deadline: Option<Instant>) {
        unreachable!("in a model, no clock parks");
    }

    fn spin(&self, _parker: &Parker, _until: Instant, _interrupted: &dyn Fn() -> bool) -> Waited {
        unreachable!("in a model, no clock spins");
    }
}

/// Keeps the errors that a model provokes from being printed, by listening to the log.
pub(super) fn mute() {
    struct Listener;

    impl tracing::Subscriber for Listener {
        fn enabled(&self, _metadata: &tracing::Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }

        fn record(&self, _span: &tracing::span::Id, _values: &tracing::span::Record<'_>) {}

        fn record_follows_from(&self, _span: &tracing::span::Id, _follows: &tracing::span::Id) {}

        fn event(&self, _event: &tracing::Event<'_>) {}

        fn enter(&self, _span: &tracing::span::Id) {}

        fn exit(&self, _span: &tracing::span::Id) {}
    }

    static MUTED: Once = Once::new();
    MUTED.call_once(|| {
        let _ = tracing::subscriber::set_global_default(Listener);
    });
}

/// The tasks of one producer, in order: those that were accepted and those that were handed back.
#[derive(Default)]
pub(super) struct Puts {
    pub(super) accepted: Vec<u32>,
    pub(super) returned: Vec<u32>,
}

impl Puts {
    pub(super) fn of(tasks: impl IntoIterator<Item = u32>, put: impl Fn(u32) -> Result<(), u32>) -> Self {
        let mut puts = Self::default();
        for task in tasks {
            match put(task) {
                Ok(()) => puts.accepted.push(task),
                Err(task) => puts.returned.push(task),
            }
        }
        puts
    }
}

/// Something that tasks can be put into.
pub(super) trait PutTarget: Clone + Send + 'static {
    /// Puts a task, and waits for room if there is none.
    fn put_blocking(&self, task: u32) -> Result<(), u32>;
}

impl PutTarget for Queue<u32> {
    fn put_blocking(&self, task: u32) -> Result<(), u32> {
        self.put(task).map_err(PutError::into_inner)
    }
}

impl PutTarget for Arc<MemoryQueue<u32>> {
    fn put_blocking(&self, task: u32) -> Result<(), u32> {
        self.put(task, Wait::Forever).map_err(|(task, _)| task)
    }
}

/// Puts tasks from a thread of its own.
pub(super) fn produce<const N: usize>(target: &impl PutTarget, tasks: [u32; N]) -> JoinHandle<Puts> {
    let target = target.clone();
    thread::spawn(move || Puts::of(tasks, |task| target.put_blocking(task)))
}

/// Asserts that every accepted task was found exactly once.
#[track_caller]
pub(super) fn assert_conserved(puts: &[&Puts], found: &[&[u32]]) {
    let sorted = |mut tasks: Vec<u32>| {
        tasks.sort_unstable();
        tasks
    };
    let accepted = sorted(puts.iter().flat_map(|puts| puts.accepted.iter().copied()).collect());
    assert_eq!(sorted(found.concat()), accepted, "found {found:?}");
}

/// A worker that adds each task to a log.
pub(super) struct Collector(Log);

impl Worker for Collector {
    type Task = u32;

    fn run(&mut self, task: u32, _cx: &mut Context) -> Turn {
        self.0.add(task);
        Ok(Flow::Continue)
    }
}

/// Returns the builder of a collector.
pub(super) fn collector(log: &Log) -> QueueBuilder<u32> {
    BackgroundQueueWorker::builder(Collector(log.clone()))
}

/// A bounded queue as a user would implement it.
#[derive(Clone)]
pub(super) struct CustomQueue {
    tasks: Arc<Mutex<Vec<u32>>>,
    capacity: usize,
    wakers: Arc<Mutex<Vec<Waker>>>,
}

impl CustomQueue {
    pub(super) fn new(capacity: usize) -> Self {
        Self { tasks: Arc::default(), capacity, wakers: Arc::default() }
    }

    /// Adds a task behind the worker's back, and not by its `put`.
    pub(super) fn add(&self, task: u32) {
        self.tasks.lock().push(task);
        for waker in &*self.wakers.lock() {
            waker.wake();
        }
    }
}

impl CustomQueue {
    /// Takes all tasks behind the worker's back, and tells of the room.
    pub(super) fn empty(&self) {
        self.tasks.lock().clear();
        let waker = self.wakers.lock().first().cloned();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl TaskQueue for CustomQueue {
    type Task = u32;

    fn put(&self, task: u32) -> Result<(), u32> {
        let mut tasks = self.tasks.lock();
        if tasks.len() >= self.capacity {
            return Err(task);
        }
        tasks.push(task);
        Ok(())
    }

    fn take(&self) -> Option<u32> {
        self.tasks.lock().pop()
    }

    fn len(&self) -> usize {
        self.tasks.lock().len()
    }

    fn subscribe(&self, waker: Waker) {
        self.wakers.lock().push(waker);
    }
}

/// Uses a clone of a handle on a thread of its own, and drops it there.
pub(super) fn on_thread<H: Clone + Send + 'static, R: Send + 'static>(
    worker: &H,
    work: impl FnOnce(&H) -> R + Send + 'static,
) -> thread::JoinHandle<R> {
    let worker = worker.clone();
    thread::spawn(move || work(&worker))
}

struct ThreadEnd(Log, u32);

thread_local! {
    /// Dropped as the last act of the thread.
    static THREAD_END: std::cell::RefCell<Option<ThreadEnd>> = std::cell::RefCell::new(None);
}

impl Drop for ThreadEnd {
    fn drop(&mut self) {
        self.0.add(self.1);
    }
}

/// Adds an entry to the log as the last act of the calling thread. The first call of a thread counts.
pub(super) fn log_thread_end(log: &Log, entry: u32) {
    THREAD_END.with(|slot| {
        slot.borrow_mut().get_or_insert_with(|| ThreadEnd(log.clone(), entry));
    });
}
