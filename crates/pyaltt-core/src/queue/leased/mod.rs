//! A [`LeasedQueue`], with what it leaves to us: waiting, draining and closing.
//!
//! - [`source`], [`backend`]: the workers' side, and the producers'.
//!
//! The queue itself wakes a worker for tasks. Here workers are woken only by a close and by control.
//!
//! # Where a drain and a closed queue end
//!
//! Other processes go on putting, so nobody can tell that a store is empty, only that a look has found nothing. An `Empty`
//! tells of a look that began after the worker's `take` before it. So a drain ends by the second `take` after it began,
//! or a later one: the look before it saw everything that was put before the drain. Or it ends when so many tasks were
//! taken as were ready when it began. The same holds for the end of a queue that was closed.

mod backend;
mod source;

use super::drain::Drains;
use super::leased_queue::{LeasedQueue, Take};
use crate::failure::{Panic, WorkerError};
use crate::lease::Lease;
use crate::lease::info::TaskInfo;
use crate::lease::settlement::Settlement;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, Unparker};
use crate::user_code::{self, Guarded};
use crate::worker::lender::Lender;

pub(super) struct LendingQueue<T> {
    queue: Guarded<Box<dyn LeasedQueue<Task = T>>>,
    closed: AtomicBool,
    /// The workers whose runs take from it, to wake them at the close.
    workers: Mutex<Vec<(u64, Unparker)>>,
    drains: Drains,
}

impl<T: Send + 'static> LendingQueue<T> {
    pub(super) fn new(queue: impl LeasedQueue<Task = T>) -> Self {
        Self {
            queue: Guarded::new(Box::new(queue)),
            closed: AtomicBool::new(false),
            workers: Mutex::default(),
            drains: Drains::default(),
        }
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    // The flag is stored before the workers are woken, and a worker reads it after each park and before the next one.
    fn shut(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let workers: Vec<_> = self.workers.lock().iter().map(|(_, unparker)| unparker.clone()).collect();
        for unparker in workers {
            unparker.unpark();
        }
    }

    fn join(&self, worker: u64, unparker: &Unparker) {
        self.workers.lock().push((worker, unparker.clone()));
    }

    fn part(&self, worker: u64) {
        self.workers.lock().retain(|(other, _)| *other != worker);
    }

    fn take(&self, worker: u64, max: usize) -> Result<Take<T>, Panic> {
        user_code::call(|| self.queue.take(worker, max))
    }

    fn rest(&self, worker: u64) -> Result<(), Panic> {
        user_code::call(|| self.queue.rest(worker))
    }

    fn drain_limit(&self) -> Result<usize, Panic> {
        user_code::call(|| self.queue.drain_limit())
    }
}

impl<T: Send + 'static> Lender for LendingQueue<T> {
    fn settle(&self, settlements: Vec<(Lease, Settlement)>) {
        let settle = || match <[_; 1]>::try_from(settlements) {
            Ok([(lease, settlement)]) => self.queue.settle(lease, settlement),
            Err(several) => self.queue.settle_all(several),
        };
        if let Err(panic) = user_code::call(settle) {
            log_often!(error, %panic, "a queue's settle failed");
        }
    }

    fn judge(&self, error: &WorkerError, info: &TaskInfo) -> Option<Settlement> {
        user_code::call(|| self.queue.judge(error, info)).unwrap_or_else(|panic| {
            log_often!(error, %panic, "a queue's judge failed");
            None
        })
    }
}
