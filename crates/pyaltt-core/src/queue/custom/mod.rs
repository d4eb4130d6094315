//! A user's `TaskQueue`, with what it leaves to us: waiting, waking and closing.
//!
//! - [`sleepers`]: the workers that wait for a task. The producers that wait for room are in
//!   [`Room`](crate::wait::room::Room).
//! - [`source`], [`backend`]: the workers' side, and the producers'.

mod backend;
mod sleepers;
mod source;

use std::sync::Arc;
use std::task::{Poll, Waker};

use super::backend::PutResult;
use super::consumers::Consumers;
use super::drain::Drains;
use super::put_error::PutErrorKind;
use super::task_queue::TaskQueue;
use crate::failure::Panic;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sync::{AtomicU64, Mutex, Unparker};
use crate::user_code::{self, Guarded};
use crate::wait::Wait;
use crate::wait::current_worker;
use crate::wait::room::{Room, Woken};
use crate::wait::wait_list::Ticket;
use crate::wait::waiter::Waiter;
use crate::wait::waiting::Waiting;
use crate::wait::waiting_on::WaitsFor;
use crate::worker::source::Ending;
use sleepers::Sleepers;

pub(super) struct CustomQueue<T> {
    queue: Guarded<Box<dyn TaskQueue<Task = T>>>,
    closed: AtomicBool,
    /// A copy of what the consumers know, for a quick look.
    failed: AtomicBool,
    /// How many puts are between their check of `closed` and the end of the user's `put`.
    admitted: AtomicUsize,
    /// How many puts have ended that may have added a task. Workers that sleep wait for a change of this count.
    puts: AtomicU64,
    consumers: Mutex<Consumers>,
    sleepers: Sleepers,
    /// Shared with the wakers, which can tell that room was made elsewhere.
    room: Arc<Room>,
    drains: Drains,
}

/// What a worker has seen before it looked for a task.
#[derive(Clone, Copy, Debug)]
struct Seen {
    puts: u64,
    takes: u64,
    /// There will be no more puts. Every task that was put was in the queue by then.
    is_finished: bool,
}

