//! The in-memory queue: two locks, so that producers and consumers rarely meet.
//!
//! - [`put`]: admission and the overflow policies; [`dropping`]: dropping a task; [`room`]: waiting for room, and
//!   [`futures`] that do so without a thread.
//! - [`take`], [`drain`]: the consumers' side; [`source`]: the turns of a worker.
//! - [`priority_heap`], [`tracked_heap`]: tasks by priority. [`memory_use`]: giving memory back.
//!
//! Producers push onto the *tail*. A consumer pops from the *head*, and swaps the two only when the head is empty, so
//! it meets the producers once per batch rather than once per task. The tail's lock also protects the state, the books
//! on room, and the lists of those who sleep.
//!
//! The lock order is head before tail. No user code runs under either lock: dropped tasks are moved out first, and a
//! priority queue compares its tasks while the heap is lent out (see [`priority_heap`]).
//!
//! # Why no task is lost
//!
//! At every moment a task is in exactly one place: with its producer, in the tail, in the head, or with whoever took
//! it. It moves from one place to the next under the locks of both.
//!
//! - Admission (seeing the queue open and with room, then pushing the task) is a single step under the tail's lock,
//!   and so is closing. Each put therefore comes either before the close, and its task is in the queue when
//!   [`MemoryQueue::close`] returns, or after it, and its task is handed back.
//! - A task that tells of the end of another worker comes past the bound (`put_past_bound`), in the same single step, but it
//!   looks only whether the queue is closed. All that asks for room goes by the number of queued tasks, and the books on
//!   room say no more than there is: a queue over its bound has none until enough tasks have left.
//! - A consumer reports the end of the queue only under the tail's lock, when the queue is closed and its count is
//!   zero. By then every admitted task has left.
//! - A task is counted in and out under the lock that it moves under. So whoever finds no task finds none counted
//!   either, and code that goes by the count (a consumer before it sleeps, a producer looking for room) never spins
//!   until another thread catches up.
//! - A run checks its stop signal before it takes a task, and never between the take and the turn. So every task that
//!   is taken is run.
//!
//! # Why no wake-up is lost
//!
//! A consumer that finds nothing checks again under the tail's lock and registers as a sleeper under that same lock;
//! then it parks. A producer pushes its task and pops one sleeper under that lock; then it unparks the sleeper. One of
//! the two critical sections comes first: either the consumer sees the task and does not park, or the producer sees
//! the sleeper. The parker remembers an unpark that arrives before the park. After every park the consumer unregisters
//! and checks everything again.
//!
//! A producer wakes one sleeper per task. That sleeper takes the task, finds that another consumer was faster, or
//! leaves because its run ends. In the last case it wakes the next sleeper in its place (`wake_next`) before it runs its
//! stop hooks, unless the queue is empty. A close removes all sleepers in the step that closes the queue, and then wakes
//! them. A stop does not use the list; see `control/stop_signal.rs`.
//!
//! # Why no producer waits forever
//!
//! A *patient* producer (see [`room`]) sleeps for a limited time, so nothing depends on whether it is woken.
//!
//! An *eager* producer counts itself as such and then reads the count of taken tasks. A consumer counts the tasks it
//! takes and then reads the count of eager producers. One of the two sees the other: in a FIFO queue the consumer does
//! both after it has locked the head, and the producer locks the head in between; in the other queues all four accesses
//! are sequentially consistent. The consumer decides to wake a producer under the tail's lock: there, every producer
//! that has counted itself is either asleep or awake again.
//!
//! A producer puts itself on a list under the tail's lock, where a consumer takes the first one off to wake it.
//!
//! At most one wake-up of a thread is pending at a time. The woken producer clears the flag once it is awake; until then,
//! newly made room wakes nobody. So the woken producer answers for that room. If there is more of it than its own task
//! needs, its put wakes the next producer. If there is none, or it has timed out and the queue is full, there is
//! nothing to wake anyone for. And if the queue was closed or has failed,
//! everyone was woken. A future waits in the same list, but nobody relies on one that was called; see [`futures`].
//!
//! # Why a drain ends, and runs what it has to
//!
//! See [`drain`].
//!
//! # Why two weaker orderings are enough
//!
//! The models take every atomic for sequentially consistent, so what is weaker needs an argument of its own. There are
//! two such accesses, both stores of a count that only the holder of a lock writes: `pushed`, under the tail's lock, and
//! in a FIFO queue `taken`, under the head's lock.
//!
//! - A count never runs ahead, so a stale value is too small. Whoever decides to sleep, or that the queue has ended,
//!   reads both under the tail's lock. There `pushed` is exact, because its writers held that lock before. If `taken` is
//!   stale, the queue looks fuller than it is, and the consumer checks again. If the two are equal, both are exact.
//! - A consumer that looks at `pushed` without the lock may see it too small and take the queue for empty. Then it goes
//!   on to the decision above.
//! - A producer that looks for room may see `taken` too small and take the queue for full. Then it goes on to wait, and
//!   locks the head before it decides to sleep without a limit; after that no take before it is unseen. One that sleeps with
//!   pauses looks again after the next one.
//! - `wake_next` looks without the lock as well. It is called by a consumer that was woken, so the put that woke it, with
//!   its store of `pushed`, happened before: the producer unparked it after that, or released the lock that the consumer
//!   has taken since.
//!
//! The models in `models/` check each of these claims under schedules that a model checker chooses.

