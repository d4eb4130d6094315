//! A lock for what takes some nanoseconds.

use std::ops::{Deref, DerefMut};
use std::thread;
use std::time::Duration;

use crossbeam_utils::Backoff;
use spin::mutex::{SpinMutex, SpinMutexGuard};

/// A lock that is released by a plain store.
///
/// `parking_lot::Mutex` is released by a read-modify-write cycle, because it has to learn whether a thread sleeps that
/// waits for it. Where a lock is taken for each task and held for some nanoseconds, that is half of its price. Here a
/// thread that waits spins, then yields, and then sleeps for [`NAP`] at a time. The sleep lets a holder go on that has
/// a lower real-time priority and was preempted.
#[derive(Debug, Default)]
pub(crate) struct ShortLock<T>(SpinMutex<T>);

/// As short as a sleep can be: the timer's own slack is about as much.
const NAP: Duration = Duration::from_micros(50);

impl<T> ShortLock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(SpinMutex::new(value))
    }

    #[inline]
    pub(crate) fn lock(&self) -> ShortGuard<'_, T> {
        let inner = self.0.try_lock().unwrap_or_else(|| self.lock_when_free());
        ShortGuard { lock: self, inner: Some(inner) }
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }

    #[cold]
    fn lock_when_free(&self) -> SpinMutexGuard<'_, T> {
        let backoff = Backoff::new();
        loop {
            if backoff.is_completed() {
                thread::sleep(NAP);
            } else {
                backoff.snooze();
            }
            // The line is only read until the lock is free, so that its holder keeps it.
            if !self.0.is_locked()
                && let Some(guard) = self.0.try_lock()
            {
                return guard;
            }
        }
    }
}

/// The lock, held.
#[derive(Debug)]
pub(crate) struct ShortGuard<'a, T> {
    lock: &'a ShortLock<T>,
    /// `None` only while `unlocked` has released the lock.
    inner: Option<SpinMutexGuard<'a, T>>,
}

impl<T> ShortGuard<'_, T> {
    /// Releases the lock, calls `work`, and takes it again.
    pub(crate) fn unlocked<R>(this: &mut Self, work: impl FnOnce() -> R) -> R {
        this.inner = None;
        let result = work();
        *this = this.lock.lock();
        result
    }
}

impl<T> Deref for ShortGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.inner.as_ref().unwrap_or_else(|| unreachable!("the lock is held outside `unlocked`"))
    }
}

impl<T> DerefMut for ShortGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().unwrap_or_else(|| unreachable!("the lock is held outside `unlocked`"))
    }
}
