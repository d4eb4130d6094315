//! The primitives of a model: those of `shuttle` with the API of the real ones.
//!
//! At every operation `shuttle` may switch to another thread. It treats all atomics as sequentially consistent, and
//! time does not exist: a deadline may pass at any moment, or never if it is a minute away or more.

use std::cell::Cell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use pyaltt_timing::{Clock, Waited};
use shuttle::rand::Rng;
use shuttle::sync as model;

pub(crate) use shuttle::sync::atomic::{self, AtomicU64};
pub(crate) use shuttle::{thread, thread_local};

use atomic::{AtomicBool, Ordering};

/// `parking_lot::Mutex`.
#[derive(Default)]
pub(crate) struct Mutex<T>(model::Mutex<T>);

/// Another way to wait, which makes no difference in a model.
pub(crate) use self::{Mutex as ShortLock, MutexGuard as ShortGuard};

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
    /// `None` only while `unlocked` has released the lock.
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
        self.inner.as_ref().expect("the lock is held outside `unlocked`")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("the lock is held outside `unlocked`")
    }
}

/// `parking_lot::Condvar`, except that `notify_one` may pick any waiter. The one of `shuttle` has no timeout.
#[derive(Debug, Default)]
pub(crate) struct Condvar {
    /// A real lock: no thread switch happens while it is held, so nothing ever waits for it.
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
                    return self.unregister(&waiter);
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

    /// Adds the calling thread to the waiters. It still holds the lock, so no notification is missed.
    fn register(&self) -> Arc<Waiter> {
        let waiter = Arc::new(Waiter { thread: thread::current(), notified: AtomicBool::new(false) });
        self.waiters().push(Arc::clone(&waiter));
        waiter
    }

    /// Removes a waiter. Returns `false` if it was gone already, because it had been notified.
    fn unregister(&self, waiter: &Arc<Waiter>) -> bool {
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

/// `pyaltt_timing::Parker`.
#[derive(Debug)]
pub(crate) struct Parker {
    unparker: Unparker,
}

/// `pyaltt_timing::Unparker`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unparker {
    token: Arc<Token>,
}

#[derive(Debug, Default)]
struct Token {
    /// Whether there was an unpark that no park has consumed yet.
    is_set: Mutex<bool>,
    changed: Condvar,
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

    /// Returns whether the deadline passed before an unpark came.
    fn park_within(&self, deadline: Option<Instant>) -> bool {
        let Token { is_set, changed } = &*self.unparker.token;
        let mut is_set = is_set.lock();
        let mut timed_out = false;
        while !*is_set {
            match deadline {
                None => changed.wait(&mut is_set),
                Some(deadline) if changed.wait_until(&mut is_set, deadline).timed_out() => {
                    timed_out = true;
                    break;
                }
                Some(_) => {}
            }
        }
        *is_set = false;
        timed_out
    }
}

impl Unparker {
    pub(crate) fn unpark(&self) {
        *self.token.is_set.lock() = true;
        self.token.changed.notify_one();
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
        // The old value is dropped outside the lock, because its destructor may reach another thread switch.
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

/// `std::sync::OnceLock`. The initialiser must not reach a thread switch.
#[derive(Debug)]
pub(crate) struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    /// Loading it lets `shuttle` switch to another thread.
    switch_point: AtomicBool,
}

impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        Self { value: std::sync::OnceLock::new(), switch_point: AtomicBool::new(false) }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.switch_point.load(Ordering::SeqCst);
        self.value.get()
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        self.switch_point.load(Ordering::SeqCst);
        self.value.get_or_init(make)
    }
}

/// Parks the calling thread until `deadline` or an unpark, and says whether the deadline has passed.
pub(crate) fn park_deadline(parker: &Parker, deadline: Instant) -> bool {
    parker.park_within(Some(deadline))
}

std::thread_local! {
    static LOOKS_BY_ITSELF: Cell<bool> = const { Cell::new(false) };
}

/// Whether a thread that waits for another also looks from time to time by itself. In a model any time may pass at any moment,
/// which would hide a wake-up that was lost, so only a model of those looks has them.
pub(crate) fn looks_by_itself() -> bool {
    LOOKS_BY_ITSELF.get()
}

/// Runs a model of such looks.
pub(crate) fn with_looks(model: impl FnOnce()) {
    LOOKS_BY_ITSELF.set(true);
    model();
    LOOKS_BY_ITSELF.set(false);
}

/// Parks the calling thread; the clock is not used.
pub(crate) fn park(_clock: &dyn Clock, parker: &Parker, deadline: Option<Instant>) {
    parker.park_within(deadline);
}

/// Lets other threads run once, after which the time has come.
pub(crate) fn spin(_: &dyn Clock, _: &Parker, _until: Instant, interrupted: &dyn Fn() -> bool) -> Waited {
    thread::yield_now();
    if interrupted() { Waited::Interrupted } else { Waited::Due }
}