mod arrivals;
mod backend;
mod comparison;
mod drain;
mod drain_marks;
mod dropping;
mod futures;
mod memory_use;
mod pending;
mod priority_heap;
mod put;
mod room;
mod source;
mod take;
mod tracked_heap;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use crossbeam_utils::CachePadded;

use super::consumers::Consumers;
use super::overflow::Overflow;
use crate::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use crate::sync::counter::AtomicU64;
use crate::sync::{ShortLock, Unparker};
use crate::user_code;
use crate::wait::bet::Bet;
use crate::wait::call::Call;
use crate::wait::wait_list::{WaitList, Woken};
use comparison::Compare;
use drain_marks::DrainMarks;
use priority_heap::PriorityHeap;

pub(crate) struct MemoryQueue<T> {
    tail: CachePadded<ShortLock<Tail<T>>>,
    head: CachePadded<Head<T>>,
    /// How many tasks were ever pushed; written under the tail's lock. Both counts wrap around.
    pushed: CachePadded<AtomicUsize>,
    /// How many tasks have left, whether taken by a consumer or evicted by a producer.
    taken: CachePadded<AtomicUsize>,
    /// How many threads are on the list `not_full`.
    waiting_producers: AtomicUsize,
    /// How many of those that wait are to be woken for the first free place: threads, and every future on that list.
    eager_producers: AtomicUsize,
    /// How many futures have a place in the line, whether they are on that list or were called.
    futures_in_line: AtomicUsize,
    /// Whether a producer was woken and is not awake yet: one of the values in [`pending`]. Until a thread is, newly made
    /// room needs no other wake-up: the woken producer wakes the next one if it leaves room behind.
    wakeup_pending: AtomicU8,
    capacity: Option<usize>,
    /// When no more tasks than this are left, most of the bound is free. `None` if no producer is patient.
    low_water: Option<usize>,
    overflow: Overflow,
    on_dropped: Option<OnDropped<T>>,
    dropped: Arc<AtomicU64>,
    drains: DrainMarks,
}

pub(crate) type OnDropped<T> = Box<dyn Fn(T) + Send + Sync>;

struct Tail<T> {
    arrivals: VecDeque<T>,
    /// How many tasks may be pushed before producers have to look again: zero while the queue is not open, and
    /// otherwise never too many. While it is not zero, the consumers' cache line is left alone.
    room: usize,
    state: QueueState,
    sleepers: Vec<(u64, Unparker)>,
    consumers: Consumers,
    /// The producers that wait for room: threads and futures.
    not_full: WaitList<Call>,
    /// How often a future was called; it wraps around.
    future_calls: usize,
    /// Whether a thread was woken and has not put since, so that nobody else was called for the room that was made meanwhile.
    is_room_unannounced: bool,
    /// Whether producers that were patient have been served lately.
    patience: Bet,
    /// Whether consumers have made room lately while a producer spun.
    spin: Bet,
    /// Whether they have while one yielded.
    yields: Bet,
    /// Whether they have while a future yielded.
    future_yields: Bet,
}

