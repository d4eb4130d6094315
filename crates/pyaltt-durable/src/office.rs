//! What the workers and producers of a process share with the clerk of their queue.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use pyaltt_core::layer::HoldExit;
use pyaltt_core::{Event, Lease, Settlement, StartError, Waker};

use crate::desk::{Desk, Found, Hand};
use crate::engine::name::QueueName;
use crate::engine::put::{Placed, RawPut, When};
use crate::engine::round::{Answer, Fate};
use crate::link::Link;
use crate::random::random;
use crate::repeats::Repeats;
use crate::retry::Retry;

/// The options of a queue, checked.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) queue: QueueName,
    pub(crate) kind: String,
    pub(crate) version: u32,
    pub(crate) retry: Retry,
    pub(crate) lease: Duration,
    pub(crate) fair_share: u32,
    pub(crate) max_body: usize,
    /// The longest time between two looks for tasks that nobody has told of.
    pub(crate) safety: Duration,
    /// For how long the end of the process waits for settlements while the engine fails.
    pub(crate) exit_patience: Duration,
    /// Whether a thread waits for the bell.
    pub(crate) has_bell: bool,
}

/// Starts the clerk of an office.
pub(crate) type StartClerk = fn(&Arc<Office>) -> Result<(), StartError>;

pub(crate) struct Office {
    start_clerk: StartClerk,
    pub(crate) options: Options,
    pub(crate) link: Link,
    /// Wakes the clerk.
    pub(crate) ring: Event,
    pub(crate) room: Mutex<Room>,
    /// Notified, with the lock of the room, when settlements have got an answer.
    pub(crate) settled: Condvar,
    pub(crate) repeats: Repeats,
    /// How many tasks are ready, as far as is known.
    ready: AtomicU64,
    is_counted: AtomicBool,
}

/// What one short lock protects.
pub(crate) struct Room {
    pub(crate) desk: Desk<Waker>,
    /// Whether a clerk lives that will look at the desk again.
    pub(crate) has_clerk: bool,
    pub(crate) notes: Notes,
    /// Whether the bell is broken.
    pub(crate) is_deaf: bool,
    /// Held while the engine has to be told something.
    exit: Option<HoldExit>,
}

impl Room {
    /// Whether the process may end: all is settled, and the engine need not be told that nobody takes tasks here any more.
    fn may_exit(&self) -> bool {
        self.desk.is_settled() && (self.desk.has_seats() || !self.has_clerk)
    }

    fn is_held(&self) -> bool {
        self.exit.is_some() || self.may_exit()
    }
}

/// What has happened since the clerk has looked.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// The bell was rung.
    pub(crate) rung: bool,
    /// A task was cancelled that runs.
    pub(crate) cancelled: bool,
}

impl Office {
    pub(crate) fn new(options: Options, link: Link, start_clerk: StartClerk) -> Self {
        let desk = Desk::new(options.fair_share);
        Self {
            start_clerk,
            options,
            link,
            ring: Event::new(),
            room: Mutex::new(Room {
                desk,
                has_clerk: false,
                notes: Notes::default(),
                is_deaf: false,
                exit: None,
            }),
            settled: Condvar::new(),
            repeats: Repeats::default(),
            ready: AtomicU64::new(0),
            is_counted: AtomicBool::new(false),
        }
    }

    /// A worker begins to take tasks.
    pub(crate) fn sit_down(self: &Arc<Self>, worker: u64, waker: Waker) {
        self.room.lock().desk.sit_down(worker, waker);
        self.call_clerk();
    }

    /// Rings the clerk, and starts it if there is none. Returns false if there is none.
    fn call_clerk(self: &Arc<Self>) -> bool {
        let had_clerk = std::mem::replace(&mut self.room.lock().has_clerk, true);
        if had_clerk {
            self.ring.set();
            return true;
        }
        match (self.start_clerk)(self) {
            Ok(()) => true,
            Err(error) => {
                self.room.lock().has_clerk = false;
                tracing::error!(queue = %self.options.queue, %error, "the clerk of a queue could not be started");
                false
            }
        }
    }

    /// Returns none if there is no clerk.
    pub(crate) fn take(self: &Arc<Self>, worker: u64, max: usize) -> Option<Found> {
        let (found, returns) = {
            let desk = &mut self.room.lock().desk;
            let was_settled = desk.is_settled();
            (desk.take(worker, max), was_settled && !desk.is_settled())
        };
        if returns {
            self.passed_on(Vec::new());
        }
        match found {
            Found::Asked if !self.call_clerk() => None,
            found => Some(found),
        }
    }

    pub(crate) fn settle(&self, settlements: Vec<(Lease, Settlement)>) {
        let attempts = self.options.retry.max_attempts();
        self.write(settlements, |settlement, hand| {
            self.options.retry.fate(&settlement, &hand.info(attempts), None, random())
        });
    }

    /// Buries a task that cannot be read.
    pub(crate) fn bury(&self, lease: Lease, error: pyaltt_core::ErrorText) {
        self.write([(lease, error)], |error, _| Fate::Dead { error });
    }

