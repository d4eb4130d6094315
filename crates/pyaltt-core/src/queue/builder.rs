//! The options of queue workers.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::Queue;
use super::handle::BackgroundQueueWorker;
use super::memory::{MemoryQueue, OnDropped};
use super::overflow::Overflow;
use crate::control::stats::Counters;
use crate::error::{BuildError, StartError};
use crate::handle::builder::Builder;

/// Builds a queue worker.
pub type QueueBuilder<T> = Builder<T, QueueOptions<T>>;

/// The options that only queue workers have.
pub struct QueueOptions<T> {
    capacity: Option<usize>,
    overflow: Option<Overflow>,
    on_dropped: Option<OnDropped<T>>,
    /// Makes a queue with another order than first come, first served.
    order: Option<Order<T>>,
    /// An option that asked for a second order.
    second_order: Option<&'static str>,
    external: Option<Queue<T>>,
}

/// An order by the name of its option, and what makes a queue of it.
type Order<T> = (&'static str, fn() -> MemoryQueue<T>);

impl<T> Default for QueueOptions<T> {
    fn default() -> Self {
        Self {
            capacity: None,
            overflow: None,
            on_dropped: None,
            order: None,
            second_order: None,
            external: None,
        }
    }
}

impl<T: Send + 'static> QueueBuilder<T> {
    /// Lets at most `capacity` tasks wait, at least 1; default any number.
    pub fn bounded(mut self, capacity: usize) -> Self {
        self.kind.capacity = Some(capacity);
        self
    }

    /// Sets what a put does when the queue is full; default [`Overflow::Block`]. Needs
    /// [`bounded`](Self::bounded).
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.kind.overflow = Some(overflow);
        self
    }

    /// Sets what is called with a task that [`Overflow::DropOldest`] or [`Overflow::DropNewest`] drops, on the
    /// thread that puts. Default: the task is dropped.
    pub fn on_dropped(mut self, on_dropped: impl Fn(T) + Send + Sync + 'static) -> Self {
        self.kind.on_dropped = Some(Box::new(on_dropped));
        self
    }

    /// Takes the highest task first, and equals in the order of their arrival.
    ///
    /// Tasks are compared on the threads that use the queue, and under no lock. A comparison that panics
    /// counts as equal.
    pub fn priority(self) -> Self
    where
        T: Ord,
    {
        self.ordered("priority", || MemoryQueue::priority(Ord::cmp))
    }

    /// Takes the task that came last first.
    pub fn lifo(self) -> Self {
        self.ordered("lifo", MemoryQueue::lifo)
    }

    /// Takes from a queue that exists already: a crossbeam `Receiver<T>`, a pair of its ends, a [`Queue`], or
    /// any [`TaskQueue`](super::task_queue::TaskQueue). The options of a queue of the worker's own do not go with it.
    pub fn queue(mut self, queue: impl Into<Queue<T>>) -> Self {
        self.kind.external = Some(queue.into());
        self
    }

    fn ordered(mut self, option: &'static str, make: fn() -> MemoryQueue<T>) -> Self {
        match &self.kind.order {
            Some((first, _)) if *first != option => self.kind.second_order = Some(option),
            _ => self.kind.order = Some((option, make)),
        }
        self
    }

    /// Makes the worker, not started.
    ///
    /// # Errors
    ///
    /// A bound of zero or beyond what memory can hold, a policy for overflow without a bound, two orders, and
    /// an external queue together with the options of an own one are refused.
    pub fn build(self) -> Result<BackgroundQueueWorker<T>, BuildError> {
        let Self { common, kind } = self;
        let counters = Counters::new(false, &common.clock);
        let queue = kind.into_queue(&common.name, counters.dropped())?;
        let source = queue.source();
        Ok(BackgroundQueueWorker::new(common.assemble(None, counters, source)?, queue))
    }

    /// Makes the worker and starts it.
    ///
    /// # Errors
    ///
    /// Those of [`build`](Self::build) and those of [`Handle::start`](crate::handle::Handle::start).
    pub fn start(self) -> Result<BackgroundQueueWorker<T>, StartError> {
        let worker = self.build()?;
        worker.start()?;
        Ok(worker)
    }
}

impl<T: Send + 'static> QueueOptions<T> {
    fn into_queue(self, worker: &Arc<str>, dropped: &Arc<AtomicU64>) -> Result<Queue<T>, BuildError> {
        let refuse =
            |option, given: &str, allowed: &str| Err(BuildError::new(worker, option, given, allowed));
        if let (Some((first, _)), Some(second)) = (&self.order, self.second_order) {
            return refuse(second, &format!("set beside {first}"), "one of priority and lifo");
        }
        if let Some(queue) = self.external {
            let own = [
                (self.capacity.is_some(), "bounded"),
                (self.overflow.is_some(), "overflow"),
                (self.on_dropped.is_some(), "on_dropped"),
                (self.order.is_some(), self.order.map_or("", |(option, _)| option)),
            ];
            return match own.iter().find(|(is_set, _)| *is_set) {
                Some((_, option)) => {
                    refuse(option, "set beside queue", "only on a queue of the worker's own")
                }
                None => Ok(queue),
            };
        }
        let queue = self.order.map_or_else(MemoryQueue::fifo, |(_, make)| make());
        match self.capacity {
            Some(capacity @ 1..=MAX_CAPACITY) => Ok(queue
                .bounded(capacity, self.overflow.unwrap_or_default(), self.on_dropped, dropped)
                .into()),
            Some(capacity) => {
                refuse("bounded", &capacity.to_string(), &format!("a number from 1 to {MAX_CAPACITY}"))
            }
            None if self.overflow.is_some() => {
                refuse("overflow", "set on a queue without a bound", "only together with bounded")
            }
            None if self.on_dropped.is_some() => {
                refuse("on_dropped", "set on a queue without a bound", "only together with bounded")
            }
            None => Ok(queue.into()),
        }
    }
}

/// More than this no memory can hold.
const MAX_CAPACITY: usize = isize::MAX.unsigned_abs();

impl<T> fmt::Debug for QueueOptions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueOptions")
            .field("bounded", &self.capacity)
            .field("overflow", &self.overflow)
            .field("order", &self.order.map(|(option, _)| option))
            .field("queue", &self.external)
            .finish_non_exhaustive()
    }
}
