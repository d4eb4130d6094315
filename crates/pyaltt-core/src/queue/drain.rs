//! Where the drain of a worker ends, for queues that cannot set tasks apart.

use std::sync::Arc;

use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sync::{Mutex, thread};

/// The takes of one worker. A drain ends when there are so many more of them as tasks were queued when it began. So it ends
/// however many tasks are put meanwhile, and if other workers take some of those that it stands for, it takes no more than
/// that number of later ones.
#[derive(Debug, Default)]
pub(super) struct Takes {
    /// Whether it takes a task right now, or looks for one.
    is_taking: AtomicBool,
    taken: AtomicUsize,
}

impl Takes {
    /// How often a drain waits for the end of a take. No take lasts so long but one that itself waits for the drain.
    const PATIENCE: usize = 1000;

    /// Calls `take`, and counts it if it has `taken` a task.
    pub(super) fn count<R>(&self, take: impl FnOnce() -> R, has_taken: impl FnOnce(&R) -> bool) -> R {
        // Before the take, and the count before the end: who sees what the take has done to the queue sees one of them.
        self.is_taking.store(true, Ordering::SeqCst);
        let result = take();
        if has_taken(&result) {
            self.add_one();
        }
        self.is_taking.store(false, Ordering::SeqCst);
        result
    }

    /// Counts a take that is over.
    pub(super) fn add_one(&self) {
        // Only the worker's own thread writes it.
        self.taken.store(self.taken.load(Ordering::SeqCst).wrapping_add(1), Ordering::SeqCst);
    }

    /// Takes back the count of takes whose tasks went back to the queue, to be taken again.
    pub(super) fn take_back(&self, takes: usize) {
        // Only the worker's own thread writes it.
        self.taken.store(self.taken.load(Ordering::SeqCst).wrapping_sub(takes), Ordering::SeqCst);
    }

    /// How many takes there will have been after as many more as `queued` says now.
    fn after<E>(&self, queued: impl Fn() -> Result<usize, E>) -> Result<usize, E> {
        for _ in 0..Self::PATIENCE {
            let taken = self.taken.load(Ordering::SeqCst);
            if !self.is_taking.load(Ordering::SeqCst) {
                let limit = taken.wrapping_add(queued()?);
                // In this order, because a take is counted before its end.
                if !self.is_taking.load(Ordering::SeqCst) && self.taken.load(Ordering::SeqCst) == taken {
                    return Ok(limit);
                }
            }
            thread::yield_now();
        }
        Ok(self.taken.load(Ordering::SeqCst).wrapping_add(queued()?))
    }

    /// How many takes there may be until `limit`. The count wraps around; a limit that has been passed is far away.
    fn until(&self, limit: usize) -> usize {
        let left = limit.wrapping_sub(self.taken.load(Ordering::SeqCst));
        isize::try_from(left).map_or(0, isize::unsigned_abs)
    }
}

/// The takes of the workers of a queue, and where the drain of each ends.
#[derive(Debug, Default)]
pub(super) struct Drains(Mutex<Vec<Entry>>);

#[derive(Debug)]
struct Entry {
    worker: u64,
    takes: Arc<Takes>,
    /// `None` if it was not told to drain, or the run that was has ended.
    limit: Option<usize>,
}

impl Drains {
    pub(super) fn takes(&self, worker: u64) -> Arc<Takes> {
        self.with(worker, |entry| Arc::clone(&entry.takes))
    }

    /// Lets a drain of `worker` take as many tasks as `queued` says. It is called outside the lock, and may be user code.
    pub(super) fn begin<E>(&self, worker: u64, queued: impl Fn() -> Result<usize, E>) -> Result<(), E> {
        let limit = self.takes(worker).after(queued)?;
        self.with(worker, |entry| entry.limit = Some(limit));
        Ok(())
    }

    /// How many tasks the drain of `worker` may still take. The run before this one may have ended between the two steps of
    /// the drain and taken the limit along. Then this one counts what is `queued` now.
    pub(super) fn left_or_begin<E>(
        &self,
        worker: u64,
        queued: impl Fn() -> Result<usize, E>,
    ) -> Result<usize, E> {
        let left = || self.with(worker, |entry| entry.limit.map(|limit| entry.takes.until(limit)));
        if let Some(left) = left() {
            return Ok(left);
        }
        self.begin(worker, queued)?;
        Ok(left().unwrap_or(0))
    }

    /// How many tasks the drain of `worker` may still take.
    pub(super) fn left(&self, worker: u64) -> usize {
        self.with(worker, |entry| entry.limit.map_or(0, |limit| entry.takes.until(limit)))
    }

    /// Ends the drain of `worker`, because nothing is left. Others took what is missing, so what comes now is not left by
    /// the drain.
    pub(super) fn end(&self, worker: u64) {
        self.with(worker, Entry::end);
    }

    /// Ends all drains, because the tasks that they stood for were taken out of the queue.
    pub(super) fn end_all(&self) {
        self.0.lock().iter_mut().for_each(Entry::end);
    }

    /// The run of `worker` has ended.
    pub(super) fn forget(&self, worker: u64) {
        self.with(worker, |entry| entry.limit = None);
    }

    /// The worker is gone for good.
    pub(super) fn remove(&self, worker: u64) {
        self.0.lock().retain(|entry| entry.worker != worker);
    }

    fn with<R>(&self, worker: u64, work: impl FnOnce(&mut Entry) -> R) -> R {
        let mut entries = self.0.lock();
        let index = entries.iter().position(|entry| entry.worker == worker).unwrap_or_else(|| {
            entries.push(Entry { worker, takes: Arc::default(), limit: None });
            entries.len() - 1
        });
        work(&mut entries[index])
    }
}

impl Entry {
    fn end(&mut self) {
        if self.limit.is_some() {
            self.limit = Some(self.takes.taken.load(Ordering::SeqCst));
        }
    }
}
