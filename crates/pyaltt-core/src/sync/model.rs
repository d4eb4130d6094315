//! What a model synchronises by: the primitives of `shuttle` behind the faces of those of a program.
//!
//! Every operation is a point at which `shuttle` may let another thread go on. It takes all atomics for sequentially
//! consistent, and time does not exist: a deadline may come at any moment, or never if it is a minute away or more.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use pyaltt_timing::{Clock, Waited};
use shuttle::rand::Rng;
use shuttle::sync as model;

pub(crate) use shuttle::sync::atomic;
pub(crate) use shuttle::{thread, thread_local};

use atomic::{AtomicBool, Ordering};

/// `parking_lot::Mutex`.
#[derive(Default)]
pub(crate) struct Mutex<T>(model::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(model::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard { mutex: self, inner: Some(self.enter()) }
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self) -> model::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

/// `parking_lot::MutexGuard`.
pub(crate) struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// It is there but while the lock is given up.
    inner: Option<model::MutexGuard<'a, T>>,
}

impl<T> MutexGuard<'_, T> {
    pub(crate) fn unlocked<R>(this: &mut Self, work: impl FnOnce() -> R) -> R {
        this.inner = None;
        let result = work();
        this.inner = Some(this.mutex.enter());
        result
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner.as_ref().expect("a lock that is held")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("a lock that is held")
    }
}

/// `parking_lot::Condvar`, but that any of those who wait may be the one who is notified. That of `shuttle` knows
/// no time limit.
#[derive(Debug, Default)]
pub(crate) struct Condvar {
    /// No thread gives way while it holds this lock, so it is never waited for.
    waiters: std::sync::Mutex<Vec<Arc<Waiter>>>,
}

#[derive(Debug)]
struct Waiter {
    thread: thread::Thread,
    notified: AtomicBool,
}

/// `parking_lot::WaitTimeoutResult`.
#[derive(Debug)]
pub(crate) struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    pub(crate) fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let waiter = self.register();
        MutexGuard::unlocked(guard, || {
            while !waiter.notified.load(Ordering::SeqCst) {
                thread::park();
            }
        });
    }

    pub(crate) fn wait_until<T>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        deadline: Instant,
    ) -> WaitTimeoutResult {
        if deadline > Instant::now() + Duration::from_secs(60) {
            self.wait(guard);
            return WaitTimeoutResult(false);
        }
        let waiter = self.register();
        let timed_out = MutexGuard::unlocked(guard, || {
            while !waiter.notified.load(Ordering::SeqCst) {
                if shuttle::rand::thread_rng().gen_bool(0.5) {
                    return self.give_up(&waiter);
                }
                thread::yield_now();
            }
            false
        });
        WaitTimeoutResult(timed_out)
    }

    pub(crate) fn notify_one(&self) {
        let waiter = {
            let mut waiters = self.waiters();
            if waiters.is_empty() {
                return;
            }
            let which = shuttle::rand::thread_rng().gen_range(0..waiters.len());
            waiters.swap_remove(which)
        };
        waiter.notify();
    }

    pub(crate) fn notify_all(&self) {
        let waiters = std::mem::take(&mut *self.waiters());
        for waiter in waiters {
            waiter.notify();
        }
    }

    /// Puts the calling thread among those who wait, while it still holds the lock.
    fn register(&self) -> Arc<Waiter> {
        let waiter = Arc::new(Waiter { thread: thread::current(), notified: AtomicBool::new(false) });
        self.waiters().push(Arc::clone(&waiter));
        waiter
    }

    /// Takes a waiter out again; says whether it was there, for if not it has been notified.
    fn give_up(&self, waiter: &Arc<Waiter>) -> bool {
        let mut waiters = self.waiters();
        let before = waiters.len();
        waiters.retain(|other| !Arc::ptr_eq(other, waiter));
        waiters.len() < before
    }

    fn waiters(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Waiter>>> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    fn notify(&self) {
        self.notified.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// `crossbeam_utils::sync::Parker`.
#[derive(Debug)]
pub(crate) struct Parker {
    unparker: Unparker,
}

/// `crossbeam_utils::sync::Unparker`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unparker {
    bed: Arc<Bed>,
}

#[derive(Debug, Default)]
struct Bed {
    /// Whether there was an unpark that no park has taken yet.
    token: Mutex<bool>,
    came: Condvar,
}

impl Parker {
    pub(crate) fn new() -> Self {
        Self { unparker: Unparker::default() }
    }

    pub(crate) fn unparker(&self) -> &Unparker {
        &self.unparker
    }

    pub(crate) fn park(&self) {
        self.park_within(None);
    }

    fn park_within(&self, deadline: Option<Instant>) {
        let Bed { token, came } = &*self.unparker.bed;
        let mut token = token.lock();
        while !*token {
            match deadline {
                None => came.wait(&mut token),
                Some(deadline) if came.wait_until(&mut token, deadline).timed_out() => break,
                Some(_) => {}
            }
        }
        *token = false;
    }
}

impl Unparker {
    pub(crate) fn unpark(&self) {
        *self.bed.token.lock() = true;
        self.bed.came.notify_one();
    }
}

/// `crossbeam_utils::atomic::AtomicCell`.
#[derive(Debug)]
pub(crate) struct AtomicCell<T>(Mutex<T>);

impl<T> AtomicCell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn store(&self, value: T) {
        let old = std::mem::replace(&mut *self.0.lock(), value);
        drop(old);
    }

    pub(crate) fn take(&self) -> T
    where
        T: Default,
    {
        std::mem::take(&mut *self.0.lock())
    }
}

/// `std::sync::OnceLock`. What makes the value must not give way to another thread.
#[derive(Debug)]
pub(crate) struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    /// A look at this is the point at which others may go on.
    step: AtomicBool,
}

impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        Self { value: std::sync::OnceLock::new(), step: AtomicBool::new(false) }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.step.load(Ordering::SeqCst);
        self.value.get()
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        self.step.load(Ordering::SeqCst);
        self.value.get_or_init(make)
    }
}

/// Parks without the clock.
pub(crate) fn park(_clock: &dyn Clock, parker: &Parker, deadline: Option<Instant>) {
    parker.park_within(deadline);
}

/// Gives way once, after which the time has come.
pub(crate) fn spin(_: &dyn Clock, _: &Parker, _until: Instant, interrupted: &dyn Fn() -> bool) -> Waited {
    thread::yield_now();
    if interrupted() { Waited::Interrupted } else { Waited::Due }
}
