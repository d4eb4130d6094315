//! A `TaskQueue` of the user's, with the waiting, the waking and the closing that it leaves to us.

use std::time::Instant;

use super::quota::Quotas;
use super::{PutErrorKind, Room, TaskQueue, Waker};
use crate::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use crate::sync::thread::{self, ThreadId};
use crate::sync::{Condvar, Mutex, Unparker};
use crate::{Panic, guard};

pub(crate) struct CustomQueue<T> {
    queue: Box<dyn TaskQueue<Task = T>>,
    closed: AtomicBool,
    /// How many puts are between their look at `closed` and the end of the queue's own put.
    admitted: AtomicUsize,
    /// How many takes there were: those who wait for room wait for this to change.
    takes: AtomicU64,
    people: Mutex<People>,
    room: Condvar,
    quotas: Quotas,
}

/// Who takes from the queue.
#[derive(Default)]
struct People {
    consumers: Vec<Consumer>,
    /// The workers that the queue was told of.
    subscribed: Vec<u64>,
}

struct Consumer {
    id: u64,
    thread: ThreadId,
    unparker: Unparker,
}

impl<T: Send + 'static> CustomQueue<T> {
    pub(crate) fn new(queue: impl TaskQueue<Task = T>) -> Self {
        Self {
            queue: Box::new(queue),
            closed: AtomicBool::new(false),
            admitted: AtomicUsize::new(0),
            takes: AtomicU64::new(0),
            people: Mutex::default(),
            room: Condvar::new(),
            quotas: Quotas::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    pub(crate) fn put(&self, mut task: T, room: Room) -> Result<(), (T, PutErrorKind)> {
        loop {
            let takes = self.takes.load(Ordering::SeqCst);
            task = match self.try_put(task) {
                Ok(()) => return Ok(()),
                Err((task, PutErrorKind::Full)) if !matches!(room, Room::Now) => task,
                Err(refused) => return Err(refused),
            };
            if let Err(kind) = self.wait_for_take(takes, room) {
                return Err((task, kind));
            }
        }
    }

    fn try_put(&self, task: T) -> Result<(), (T, PutErrorKind)> {
        let _admission = Admission::new(self);
        if self.closed.load(Ordering::SeqCst) {
            return Err((task, PutErrorKind::Closed));
        }
        self.queue.put(task).map_err(|task| (task, PutErrorKind::Full))
    }

    fn wait_for_take(&self, takes: u64, room: Room) -> Result<(), PutErrorKind> {
        let me = thread::current().id();
        let mut people = self.people.lock();
        if people.consumers.iter().any(|consumer| consumer.thread == me) {
            return Err(PutErrorKind::FromWorker);
        }
        while self.takes.load(Ordering::SeqCst) == takes && !self.closed.load(Ordering::SeqCst) {
            match room {
                Room::Until(deadline) => {
                    if self.room.wait_until(&mut people, deadline).timed_out() || Instant::now() >= deadline {
                        return Err(PutErrorKind::Timeout);
                    }
                }
                Room::Now | Room::Whenever => self.room.wait(&mut people),
            }
        }
        Ok(())
    }

    /// Takes a task; the queue's own code may panic.
    pub(crate) fn take(&self) -> Result<Option<T>, Panic> {
        let task = guard::call(|| self.queue.take())?;
        if task.is_some() {
            self.takes.fetch_add(1, Ordering::SeqCst);
            // With the lock passed through, one who has seen the old number is asleep.
            drop(self.people.lock());
            self.room.notify_all();
        }
        Ok(task)
    }

    /// Takes as many as there are now: with those that come meanwhile it might never end.
    pub(crate) fn take_all(&self) -> Vec<T> {
        self.quotas.void();
        std::iter::from_fn(|| self.take().ok().flatten()).take(self.len()).collect()
    }

    /// Whether nothing will be put any more. What was put is in the queue by then.
    pub(crate) fn is_finished(&self) -> bool {
        self.closed.load(Ordering::SeqCst) && self.admitted.load(Ordering::SeqCst) == 0
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        drop(self.people.lock());
        self.room.notify_all();
        self.wake_consumers();
    }

    pub(crate) fn attach(&self, id: u64, unparker: &Unparker) {
        self.quotas.forget(id);
        let consumer = Consumer { id, thread: thread::current().id(), unparker: unparker.clone() };
        let is_new = {
            let mut people = self.people.lock();
            people.consumers.push(consumer);
            let is_new = !people.subscribed.contains(&id);
            if is_new {
                people.subscribed.push(id);
            }
            is_new
        };
        if is_new && let Err(panic) = guard::call(|| self.queue.subscribe(Waker::new(unparker))) {
            log!(error, %panic, "a queue's subscribe failed");
        }
    }

    pub(crate) fn detach(&self, id: u64) {
        self.quotas.forget(id);
        self.people.lock().consumers.retain(|consumer| consumer.id != id);
    }

    fn wake_consumers(&self) {
        for consumer in &self.people.lock().consumers {
            consumer.unparker.unpark();
        }
    }
}

/// Counts a put in, and out again even when the queue's own put panics. Then it wakes those who take: for the task, or
/// because one that finds the queue closed does not finish while a put is counted in, be it refused.
struct Admission<'a, T: Send + 'static>(&'a CustomQueue<T>);

impl<'a, T: Send + 'static> Admission<'a, T> {
    fn new(queue: &'a CustomQueue<T>) -> Self {
        queue.admitted.fetch_add(1, Ordering::SeqCst);
        Self(queue)
    }
}

impl<T: Send + 'static> Drop for Admission<'_, T> {
    fn drop(&mut self) {
        self.0.admitted.fetch_sub(1, Ordering::SeqCst);
        self.0.wake_consumers();
    }
}