/// Whether the queue takes tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QueueState {
    Open,
    /// The last run that took from it has failed. The next one that is ready opens it again.
    Failed,
    Closed,
}

enum Head<T> {
    /// First in, first out.
    Fifo(ShortLock<VecDeque<T>>),
    /// Last in, first out. Tasks are taken from the tail, so this holds only what a drain has set apart.
    Lifo(ShortLock<VecDeque<T>>),
    /// Highest priority first.
    Priority(PriorityHeap<T>),
}

/// What a consumer that found no task is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ParkDecision {
    /// It is registered as a sleeper and may park.
    Park,
    /// Tasks have come in the meantime.
    Retry,
    /// The queue is closed and empty.
    Ended,
}

impl<T> MemoryQueue<T> {
    pub(crate) fn fifo() -> Self {
        Self::new(Head::Fifo(ShortLock::default()))
    }

    pub(crate) fn lifo() -> Self {
        Self::new(Head::Lifo(ShortLock::default()))
    }

    pub(crate) fn priority(compare: Compare<T>) -> Self {
        Self::new(Head::Priority(PriorityHeap::new(compare)))
    }

    fn new(head: Head<T>) -> Self {
        let tail = Tail {
            arrivals: VecDeque::new(),
            room: 0,
            state: QueueState::Open,
            sleepers: Vec::new(),
            consumers: Consumers::default(),
            not_full: WaitList::default(),
            future_calls: 0,
            is_room_unannounced: false,
            patience: Bet::often(),
            spin: Bet::often(),
            yields: Bet::rarely(),
            future_yields: Bet::very_rarely(),
        };
        Self {
            tail: CachePadded::new(ShortLock::new(tail)),
            head: CachePadded::new(head),
            pushed: CachePadded::default(),
            taken: CachePadded::default(),
            waiting_producers: AtomicUsize::new(0),
            eager_producers: AtomicUsize::new(0),
            futures_in_line: AtomicUsize::new(0),
            wakeup_pending: AtomicU8::new(pending::NONE),
            capacity: None,
            low_water: None,
            overflow: Overflow::Block,
            on_dropped: None,
            dropped: Arc::default(),
            drains: DrainMarks::default(),
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
        // Under a bound of 1 the first free place is most of it.
        let is_patient = capacity > 1 && !matches!(*self.head, Head::Priority(_));
        self.low_water = is_patient.then_some(capacity / 16);
        self.overflow = overflow;
        self.on_dropped = on_dropped;
        if let (Overflow::DropOldest, Head::Priority(heap)) = (overflow, &mut *self.head) {
            heap.track();
        }
        self
    }

    pub(crate) fn len(&self) -> usize {
        // In this order, a task that passes through between the two loads makes the length too large, never negative.
        let taken = self.taken.load(Ordering::SeqCst);
        self.pushed.load(Ordering::SeqCst).wrapping_sub(taken)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn close(&self) {
        let (sleepers, producers) = {
            let mut tail = self.tail.lock();
            let producers = self.shut(&mut tail, QueueState::Closed);
            (std::mem::take(&mut tail.sleepers), producers)
        };
        producers.wake();
        for (_, sleeper) in sleepers {
            sleeper.unpark();
        }
    }

    /// Accepts no more tasks. The caller wakes the producers, outside the lock.
    fn shut(&self, tail: &mut Tail<T>, state: QueueState) -> Woken<Call> {
        tail.state = state;
        tail.room = 0;
        let producers = tail.not_full.take();
        self.eager_producers.fetch_sub(producers.futures(), Ordering::SeqCst);
        producers
    }
}

impl<T> Drop for MemoryQueue<T> {
    fn drop(&mut self) {
        let tasks = self.take_all();
        if !tasks.is_empty() {
            let tail = self.tail.get_mut();
            user_code::warn_of_dropped_tasks(tail.consumers.latest(), tasks.len());
        }
        // One by one, so that a destructor that panics does not keep the others from running.
        for task in tasks {
            user_code::discard(task);
        }
        // Those of futures that were leaked.
        while let Some(call) = self.tail.get_mut().not_full.pop() {
            user_code::discard(call);
        }
    }
}

impl<T> fmt::Debug for MemoryQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryQueue").field("len", &self.len()).finish_non_exhaustive()
    }
}
