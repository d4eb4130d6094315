//! What the models share: how one is run, and how it keeps count of tasks.

use std::any::type_name;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Instant;

use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::{Config, MaxSteps, Runner};

use crate::queue::Queue;
use crate::queue::builder::QueueBuilder;
use crate::queue::handle::BackgroundQueueWorker;
use crate::queue::memory::MemoryQueue;
use crate::queue::put_error::PutError;
use crate::queue::task_queue::{TaskQueue, Waker};
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Condvar, Mutex};
use crate::wait::Wait;
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};

/// How many schedules of each model are run, when `PYALTT_SCHEDULES` does not say so.
const SCHEDULES: usize = 20_000;

/// A program that takes more steps than this hangs, though some thread of it still runs. Most take a few hundred.
const MAX_STEPS: usize = 50_000;

/// PCT takes a thread off where it would have gone on, less often than this.
const PCT_DEPTH: usize = 4;

/// Runs a model, a closure in the test that it is named after, under as many schedules as are asked for. One that
/// fails can be run again, alone: `PYALTT_REPLAY` takes what was printed of it.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "its lines are the report")]
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
            number.parse().unwrap_or_else(|_| panic!("PYALTT_SCHEDULES is no number: {number}"))
        });
        let by_pct = schedules / 2;
        run(RandomScheduler::new(schedules - by_pct), &model)
            + run(PctScheduler::new(PCT_DEPTH, by_pct), &model)
    }));
    match run {
        Ok(schedules) => println!("model {name}: {schedules} schedules in {:.1?}", began.elapsed()),
        Err(panic) => {
            eprintln!("the schedule above runs again by: cargo xtask models --replay SCHEDULE {name}");
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

/// What has been done so far, in order. A model can wait for it, as no wake-up is lost here.
#[derive(Clone, Default)]
pub(super) struct Done {
    shared: Arc<(Mutex<Vec<u32>>, Condvar)>,
}

impl Done {
    pub(super) fn add(&self, task: u32) {
        self.shared.0.lock().push(task);
        self.shared.1.notify_all();
    }

    pub(super) fn wait_for(&self, count: usize) {
        let mut done = self.shared.0.lock();
        while done.len() < count {
            self.shared.1.wait(&mut done);
        }
    }

    pub(super) fn all(&self) -> Vec<u32> {
        self.shared.0.lock().clone()
    }
}

/// The tasks that one producer put, in order: those that were taken, and those that were handed back.
#[derive(Default)]
pub(super) struct Puts {
    pub(super) taken: Vec<u32>,
    pub(super) back: Vec<u32>,
}

impl Puts {
    pub(super) fn of(tasks: impl IntoIterator<Item = u32>, put: impl Fn(u32) -> Result<(), u32>) -> Self {
        let mut puts = Self::default();
        for task in tasks {
            match put(task) {
                Ok(()) => puts.taken.push(task),
                Err(task) => puts.back.push(task),
            }
        }
        puts
    }
}

/// Where tasks are put.
pub(super) trait Inlet: Clone + Send + 'static {
    /// Puts a task, and waits for room where there is none.
    fn put_in(&self, task: u32) -> Result<(), u32>;
}

impl Inlet for Queue<u32> {
    fn put_in(&self, task: u32) -> Result<(), u32> {
        self.put(task).map_err(PutError::into_inner)
    }
}

impl Inlet for Arc<MemoryQueue<u32>> {
    fn put_in(&self, task: u32) -> Result<(), u32> {
        self.put(task, Wait::Forever).map_err(|(task, _)| task)
    }
}

/// Puts tasks on a thread of its own.
pub(super) fn produce<const N: usize>(inlet: &impl Inlet, tasks: [u32; N]) -> JoinHandle<Puts> {
    let inlet = inlet.clone();
    thread::spawn(move || Puts::of(tasks, |task| inlet.put_in(task)))
}

/// Every task that was put and taken is found exactly once among the others.
#[track_caller]
pub(super) fn assert_conserved(puts: &[&Puts], found: &[&[u32]]) {
    let sorted = |mut tasks: Vec<u32>| {
        tasks.sort_unstable();
        tasks
    };
    let taken = sorted(puts.iter().flat_map(|puts| puts.taken.iter().copied()).collect());
    assert_eq!(sorted(found.concat()), taken, "found {found:?}");
}

/// A worker that adds each task to what has been done.
pub(super) struct Clerk(Done);

impl Worker for Clerk {
    type Task = u32;

    fn run(&mut self, task: u32, _cx: &mut Context) -> Turn {
        self.0.add(task);
        Ok(Flow::Continue)
    }
}

/// A clerk who is not at work yet.
pub(super) fn clerk(done: &Done) -> QueueBuilder<u32> {
    BackgroundQueueWorker::builder(Clerk(done.clone()))
}

/// A queue of a user's, with a bound.
#[derive(Clone)]
pub(super) struct Rack {
    tasks: Arc<Mutex<Vec<u32>>>,
    capacity: usize,
    wakers: Arc<Mutex<Vec<Waker>>>,
}

impl Rack {
    pub(super) fn new(capacity: usize) -> Self {
        Self { tasks: Arc::default(), capacity, wakers: Arc::default() }
    }

    /// A task that comes in another way than by a worker's `put`.
    pub(super) fn add(&self, task: u32) {
        self.tasks.lock().push(task);
        for waker in &*self.wakers.lock() {
            waker.wake();
        }
    }
}

impl TaskQueue for Rack {
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
