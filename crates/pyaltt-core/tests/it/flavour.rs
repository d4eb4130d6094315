//! Every flavour of queue, for tests of what holds for all of them.

use pyaltt_core::{BackgroundQueueWorker, QueueBuilder, crossbeam_channel, queue};
use testkit::os_thread::OsThread;
use testkit::{DequeQueue, Probe, Turnstile};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    Fifo,
    Lifo,
    Priority,
    Channel,
    Custom,
}

impl Flavour {
    pub(crate) const ALL: [Self; 5] = [Self::Fifo, Self::Lifo, Self::Priority, Self::Channel, Self::Custom];

    /// Gives the builder a queue of this flavour that holds `capacity` tasks.
    pub(crate) fn bounded<T>(self, builder: QueueBuilder<T>, capacity: usize) -> QueueBuilder<T>
    where
        T: Ord + Send + 'static,
    {
        match self {
            Self::Fifo => builder.bounded(capacity),
            Self::Lifo => builder.lifo().bounded(capacity),
            Self::Priority => builder.priority().bounded(capacity),
            Self::Channel => builder.queue(crossbeam_channel::bounded(capacity)),
            Self::Custom => builder.queue(DequeQueue::bounded(capacity)),
        }
    }

    /// Gives the builder a queue of this flavour without a bound.
    pub(crate) fn unbounded<T>(self, builder: QueueBuilder<T>) -> QueueBuilder<T>
    where
        T: Ord + Send + 'static,
    {
        match self {
            Self::Fifo => builder,
            Self::Lifo => builder.lifo(),
            Self::Priority => builder.priority(),
            Self::Channel => builder.queue(crossbeam_channel::unbounded()),
            Self::Custom => builder.queue(DequeQueue::unbounded()),
        }
    }

    /// Returns a worker that has not been started, with a full queue of one task, 0.
    pub(crate) fn full(self, name: &str) -> BackgroundQueueWorker<u32> {
        let worker = self.bounded(queue(|_task: u32, _cx| ()), 1).name(name).build().unwrap();
        worker.put(0).unwrap();
        worker
    }

    /// Returns a worker that is held in its first turn, with the tasks from 1 to `pending` in its queue. Each of its
    /// turns passes the turnstile.
    pub(crate) fn held(self, pending: u32) -> (BackgroundQueueWorker<u32>, Turnstile) {
        let turnstile = Turnstile::new();
        let pass = turnstile.clone();
        let worker = self.unbounded(queue(move |_task: u32, _cx| pass.pass())).name("held").start().unwrap();
        worker.put(0).unwrap();
        turnstile.wait();
        (1..=pending).for_each(|task| worker.put(task).unwrap());
        (worker, turnstile)
    }
}

/// Waits until the next thread that shows itself in the probe is asleep.
pub(crate) fn wait_until_asleep(threads: &Probe<OsThread>) {
    let thread = threads.next();
    wait_until_thread_is_asleep(&thread);
}

pub(crate) fn wait_until_thread_is_asleep(thread: &OsThread) {
    while !thread.is_asleep() {
        std::thread::yield_now();
    }
}
