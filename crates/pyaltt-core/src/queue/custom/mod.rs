//! A user's `TaskQueue`, with what it leaves to us: waiting, waking and closing.

mod backend;
mod source;

use std::time::Instant;

use super::backend::PutResult;
use super::drain::DrainBudgets;
use super::put_error::PutErrorKind;
use super::task_queue::{TaskQueue, Waker};
use crate::error::Panic;
use crate::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use crate::sync::thread::{self, ThreadId};
use crate::sync::{Condvar, Mutex, Unparker};
use crate::user_code;
use crate::wait::Wait;

pub(super) struct CustomQueue<T> {
    queue: Box<dyn TaskQueue<Task = T>>,
    closed: AtomicBool,
    /// How many puts are between their check of `closed` and the end of the user's `put`.
    admitted: AtomicUsize,
    /// How many tasks were taken. Producers that wait for room wait for a change of this count.
    takes: AtomicU64,
    consumers: Mutex<Consumers>,
    not_full: Condvar,
    budgets: DrainBudgets,
}

/// The workers that take from the queue.
#[derive(Default)]
struct Consumers {
    running: Vec<Consumer>,
    /// The ids of the workers that `subscribe` was called for.
    subscribed: Vec<u64>,
}

struct Consumer {
    id: u64,
    thread: ThreadId,
    unparker: Unparker,
}

impl<T: Send + 'static> CustomQueue<T> {
    pub(super) fn new(queue: impl TaskQueue<Task = T>) -> Self {
        Self {
            queue: Box::new(queue),
            closed: AtomicBool::new(false),
            admitted: AtomicUsize::new(0),
            takes: AtomicU64::new(0),
            consumers: Mutex::default(),
            not_full: Condvar::new(),
            budgets: DrainBudgets::default(),
        }
    }

    /// Tries to put a task, without waiting.
    fn try_put(&self, task: T) -> PutResult<T> {
        let _guard = AdmissionGuard::new(self);
        if self.closed.load(Ordering::SeqCst) {
            return Err((task, PutErrorKind::Closed));
        }
        self.queue.put(task).map_err(|task| (task, PutErrorKind::Full))
    }

    /// Waits until the count of takes is no longer `takes`, or the queue is closed.
    fn wait_for_take(&self, takes: u64, wait: Wait) -> Result<(), PutErrorKind> {
        let me = thread::current().id();
        let mut consumers = self.consumers.lock();
        if consumers.running.iter().any(|consumer| consumer.thread == me) {
            return Err(PutErrorKind::FromWorker);
        }
        while self.takes.load(Ordering::SeqCst) == takes && !self.closed.load(Ordering::SeqCst) {
            match wait {
                Wait::Until(deadline) => {
                    if self.not_full.wait_until(&mut consumers, deadline).timed_out()
                        || Instant::now() >= deadline
                    {
                        return Err(PutErrorKind::Timeout);
                    }
                }
                Wait::No | Wait::Forever => self.not_full.wait(&mut consumers),
            }
        }
        Ok(())
    }

    /// Takes a task. The user's `take` may panic.
    fn take(&self) -> Result<Option<T>, Panic> {
        let task = user_code::call(|| self.queue.take())?;
        if task.is_some() {
            self.takes.fetch_add(1, Ordering::SeqCst);
            // Passing through the lock ensures that a producer that saw the old count is asleep, and hears the notify.
            drop(self.consumers.lock());
            self.not_full.notify_all();
        }
        Ok(task)
    }

    /// Whether there will be no more puts. Every task that was put is in the queue by then.
    fn is_finished(&self) -> bool {
        self.closed.load(Ordering::SeqCst) && self.admitted.load(Ordering::SeqCst) == 0
    }

    fn register_consumer(&self, id: u64, unparker: &Unparker) {
        // A drain that was requested before this run does not limit it.
        self.budgets.remove(id);
        let consumer = Consumer { id, thread: thread::current().id(), unparker: unparker.clone() };
        let is_new = {
            let mut consumers = self.consumers.lock();
            consumers.running.push(consumer);
            let is_new = !consumers.subscribed.contains(&id);
            if is_new {
                consumers.subscribed.push(id);
            }
            is_new
        };
        // Outside the lock, because it is user code.
        if is_new && let Err(panic) = user_code::call(|| self.queue.subscribe(Waker::new(unparker))) {
            log!(error, %panic, "a queue's subscribe failed");
        }
    }

    fn unregister_consumer(&self, id: u64) {
        self.budgets.remove(id);
        self.consumers.lock().running.retain(|consumer| consumer.id != id);
    }

    fn wake_consumers(&self) {
        for consumer in &self.consumers.lock().running {
            consumer.unparker.unpark();
        }
    }
}

/// Counts a put in, and out again even if the user's `put` panics. Then it wakes the consumers: for the task, or
/// because a consumer that finds the queue closed does not finish while any put is counted in, even one that is
/// refused.
struct AdmissionGuard<'a, T: Send + 'static>(&'a CustomQueue<T>);

impl<'a, T: Send + 'static> AdmissionGuard<'a, T> {
    fn new(queue: &'a CustomQueue<T>) -> Self {
        queue.admitted.fetch_add(1, Ordering::SeqCst);
        Self(queue)
    }
}

impl<T: Send + 'static> Drop for AdmissionGuard<'_, T> {
    fn drop(&mut self) {
        self.0.admitted.fetch_sub(1, Ordering::SeqCst);
        self.0.wake_consumers();
    }
}