impl<T: Send + 'static> CustomQueue<T> {
    pub(super) fn new(queue: impl TaskQueue<Task = T>) -> Self {
        Self {
            queue: Guarded::new(Box::new(queue)),
            closed: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            admitted: AtomicUsize::new(0),
            puts: AtomicU64::new(0),
            consumers: Mutex::default(),
            sleepers: Sleepers::default(),
            room: Arc::default(),
            drains: Drains::default(),
        }
    }

    // ----- producers -----

    /// Tries to put a task, without waiting.
    fn try_put(&self, task: T) -> PutResult<T> {
        if !self.closed.load(Ordering::SeqCst) && self.failed.load(Ordering::SeqCst) {
            return Err((task, PutErrorKind::WorkerFailed));
        }
        self.offer(task)
    }

    /// Tries to put a task, without waiting, also if the last worker has failed.
    fn offer(&self, task: T) -> PutResult<T> {
        let mut admission = Admission::new(self);
        if self.closed.load(Ordering::SeqCst) {
            return Err((task, PutErrorKind::Closed));
        }
        // If the user's `put` panics, the task may be in the queue all the same.
        admission.may_have_added = true;
        self.queue.put(task).map_err(|task| {
            admission.may_have_added = false;
            (task, PutErrorKind::Full)
        })
    }

    /// Puts a task that was refused for want of room. `changes` was read before the attempt.
    #[cold]
    fn put_later(&self, mut task: T, mut changes: u64, wait: Wait) -> PutResult<T> {
        if self.consumers.lock().is_calling() {
            return Err((task, PutErrorKind::FromWorker));
        }
        let waiter = Waiter::new();
        let _waiting =
            current_worker::is_any().then(|| Waiting::on(WaitsFor::Room, &self.consumers.lock().awaited()));
        let mut place = self.room.join(&waiter);
        loop {
            let woken = place.sleep(&waiter, changes, wait, || self.refuses());
            if woken == Woken::Cut {
                return Err((task, PutErrorKind::Stopping));
            }
            changes = self.room.changes();
            task = match self.try_put(task) {
                Ok(()) => {
                    place.served();
                    return Ok(());
                }
                Err((task, PutErrorKind::Full)) => task,
                Err(error) => return Err(error),
            };
            if woken == Woken::LastTry {
                place.give_up();
                return Err((task, PutErrorKind::Timeout));
            }
        }
    }

    /// Puts the task of a future, or has its waker called when there may be room.
    // Cold, so that the puts of threads are compiled as if there were no other caller.
    #[cold]
    fn poll_put(
        &self,
        task: &mut Option<T>,
        place: &mut Option<Ticket>,
        waker: &Waker,
    ) -> Poll<Result<(), PutErrorKind>> {
        let result = loop {
            // Read before the attempt, so that room that is made after it is seen.
            let changes = self.room.changes();
            let Some(put) = task.take() else { break Ok(()) };
            match self.try_put(put) {
                Ok(()) => break Ok(()),
                Err((back, kind)) => {
                    *task = Some(back);
                    if kind != PutErrorKind::Full {
                        break Err(kind);
                    }
                }
            }
            if self.consumers.lock().is_calling() {
                break Err(PutErrorKind::FromWorker);
            }
            if self.room.sleep_until_called(place, waker, changes, || self.refuses()) {
                return Poll::Pending;
            }
        };
        match (result, place.take()) {
            (Ok(()), place) => self.room.future_served(place),
            (Err(_), place) => self.room.future_gone(place),
        }
        Poll::Ready(result)
    }

    /// Whether a put is refused, whatever room there is.
    fn refuses(&self) -> bool {
        self.closed.load(Ordering::SeqCst) || self.failed.load(Ordering::SeqCst)
    }

    /// Takes no more tasks.
    fn shut(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.room.wake_all();
        self.sleepers.wake_all();
    }

    // ----- workers -----

    /// What a worker has to know before it looks.
    fn seen(&self) -> Seen {
        Seen {
            puts: self.puts.load(Ordering::SeqCst),
            takes: self.room.changes(),
            is_finished: self.is_finished(),
        }
    }

    /// Takes a task. The user's `take` may panic.
    fn take(&self) -> Result<Option<T>, Panic> {
        let task = user_code::call(|| self.queue.take())?;
        if task.is_some() {
            self.room.task_taken();
            if self.sleepers.await_end() && self.is_empty().unwrap_or(true) {
                self.sleepers.wake_those_at_the_end();
            }
        }
        Ok(task)
    }

    /// How many tasks there are. The user's `len` may panic.
    fn len(&self) -> Result<usize, Panic> {
        user_code::call(|| self.queue.len())
    }

    fn is_empty(&self) -> Result<bool, Panic> {
        Ok(self.len()? == 0)
    }

    fn is_finished(&self) -> bool {
        self.closed.load(Ordering::SeqCst) && self.admitted.load(Ordering::SeqCst) == 0
    }

    /// Registers a worker as a sleeper, unless something has changed since what it has `seen`. Returns whether it may
    /// park.
    fn fall_asleep(&self, worker: u64, unparker: &Unparker, awaits_end: bool, seen: Seen) -> bool {
        self.sleepers.add(worker, unparker, awaits_end, || {
            self.puts.load(Ordering::SeqCst) != seen.puts
                || self.is_finished() != seen.is_finished
                || awaits_end && self.room.changes() != seen.takes
        })
    }

    fn register_consumer(&self, id: u64, name: &Arc<str>) {
        self.consumers.lock().register(id, name);
    }

    /// A run is ready: a queue that has failed is open again.
    fn reopen(&self, id: u64) {
        let mut consumers = self.consumers.lock();
        consumers.ready(id);
        self.failed.store(false, Ordering::SeqCst);
    }

    fn end_run(&self, id: u64, ending: Ending) {
        self.drains.forget(id);
        let has_failed = {
            let mut consumers = self.consumers.lock();
            let has_failed = consumers.end_run(id, ending);
            if has_failed {
                self.failed.store(true, Ordering::SeqCst);
            }
            has_failed
        };
        if has_failed {
            self.room.wake_all();
        }
    }
}

/// Counts a put in, and out again even if the user's `put` panics. Then it wakes a worker for the task.
struct Admission<'a, T: Send + 'static> {
    queue: &'a CustomQueue<T>,
    may_have_added: bool,
}

impl<'a, T: Send + 'static> Admission<'a, T> {
    fn new(queue: &'a CustomQueue<T>) -> Self {
        queue.admitted.fetch_add(1, Ordering::SeqCst);
        Self { queue, may_have_added: false }
    }
}

impl<T: Send + 'static> Drop for Admission<'_, T> {
    fn drop(&mut self) {
        let Self { queue, may_have_added } = *self;
        if may_have_added {
            queue.puts.fetch_add(1, Ordering::SeqCst);
        }
        queue.admitted.fetch_sub(1, Ordering::SeqCst);
        if queue.closed.load(Ordering::SeqCst) {
            // A worker that finds the queue closed does not finish while any put is counted in, even one that is refused.
            queue.sleepers.wake_all();
        } else if may_have_added {
            queue.sleepers.wake_one();
        }
    }
}