    fn write<S>(&self, settlements: impl IntoIterator<Item = (Lease, S)>, fate: impl Fn(S, &Hand) -> Fate) {
        let now = Instant::now();
        let mut room = self.room.lock();
        for (lease, settlement) in settlements {
            room.desk.settle(lease, now, |hand| fate(settlement, hand));
        }
        drop(room);
        self.hold_exit();
        self.ring.set();
    }

    /// Keeps the process from its end until all is settled. The worker's own run keeps it until this returns.
    fn hold_exit(&self) {
        if self.room.lock().is_held() {
            return;
        }
        // Made and dropped outside the lock.
        let mut exit = Some(HoldExit::new());
        let mut room = self.room.lock();
        if !room.is_held() {
            room.exit = exit.take();
        }
        drop(room);
        drop(exit);
    }

    /// Lets the process end if all is settled, or `anyway`.
    pub(crate) fn release_exit(&self, anyway: bool) {
        let mut room = self.room.lock();
        if anyway || room.may_exit() {
            let exit = room.exit.take();
            drop(room);
            drop(exit);
        }
    }

    /// A worker is paused.
    pub(crate) fn rest(&self, worker: u64) {
        let wake = self.room.lock().desk.rest(worker);
        self.passed_on(wake);
    }

    /// Tasks of a worker that takes no more went to others, or go back.
    fn passed_on(&self, wake: Vec<Waker>) {
        for waker in wake {
            waker.wake();
        }
        self.hold_exit();
        self.ring.set();
    }

    pub(crate) fn leave(&self, worker: u64, grace: Duration) -> usize {
        let end = Instant::now().checked_add(grace);
        let wake = self.room.lock().desk.leave(worker);
        self.passed_on(wake);
        let mut room = self.room.lock();
        loop {
            let unsettled = room.desk.unsettled(worker);
            let Some(end) = end.filter(|_| unsettled > 0) else { return unsettled };
            if self.settled.wait_until(&mut room, end).timed_out() {
                return room.desk.unsettled(worker);
            }
        }
    }

    pub(crate) fn bell_rings(&self) {
        self.room.lock().notes.rung = true;
        self.ring.set();
    }

    pub(crate) fn cancelled(&self) {
        self.room.lock().notes.cancelled = true;
        self.ring.set();
    }

    pub(crate) fn bell_breaks(&self) {
        self.room.lock().is_deaf = true;
    }

    /// Whether the next round is to count the ready tasks.
    pub(crate) fn wants_count(&self) -> bool {
        !self.is_counted.load(Ordering::Relaxed)
    }

    /// The next round is to count the ready tasks.
    pub(crate) fn count_anew(&self) {
        self.is_counted.store(false, Ordering::Relaxed);
    }

    /// Counts the ready tasks after a round. `returned`: how many it has handed back.
    pub(crate) fn count(&self, want: u32, returned: u64, answer: &Answer) {
        let taken = answer.tasks.len();
        self.ready.fetch_add(returned, Ordering::Relaxed);
        if let Some(ready) = answer.ready {
            self.is_counted.store(true, Ordering::Relaxed);
            self.ready.store(ready, Ordering::Relaxed);
        } else if want as usize > taken && !answer.paused {
            self.ready.store(0, Ordering::Relaxed);
        } else {
            let less = |ready: u64| Some(ready.saturating_sub(taken as u64));
            // It cannot fail.
            let before = self.ready.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).unwrap_or(0);
            if taken > 0 && before <= taken as u64 {
                // There are perhaps more, of other processes.
                self.count_anew();
            }
        }
    }

    /// Counts tasks that were put.
    pub(crate) fn count_puts(&self, puts: &[When], placed: &[Placed]) {
        let is_ready =
            |(when, placed): &(&When, &Placed)| **when == When::Now && matches!(placed, Placed::New(_));
        let ready = puts.iter().zip(placed).filter(is_ready).count();
        self.ready.fetch_add(ready as u64, Ordering::Relaxed);
    }

    pub(crate) fn depth(&self) -> usize {
        let ready = usize::try_from(self.ready.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        ready.saturating_add(self.room.lock().desk.on_shelf())
    }

    /// How many tasks a drain takes at most. Where none is known of, others may have put some.
    pub(crate) fn drain_limit(&self) -> usize {
        match self.depth() {
            0 => usize::MAX >> 2,
            depth => depth,
        }
    }

    /// Stores tasks, all or none.
    pub(crate) fn put(
        &self,
        puts: Vec<RawPut>,
        until: Option<Instant>,
    ) -> Result<Vec<Placed>, crate::link::PutFailure> {
        let times: Vec<_> = puts.iter().map(|put| put.when).collect();
        let placed = self.link.put(puts, until)?;
        self.count_puts(&times, &placed);
        Ok(placed)
    }
}

impl fmt::Debug for Office {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Office").field("options", &self.options).finish_non_exhaustive()
    }
}
