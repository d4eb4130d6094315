//! What the workers and producers of a process share with the clerk of their queue.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use pyaltt_core::layer::HoldExit;
use pyaltt_core::{Event, Lease, Settlement, StartError, Waker};

use crate::dispatch::{Dispatch, InHand, Taken};
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

/// Starts the clerk of a queue.
pub(crate) type StartClerk = fn(&Arc<Shared>) -> Result<(), StartError>;

pub(crate) struct Shared {
    start_clerk: StartClerk,
    pub(crate) options: Options,
    pub(crate) link: Link,
    /// Wakes the clerk.
    pub(crate) ring: Event,
    pub(crate) locked: Mutex<Locked>,
    /// Notified, with the lock of the room, when settlements have got an answer.
    pub(crate) settled: Condvar,
    pub(crate) repeats: Repeats,
    /// How many tasks are ready, as far as is known.
    ready: AtomicU64,
    is_counted: AtomicBool,
}

/// What one short lock protects.
pub(crate) struct Locked {
    pub(crate) dispatch: Dispatch<Waker>,
    /// Whether a clerk lives that will look at the tasks again.
    pub(crate) has_clerk: bool,
    pub(crate) notices: Notices,
    /// Whether the bell is broken.
    pub(crate) bell_is_broken: bool,
    /// Held while the engine has to be told something.
    exit: Option<HoldExit>,
}

impl Locked {
    /// Whether the process may end: all is settled, and the engine need not be told that nobody takes tasks here any more.
    fn may_exit(&self) -> bool {
        self.dispatch.is_settled() && (self.dispatch.has_consumers() || !self.has_clerk)
    }

    fn is_held(&self) -> bool {
        self.exit.is_some() || self.may_exit()
    }
}

/// What has happened since the clerk has looked.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    /// The bell was rung.
    pub(crate) rung: bool,
    /// A task was cancelled that runs.
    pub(crate) cancelled: bool,
    /// The bell broke while it was waited for.
    pub(crate) broken: bool,
}

impl Shared {
    pub(crate) fn new(options: Options, link: Link, start_clerk: StartClerk) -> Self {
        let dispatch = Dispatch::new(options.fair_share);
        Self {
            start_clerk,
            options,
            link,
            ring: Event::new(),
            locked: Mutex::new(Locked {
                dispatch,
                has_clerk: false,
                notices: Notices::default(),
                bell_is_broken: false,
                exit: None,
            }),
            settled: Condvar::new(),
            repeats: Repeats::default(),
            ready: AtomicU64::new(0),
            is_counted: AtomicBool::new(false),
        }
    }

    /// A worker begins to take tasks.
    pub(crate) fn join(self: &Arc<Self>, worker: u64, waker: Waker) {
        self.locked.lock().dispatch.join(worker, waker);
        self.call_clerk();
    }

    /// Rings the clerk, and starts it if there is none. Returns false if there is none.
    fn call_clerk(self: &Arc<Self>) -> bool {
        let had_clerk = std::mem::replace(&mut self.locked.lock().has_clerk, true);
        if had_clerk {
            self.ring.set();
            return true;
        }
        match (self.start_clerk)(self) {
            Ok(()) => true,
            Err(error) => {
                self.locked.lock().has_clerk = false;
                tracing::error!(queue = %self.options.queue, %error, "the clerk of a queue could not be started");
                false
            }
        }
    }

    /// Returns none if there is no clerk.
    pub(crate) fn take(self: &Arc<Self>, worker: u64, max: usize) -> Option<Taken> {
        let (found, returns) = {
            let dispatch = &mut self.locked.lock().dispatch;
            let was_settled = dispatch.is_settled();
            (dispatch.take(worker, max), was_settled && !dispatch.is_settled())
        };
        if returns {
            self.passed_on(Vec::new());
        }
        match found {
            Taken::Asked if !self.call_clerk() => None,
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
    pub(crate) fn mark_dead(&self, lease: Lease, error: pyaltt_core::ErrorText) {
        self.write([(lease, error)], |error, _| Fate::Dead { error });
    }

    fn write<S>(&self, settlements: impl IntoIterator<Item = (Lease, S)>, fate: impl Fn(S, &InHand) -> Fate) {
        let now = Instant::now();
        let mut locked = self.locked.lock();
        for (lease, settlement) in settlements {
            locked.dispatch.settle(lease, now, |hand| fate(settlement, hand));
        }
        drop(locked);
        self.hold_exit();
        self.ring.set();
    }

    /// Keeps the process from its end until all is settled. The worker's own run keeps it until this returns.
    fn hold_exit(&self) {
        if self.locked.lock().is_held() {
            return;
        }
        // Made and dropped outside the lock.
        let mut exit = Some(HoldExit::new());
        let mut locked = self.locked.lock();
        if !locked.is_held() {
            locked.exit = exit.take();
        }
        drop(locked);
        drop(exit);
    }

    /// Lets the process end if all is settled, or `anyway`.
    pub(crate) fn release_exit(&self, anyway: bool) {
        let mut locked = self.locked.lock();
        if anyway || locked.may_exit() {
            let exit = locked.exit.take();
            drop(locked);
            drop(exit);
        }
    }

    /// A worker is paused.
    pub(crate) fn rest(&self, worker: u64) {
        let wake = self.locked.lock().dispatch.rest(worker);
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
        let wake = self.locked.lock().dispatch.leave(worker);
        self.passed_on(wake);
        let mut locked = self.locked.lock();
        loop {
            let unsettled = locked.dispatch.unsettled(worker);
            let Some(end) = end.filter(|_| unsettled > 0) else { return unsettled };
            if self.settled.wait_until(&mut locked, end).timed_out() {
                return locked.dispatch.unsettled(worker);
            }
        }
    }

    pub(crate) fn bell_rings(&self) {
        self.locked.lock().notices.rung = true;
        self.ring.set();
    }

    pub(crate) fn cancelled(&self) {
        self.locked.lock().notices.cancelled = true;
        self.ring.set();
    }

    pub(crate) fn bell_breaks(&self) {
        let mut locked = self.locked.lock();
        locked.bell_is_broken = true;
        locked.notices.broken = true;
        drop(locked);
        self.ring.set();
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
        ready.saturating_add(self.locked.lock().dispatch.on_shelf())
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

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("options", &self.options).finish_non_exhaustive()
    }
}
