//! Values whose destructor panics, or does anything else.

use std::fmt;

use crate::expected::EXPECTED;

/// A value that panics when it is dropped: a task, an argument, a field of a worker, or the payload of a panic.
///
/// It stays quiet on a thread that is already panicking, because a second panic would end the process. It has no size,
/// so leaking one (the library never drops a payload that it does not know) does not look like a leak of memory.
/// [`silence_expected_panics`](crate::silence_expected_panics) knows it.
///
/// # Examples
///
/// ```
/// use testkit::Bomb;
///
/// let worker = pyaltt::queue(|_task: Bomb, _cx| ()).on_error(|_| ()).start()?;
/// worker.put(Bomb::new())?;
/// assert_eq!(worker.drain()?.panics, 1);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Debug, Default)]
pub struct Bomb(());

impl Bomb {
    /// A bomb.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "{EXPECTED}a destructor panics");
    }
}

/// A value that calls a function when it is dropped, on a panicking thread as well.
///
/// # Examples
///
/// ```
/// use testkit::{OnDrop, Probe};
///
/// let drops = Probe::new();
/// let dropped = drops.clone();
/// let worker = pyaltt::looped(|_tick, _cx| false).o(OnDrop::new(move || dropped.add("the object"))).build()?;
/// drop(worker);
/// assert_eq!(drops.all(), ["the object"]);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> OnDrop<F> {
    /// A value that calls this.
    pub fn new(call: F) -> Self {
        Self(call)
    }
}

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl<F: FnMut()> fmt::Debug for OnDrop<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnDrop").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

    use super::*;

    #[test]
    fn it_goes_off_and_spares_a_thread_that_panics() {
        crate::silence_expected_panics();
        assert!(catch_unwind(|| drop(Bomb::new())).is_err());
        let unwinding = catch_unwind(|| {
            let _bomb = Bomb::new();
            panic!("{EXPECTED}the first panic");
        });
        assert_eq!(
            *unwinding.unwrap_err().downcast::<String>().unwrap(),
            format!("{EXPECTED}the first panic")
        );
    }

    #[test]
    fn as_a_payload_it_goes_off_when_the_payload_is_dropped() {
        crate::silence_expected_panics();
        let payload = catch_unwind(|| panic_any(Bomb::new())).unwrap_err();
        assert!(payload.is::<Bomb>());
        assert!(catch_unwind(AssertUnwindSafe(|| drop(payload))).is_err());
        assert_eq!(size_of::<Bomb>(), 0);
    }

    #[test]
    fn on_drop_is_called_once_also_while_the_thread_panics() {
        crate::silence_expected_panics();
        let mut calls = 0;
        let unwinding = catch_unwind(AssertUnwindSafe(|| {
            let _counted = OnDrop::new(|| calls += 1);
            panic!("{EXPECTED}a panic");
        }));
        assert!(unwinding.is_err());
        assert_eq!(calls, 1);
    }
}
