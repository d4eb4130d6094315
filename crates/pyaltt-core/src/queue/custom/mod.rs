//! A user's `TaskQueue`, with the waiting, the waking and the closing that it leaves to us.

mod backend;
mod source;

use std::time::Instant;

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
    /// How many puts are between their look at `closed` and the end of the queue's own put.
    admitted: AtomicUsize,
    /// How many takes there were: those who wait for room wait for this to change.
    takes: AtomicU64,
    consumers: Mutex<Consumers>,
    room: Condvar,
    budgets: DrainBudgets,
}

/// Who takes from the queue.
#[derive(Default)]
struct Consumers {
    running: Vec<Consumer>,
    /// The workers that the queue was told of.
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
            room: Condvar::new(),
            budgets: DrainBudgets::default(),
        }
    }

    fn try_put(&self, task: T) -> Result<(), (T, PutErrorKind)> {
        let _admission = Admission::new(self);
        if self.closed.load(Ordering::SeqCst) {
            return Err((task, PutErrorKind::Closed));
        }
        self.queue.put(task).map_err(|task| (task, PutErrorKind::Full))
    }

    fn wait_for_take(&self, takes: u64, wait: Wait) -> Result<(), PutErrorKind> {
        let me = thread::current().id();
        let mut consumers = self.consumers.lock();
        if consumers.running.iter().any(|consumer| consumer.thread == me) {
            return Err(PutErrorKind::FromWorker);
        }
        while self.takes.load(Ordering::SeqCst) == takes && !self.closed.load(Ordering::SeqCst) {
            match wait {
                Wait::Until(deadline) => {
                    if self.room.wait_until(&mut consumers, deadline).timed_out()
                        || Instant::now() >= deadline
                    {
                        return Err(PutErrorKind::Timeout);
                    }
                }
                Wait::No | Wait::Forever => self.room.wait(&mut consumers),
            }
        }
        Ok(())
    }

    /// Takes a task; the queue's own code may panic.
    fn take(&self) -> Result<Option<T>, Panic> {
        let task = user_code::call(|| self.queue.take())?;
        if task.is_some() {
            self.takes.fetch_add(1, Ordering::SeqCst);
            // With the lock passed through, one who has seen the old number is asleep.
            drop(self.consumers.lock());
            self.room.notify_all();
        }
        Ok(task)
    }

    /// Whether nothing will be put any more. What was put is in the queue by then.
    fn is_finished(&self) -> bool {
        self.closed.load(Ordering::SeqCst) && self.admitted.load(Ordering::SeqCst) == 0
    }

    fn attach(&self, id: u64, unparker: &Unparker) {
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
        if is_new && let Err(panic) = user_code::call(|| self.queue.subscribe(Waker::new(unparker))) {
            log!(error, %panic, "a queue's subscribe failed");
        }
    }

    fn detach(&self, id: u64) {
        self.budgets.remove(id);
        self.consumers.lock().running.retain(|consumer| consumer.id != id);
    }

    fn wake_consumers(&self) {
        for consumer in &self.consumers.lock().running {
            consumer.unparker.unpark();
        }
    }
}

/// Counts a put in, and out again even when the queue's own put panics. Then it wakes those who take: for the task, or
/// because one that finds the queue closed does not finish while a put is counted in, be it refused.
struct Admission<'a, T: Send + 'static>(&'a CustomQueue<T>);

impl<'a, T: Send + 'static> Admission<'a, T> {
    fn new(queue: &'a CustomQueue<T>) -> Self {
        queue.admitted.fetch_add(1, Ordering::SeqCst);
        Self(queue)
    }
}

impl<T: Send + 'static> Drop for Admission<'_, T> {
    fn drop(&mut self) {
        self.0.admitted.fetch_sub(1, Ordering::SeqCst);
        self.0.wake_consumers();
    }
}
