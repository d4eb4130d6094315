//! A user's `TaskQueue`, with what it leaves to us: waiting, waking and closing.

mod backend;
mod source;

use std::sync::Arc;

use super::backend::PutResult;
use super::consumers::Consumers;
use super::drain::DrainBudgets;
use super::put_error::PutErrorKind;
use super::task_queue::{TaskQueue, Waker};
use crate::failure::Panic;
use crate::sync::AtomicU64;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, Unparker};
use crate::user_code::{self, Guarded};
use crate::wait::Wait;
use crate::wait::wait_list::WaitList;
use crate::wait::waiter::Waiter;

pub(super) struct CustomQueue<T> {
    queue: Guarded<Box<dyn TaskQueue<Task = T>>>,
    closed: AtomicBool,
    /// A copy of what the consumers know, for a quick look.
    failed: AtomicBool,
    /// How many puts are between their check of `closed` and the end of the user's `put`.
    admitted: AtomicUsize,
    /// How many tasks were taken. Producers that wait for room wait for a change of this count.
    takes: AtomicU64,
    workers: Mutex<Workers>,
    budgets: DrainBudgets,
}

/// The workers of the queue, and the producers that wait for room.
#[derive(Default)]
struct Workers {
    consumers: Consumers,
    /// What wakes the workers that take from the queue, by their ids.
    running: Vec<(u64, Unparker)>,
    /// The ids of the workers that `subscribe` was called for.
    subscribed: Vec<u64>,
    not_full: WaitList,
}

impl<T: Send + 'static> CustomQueue<T> {
    pub(super) fn new(queue: impl TaskQueue<Task = T>) -> Self {
        Self {
            queue: Guarded::new(Box::new(queue)),
            closed: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            admitted: AtomicUsize::new(0),
            takes: AtomicU64::new(0),
            workers: Mutex::default(),
            budgets: DrainBudgets::default(),
        }
    }

    /// Tries to put a task, without waiting.
    fn try_put(&self, task: T) -> PutResult<T> {
        let _guard = AdmissionGuard::new(self);
        if self.closed.load(Ordering::SeqCst) {
            return Err((task, PutErrorKind::Closed));
        }
        if self.failed.load(Ordering::SeqCst) {
            return Err((task, PutErrorKind::WorkerFailed));
        }
        self.queue.put(task).map_err(|task| (task, PutErrorKind::Full))
    }

    /// Waits until the count of takes is no longer `takes`, or the queue takes no tasks any more.
    fn wait_for_take(&self, takes: u64, wait: Wait) -> Result<(), PutErrorKind> {
        let waiter = Waiter::new();
        let mut workers = self.workers.lock();
        if workers.consumers.is_calling() {
            return Err(PutErrorKind::FromWorker);
        }
        let mut is_over = false;
        while self.takes.load(Ordering::SeqCst) == takes
            && !self.closed.load(Ordering::SeqCst)
            && !workers.consumers.has_failed()
        {
            if waiter.is_cut() {
                return Err(PutErrorKind::Stopping);
            }
            if is_over {
                return Err(PutErrorKind::Timeout);
            }
            let ticket = workers.not_full.push(waiter.unparker());
            is_over = MutexGuard::unlocked(&mut workers, || waiter.park(wait));
            workers.not_full.remove(ticket);
        }
        Ok(())
    }

    /// Takes no more tasks.
    fn shut(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.wake_producers();
        self.wake_consumers();
    }

    /// Wakes all producers that wait for room.
    fn wake_producers(&self) {
        // Under the lock, a producer that saw what it waits for unchanged is on the list.
        let producers = self.workers.lock().not_full.take();
        producers.unpark();
    }

    /// Takes a task. The user's `take` may panic.
    fn take(&self) -> Result<Option<T>, Panic> {
        let task = user_code::call(|| self.queue.take())?;
        if task.is_some() {
            self.takes.fetch_add(1, Ordering::SeqCst);
            self.wake_producers();
        }
        Ok(task)
    }

    /// Whether there will be no more puts. Every task that was put is in the queue by then.
    fn is_finished(&self) -> bool {
        self.closed.load(Ordering::SeqCst) && self.admitted.load(Ordering::SeqCst) == 0
    }

    fn register_consumer(&self, id: u64, name: &Arc<str>, unparker: &Unparker) {
        let is_new = {
            let mut workers = self.workers.lock();
            workers.consumers.register(id, name);
            workers.running.push((id, unparker.clone()));
            let is_new = !workers.subscribed.contains(&id);
            if is_new {
                workers.subscribed.push(id);
            }
            is_new
        };
        // Outside the lock, because it is user code.
        if is_new && let Err(panic) = user_code::call(|| self.queue.subscribe(Waker::new(unparker))) {
            log!(error, %panic, "a queue's subscribe failed");
        }
    }

    /// A run is ready: a queue that has failed is open again.
    fn reopen(&self, id: u64) {
        let mut workers = self.workers.lock();
        workers.consumers.ready(id);
        self.failed.store(false, Ordering::SeqCst);
    }

    fn unregister_consumer(&self, id: u64, failed: bool) {
        self.budgets.remove(id);
        let producers = {
            let mut workers = self.workers.lock();
            workers.running.retain(|(consumer, _)| *consumer != id);
            let has_failed = workers.consumers.unregister(id, failed);
            if has_failed {
                self.failed.store(true, Ordering::SeqCst);
            }
            has_failed.then(|| workers.not_full.take())
        };
        if let Some(producers) = producers {
            producers.unpark();
        }
    }

    fn wake_consumers(&self) {
        for (_, unparker) in &self.workers.lock().running {
            unparker.unpark();
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
