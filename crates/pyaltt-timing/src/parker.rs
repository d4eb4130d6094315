//! What a clock parks a thread by.

use std::fmt;
use std::time::Instant;

use crossbeam_utils::sync;

/// Parks the thread that owns it, until an [`Unparker`] of it wakes the thread.
///
/// An unpark that comes too early is kept: the next park returns at once. Several of them are kept as one. A
/// [`Clock`](crate::Clock) is given the parker of the thread that is to sleep, so most programs meet one only there.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::Parker;
/// use std::thread;
///
/// let parker = Parker::new();
/// let unparker = parker.unparker().clone();
/// let other = thread::spawn(move || unparker.unpark());
/// parker.park(); // until the other thread has come so far
/// # other.join().unwrap();
/// ```
pub struct Parker {
    inner: sync::Parker,
    unparker: Unparker,
}

impl Parker {
    /// Creates a parker.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Parker;
    ///
    /// let parker = Parker::new();
    /// parker.unparker().unpark();
    /// parker.park(); // returns at once
    /// ```
    pub fn new() -> Self {
        let inner = sync::Parker::new();
        let unparker = Unparker { inner: inner.unparker().clone() };
        Self { inner, unparker }
    }

    /// Parks the calling thread until it is unparked. It may return early without a reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Parker;
    ///
    /// let parker = Parker::new();
    /// parker.unparker().unpark();
    /// parker.unparker().unpark();
    /// parker.park(); // returns at once; a second park would wait
    /// ```
    #[inline]
    pub fn park(&self) {
        self.inner.park();
    }

    /// Parks the calling thread until it is unparked or until `deadline`, by the machine's clock. It may return early
    /// without a reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Parker;
    /// use std::time::{Duration, Instant};
    ///
    /// let deadline = Instant::now() + Duration::from_millis(1);
    /// let parker = Parker::new();
    /// while Instant::now() < deadline {
    ///     parker.park_deadline(deadline);
    /// }
    /// ```
    #[inline]
    pub fn park_deadline(&self, deadline: Instant) {
        self.inner.park_deadline(deadline);
    }

    /// Returns what wakes the thread. Clone it for another thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Parker, Unparker};
    ///
    /// let parker = Parker::new();
    /// let for_another_thread: Unparker = parker.unparker().clone();
    /// ```
    #[inline]
    pub fn unparker(&self) -> &Unparker {
        &self.unparker
    }
}

impl Default for Parker {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Parker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parker").finish_non_exhaustive()
    }
}

/// Wakes the thread that a [`Parker`] has parked, from any thread.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::{Parker, Unparker};
///
/// let parker = Parker::new();
/// let unparker: Unparker = parker.unparker().clone();
/// std::thread::spawn(move || unparker.unpark());
/// parker.park();
/// ```
#[derive(Clone)]
pub struct Unparker {
    inner: sync::Unparker,
}

impl Unparker {
    /// Wakes the thread. If it is not parked, its next park returns at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Parker;
    ///
    /// let parker = Parker::new();
    /// parker.unparker().unpark();
    /// parker.park(); // returns at once
    /// ```
    #[inline]
    pub fn unpark(&self) {
        self.inner.unpark();
    }
}

impl fmt::Debug for Unparker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unparker").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number 16: the types in a user's `impl Clock` were crossbeam's.
    #[test]
    fn the_types_that_a_clock_is_given_are_of_this_crate() {
        fn is_send<T: Send>() {}
        fn is_shared<T: Send + Sync + Clone>() {}
        for name in [std::any::type_name::<Parker>(), std::any::type_name::<Unparker>()] {
            assert!(name.starts_with("pyaltt_timing::"), "{name}");
        }
        is_send::<Parker>();
        is_shared::<Unparker>();
    }

    #[test]
    fn an_unpark_that_comes_early_is_kept_and_a_deadline_that_has_passed_is_no_wait() {
        let parker = Parker::default();
        parker.unparker().clone().unpark();
        parker.park();
        parker.park_deadline(Instant::now());
        assert_eq!(format!("{parker:?} {:?}", parker.unparker()), "Parker { .. } Unparker { .. }");
    }
}
