//! The queue in memory: two locks, so that producers and consumer seldom meet.
//!
//! Producers add to the *tail*. The consumer takes from the *head*, and only when the head is empty does it
//! swap the two, so it meets the producers once a batch and not once a task. The closed flag, the bound and
//! the list of sleeping consumers stand under the tail's lock: that a task is admitted and that it is in the
//! queue is one step, so no put succeeds after [`MemoryQueue::close`] has returned, and no consumer lies down
//! between a producer's look at the list and its task.
//!
//! Where both locks are held, the head's was taken first. No code of a user runs under either: dropped tasks
//! are handed out first, and a queue by priority compares its tasks off the shelf.

use std::collections::VecDeque;
use std::fmt;
use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::Instant;

use crossbeam_utils::CachePadded;
use crossbeam_utils::sync::Unparker;
use parking_lot::{Condvar, Mutex, MutexGuard};

use super::shelf::{Compare, Heap, Shelf};
use super::{Overflow, PutErrorKind, Room};
use crate::guard;

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
    Ranked(Shelf<T>),
}

/// Whether a consumer may sleep.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bed {
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
        Self::new(Head::Ranked(Shelf::new(compare)))
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

    // ----- producers -----

    pub(crate) fn put(&self, task: T, room: Room) -> Result<(), Refused<T>> {
        let mut tail = self.tail.lock();
        if let Some(capacity) = self.capacity {
            while !tail.closed && !self.has_room(&mut tail, capacity) {
                tail = match (self.overflow, room) {
                    (Overflow::DropNewest, _) => {
                        drop(tail);
                        self.drop_task(task);
                        return Ok(());
                    }
                    (Overflow::DropOldest, _) => {
                        drop(tail);
                        if let Some(oldest) = self.take_oldest() {
                            self.drop_task(oldest);
                        }
                        self.tail.lock()
                    }
                    (Overflow::Reject, _) | (Overflow::Block, Room::Now) => {
                        return Err((task, PutErrorKind::Full));
                    }
                    (Overflow::Block, Room::Until(_) | Room::Whenever) => {
                        match self.wait_for_room(tail, capacity, room) {
                            Ok(tail) => tail,
                            Err(kind) => return Err((task, kind)),
                        }
                    }
                };
            }
        }
        if tail.closed {
            return Err((task, PutErrorKind::Closed));
        }
        tail.arrivals.push_back(task);
        // Whoever decides by it, to sleep or to finish, reads it under the lock; others may see it late.
        self.pushed.store(self.pushed.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        let sleeper = tail.sleepers.pop();
        let others_wait = self.waiting.load(Ordering::SeqCst) > 0;
        let pass_on = others_wait && self.capacity.is_some_and(|capacity| self.has_room(&mut tail, capacity));
        drop(tail);
        if let Some((_, sleeper)) = sleeper {
            sleeper.unpark();
        }
        if pass_on {
            self.call_producer();
        }
        Ok(())
    }

    fn has_room(&self, tail: &mut Tail<T>, capacity: usize) -> bool {
        let pushed = self.pushed.load(Ordering::Relaxed);
        if pushed.wrapping_sub(tail.taken) >= capacity {
            tail.taken = self.taken.load(Ordering::SeqCst);
        }
        pushed.wrapping_sub(tail.taken) < capacity
    }

    /// Waits until there may be room, first awake and then asleep.
    fn wait_for_room<'a>(
        &'a self,
        mut tail: MutexGuard<'a, Tail<T>>,
        capacity: usize,
        room: Room,
    ) -> Result<MutexGuard<'a, Tail<T>>, PutErrorKind> {
        let me = thread::current().id();
        if tail.consumers.iter().any(|(_, thread)| *thread == me) {
            return Err(PutErrorKind::FromWorker);
        }
        let found_awake = MutexGuard::unlocked(&mut tail, || self.watch_for_room(capacity));
        if found_awake {
            return Ok(tail);
        }
        // Counted before the last look: a consumer counts its take before it looks here, so one of the two
        // sees the other.
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut timed_out = false;
        if self.len() >= capacity && !tail.closed {
            match room {
                Room::Until(deadline) => {
                    timed_out =
                        self.room.wait_until(&mut tail, deadline).timed_out() || Instant::now() >= deadline;
                }
                Room::Now | Room::Whenever => self.room.wait(&mut tail),
            }
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        self.called.store(false, Ordering::SeqCst);
        if timed_out && self.len() >= capacity && !tail.closed {
            return Err(PutErrorKind::Timeout);
        }
        Ok(tail)
    }

    /// Looks for room for some microseconds, for a busy consumer makes some before a sleep would have begun.
    ///
    /// It looks seldom, and at first for more room than it needs: a producer that fills each gap as it opens
    /// meets the consumer at every task.
    fn watch_for_room(&self, capacity: usize) -> bool {
        let plenty = (capacity / 4).clamp(1, 128);
        for round in 0..60 {
            let room = capacity.saturating_sub(self.len());
            if room >= plenty || (round >= 20 && room > 0) {
                return true;
            }
            if round < 20 {
                (0..40).for_each(|_| hint::spin_loop());
            } else {
                thread::yield_now();
            }
        }
        false
    }

    fn drop_task(&self, task: T) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        match &self.on_dropped {
            Some(on_dropped) => {
                if let Err(panic) = guard::call(|| on_dropped(task)) {
                    tracing::error!(%panic, "on_dropped failed");
                }
            }
            None => guard::discard(task),
        }
    }

    /// Takes the task that was put first of all.
    fn take_oldest(&self) -> Option<T> {
        let task = match &*self.head {
            Head::Fifo(head) | Head::Lifo(head) => {
                let mut head = head.lock();
                head.pop_front().or_else(|| self.tail.lock().arrivals.pop_front())
            }
            Head::Ranked(ranks) => {
                let task = ranks.with(Heap::take_oldest).flatten();
                task.or_else(|| self.tail.lock().arrivals.pop_front())
            }
        };
        self.took(usize::from(task.is_some()));
        task
    }

    // ----- consumers -----

    /// Takes the next task.
    // While the head has tasks, nothing that producers write to is looked at: their cache lines stay theirs.
    pub(crate) fn take(&self) -> Option<T> {
        let task = match &*self.head {
            Head::Fifo(head) => {
                let mut head = head.lock();
                if head.is_empty() && !self.is_empty() {
                    std::mem::swap(&mut *head, &mut self.tail.lock().arrivals);
                }
                head.pop_front()
            }
            _ if self.is_empty() => None,
            Head::Lifo(head) => {
                let newest = self.tail.lock().arrivals.pop_back();
                newest.or_else(|| head.lock().pop_back())
            }
            Head::Ranked(ranks) => ranks
                .with(|heap| {
                    heap.add(self.take_arrivals());
                    heap.take_highest()
                })
                .flatten(),
        };
        self.took(usize::from(task.is_some()));
        task
    }

    /// Sets what waits now apart, for [`take_frozen`](Self::take_frozen).
    pub(crate) fn freeze(&self) {
        match &*self.head {
            Head::Fifo(head) | Head::Lifo(head) => {
                let mut head = head.lock();
                head.append(&mut self.tail.lock().arrivals);
            }
            Head::Ranked(ranks) => {
                ranks.with(|heap| heap.add(self.take_arrivals()));
            }
        }
    }

    /// Takes the next of those that were set apart.
    pub(crate) fn take_frozen(&self) -> Option<T> {
        let task = match &*self.head {
            Head::Fifo(head) => head.lock().pop_front(),
            Head::Lifo(head) => head.lock().pop_back(),
            Head::Ranked(ranks) => ranks.with(Heap::take_highest).flatten(),
        };
        self.took(usize::from(task.is_some()));
        task
    }

    /// Takes all, in the order in which they would have run.
    pub(crate) fn take_all(&self) -> Vec<T> {
        let tasks: Vec<T> = match &*self.head {
            Head::Fifo(head) => {
                let mut head = head.lock();
                let arrivals = self.take_arrivals();
                head.drain(..).chain(arrivals).collect()
            }
            Head::Lifo(head) => {
                let mut head = head.lock();
                let arrivals = self.take_arrivals();
                arrivals.into_iter().rev().chain(head.drain(..).rev()).collect()
            }
            Head::Ranked(ranks) => {
                let sorted = ranks.with(|heap| {
                    heap.add(self.take_arrivals());
                    heap.take_all()
                });
                sorted.unwrap_or_else(|| self.take_arrivals().into())
            }
        };
        self.took(tasks.len());
        tasks
    }

    fn take_arrivals(&self) -> VecDeque<T> {
        std::mem::take(&mut self.tail.lock().arrivals)
    }

    /// Counts tasks that have left, and wakes producers that wait for the room they made.
    fn took(&self, count: usize) {
        if count == 0 {
            return;
        }
        self.taken.fetch_add(count, Ordering::SeqCst);
        if self.capacity.is_some() {
            self.call_producer();
        }
    }

    /// Wakes a producer that waits for room, unless one is on its way already.
    fn call_producer(&self) {
        let is_wanted = || self.waiting.load(Ordering::SeqCst) > 0 && !self.called.load(Ordering::SeqCst);
        if is_wanted() {
            // Under the lock, one that has counted itself is asleep, or on its way out of its sleep; in either
            // case it takes the call back when it is awake.
            let tail = self.tail.lock();
            if is_wanted() {
                self.called.store(true, Ordering::SeqCst);
                drop(tail);
                self.room.notify_one();
            }
        }
    }

    pub(crate) fn attach(&self, id: u64) {
        self.tail.lock().consumers.push((id, thread::current().id()));
    }

    pub(crate) fn detach(&self, id: u64) {
        self.tail.lock().consumers.retain(|(consumer, _)| *consumer != id);
        self.pass_on();
    }

    /// Puts a consumer on the list of those that a put wakes, unless there is something to take.
    pub(crate) fn lie_down(&self, id: u64, unparker: &Unparker) -> Bed {
        let mut tail = self.tail.lock();
        if !self.is_empty() {
            return Bed::TasksCame;
        }
        if tail.closed {
            return Bed::NoMoreTasks;
        }
        tail.sleepers.push((id, unparker.clone()));
        Bed::Taken
    }

    /// Takes a consumer off the list, if it was woken by something else than a put.
    pub(crate) fn get_up(&self, id: u64) {
        self.tail.lock().sleepers.retain(|(sleeper, _)| *sleeper != id);
    }

    /// A consumer that leaves may have been woken for a task that it did not take: wakes another one for it.
    fn pass_on(&self) {
        let sleeper = if self.is_empty() { None } else { self.tail.lock().sleepers.pop() };
        if let Some((_, sleeper)) = sleeper {
            sleeper.unpark();
        }
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
            guard::discard(task);
        }
    }
}

impl<T> fmt::Debug for MemoryQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryQueue").field("len", &self.len()).finish_non_exhaustive()
    }
}
