//! The queue in memory: two locks, so that producers and consumer seldom meet.
//!
//! Producers add to the *tail*. The consumer takes from the *head*, and only when the head is empty does it
//! swap the two, so it meets the producers once a batch and not once a task. The closed flag, the bound and
//! the list of sleeping consumers stand under the tail's lock.
//!
//! Where both locks are held, the head's was taken first. No code of a user runs under either: dropped tasks
//! are handed out first, and a queue by priority compares its tasks under none.
//!
//! # Why no task is lost
//!
//! A task is at every moment in one place: with its producer, in the tail, in the head, or with who took it out; it
//! goes from one to the next under the locks of both.
//!
//! - To admit a task, which is to see the queue open and with room, and to have it in the tail is one step under the
//!   tail's lock, as is to close. So each put is before the close, and then its task is in the queue when
//!   [`MemoryQueue::close`] returns, or after it, and then it is handed back.
//! - A consumer says that there are no more tasks only under the tail's lock, and when the queue is closed and its
//!   count is zero: all that was admitted has left.
//! - A task is counted in and out under the lock under which it comes and goes. So where nothing is found, nothing is
//!   counted, and those who go by the count (a consumer before it sleeps, a producer that looks for room) never wait
//!   awake for another thread to catch up.
//! - A run looks at its control word before it takes a task and never between a take and its turn, so a task that was
//!   taken is run.
//!
//! # Why no wake-up is lost
//!
//! A consumer that finds nothing looks once more, under the tail's lock, and puts itself on the list under the same
//! lock; then it parks. A producer adds its task and takes one sleeper off the list under that lock; then it unparks
//! it. One of the two was first: either the consumer sees the task and does not lie down, or the producer sees a
//! sleeper. An unpark that comes before the park is kept by the parker. After each park the consumer leaves the list
//! and looks at everything again.
//!
//! A producer wakes one sleeper for each task. It takes the task, or finds that another one was faster, or leaves
//! since its run ends: then it wakes the next one in its place (`wake_next`), unless the queue is empty. A close takes
//! all sleepers off the list as it closes, and wakes them. A stop does not go by the list; see `control/stop_signal.rs`.
//!
//! # Why no producer waits for ever
//!
//! A producer counts itself as waiting and then looks at the count of the tasks that have left; a consumer counts
//! what leaves and then looks at the count of those who wait. Both are sequentially consistent, so one of the two sees
//! the other. The consumer calls under the tail's lock: there, one who has counted itself sleeps or is awake already.
//!
//! One call at a time: who is called takes the call back when it is awake, and until then room that is made calls
//! nobody. So it has to answer for that room. If there is more than its own task needs, its put calls the next one; if
//! there is none, or its time is over and the queue is full, there is nothing to call for; and if the queue was closed,
//! all were called.
//!
//! The models in `models/` check each of these under schedules of a model checker's choice.

mod backend;
mod priority_heap;
mod put;
mod source;
mod take;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crossbeam_utils::CachePadded;

use super::overflow::Overflow;
use super::put_error::PutErrorKind;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sync::thread::ThreadId;
use crate::sync::{Condvar, Mutex, Unparker};
use crate::user_code;
use priority_heap::{Compare, PriorityHeap};

pub(crate) struct MemoryQueue<T> {
    tail: CachePadded<Mutex<Tail<T>>>,
    head: CachePadded<Head<T>>,
    /// How many tasks were ever put; written under the tail's lock. Counts wrap around.
    pushed: CachePadded<AtomicUsize>,
    /// How many tasks have left, by a take or an eviction.
    taken: CachePadded<AtomicUsize>,
    /// How many producers wait for room.
    waiting: AtomicUsize,
    /// Whether one of them was called and is not awake yet. While it is, room that is made needs no other call:
    /// the one that was called passes the call on when there is room left behind it.
    called: AtomicBool,
    room: Condvar,
    capacity: Option<usize>,
    overflow: Overflow,
    on_dropped: Option<OnDropped<T>>,
    dropped: Arc<AtomicU64>,
}

pub(crate) type OnDropped<T> = Box<dyn Fn(T) + Send + Sync>;

struct Tail<T> {
    arrivals: VecDeque<T>,
    /// How many tasks had left when a producer last looked; it looks again only when that leaves no room.
    taken: usize,
    closed: bool,
    sleepers: Vec<(u64, Unparker)>,
    /// The workers that take from this queue, and their threads.
    consumers: Vec<(u64, ThreadId)>,
}

enum Head<T> {
    /// First come, first served.
    Fifo(Mutex<VecDeque<T>>),
    /// Last come, first served: taken from the tail, so this holds only what a drain has set apart.
    Lifo(Mutex<VecDeque<T>>),
    /// By priority.
    Ranked(PriorityHeap<T>),
}

/// Whether a consumer may sleep.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ParkDecision {
    Taken,
    TasksCame,
    NoMoreTasks,
}

type Refused<T> = (T, PutErrorKind);

impl<T> MemoryQueue<T> {
    pub(crate) fn fifo() -> Self {
        Self::new(Head::Fifo(Mutex::default()))
    }

    pub(crate) fn lifo() -> Self {
        Self::new(Head::Lifo(Mutex::default()))
    }

    pub(crate) fn priority(compare: Compare<T>) -> Self {
        Self::new(Head::Ranked(PriorityHeap::new(compare)))
    }

    fn new(head: Head<T>) -> Self {
        let tail = Tail {
            arrivals: VecDeque::new(),
            taken: 0,
            closed: false,
            sleepers: Vec::new(),
            consumers: Vec::new(),
        };
        Self {
            tail: CachePadded::new(Mutex::new(tail)),
            head: CachePadded::new(head),
            pushed: CachePadded::default(),
            taken: CachePadded::default(),
            waiting: AtomicUsize::new(0),
            called: AtomicBool::new(false),
            room: Condvar::new(),
            capacity: None,
            overflow: Overflow::Block,
            on_dropped: None,
            dropped: Arc::default(),
        }
    }

    pub(crate) fn bounded(
        mut self,
        capacity: usize,
        overflow: Overflow,
        on_dropped: Option<OnDropped<T>>,
        dropped: &Arc<AtomicU64>,
    ) -> Self {
        self.dropped = Arc::clone(dropped);
        self.capacity = Some(capacity);
        self.overflow = overflow;
        self.on_dropped = on_dropped;
        self
    }

    pub(crate) fn len(&self) -> usize {
        // In this order a task that passes through in between makes the length larger, never negative.
        let taken = self.taken.load(Ordering::SeqCst);
        self.pushed.load(Ordering::SeqCst).wrapping_sub(taken)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn close(&self) {
        let sleepers = {
            let mut tail = self.tail.lock();
            tail.closed = true;
            std::mem::take(&mut tail.sleepers)
        };
        self.room.notify_all();
        for (_, sleeper) in sleepers {
            sleeper.unpark();
        }
    }
}

impl<T> Drop for MemoryQueue<T> {
    fn drop(&mut self) {
        // One by one, so that a destructor that panics keeps no other from running.
        for task in self.take_all() {
            user_code::discard(task);
        }
    }
}

impl<T> fmt::Debug for MemoryQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryQueue").field("len", &self.len()).finish_non_exhaustive()
    }
}
