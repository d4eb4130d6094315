//! Values whose destructor panics.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::expected::EXPECTED;

/// A value that panics when it is dropped: a task, an argument, a field of a worker, or the payload of a panic.
///
/// [`silence_expected_panics`](crate::silence_expected_panics) knows it.
///
/// # Examples
///
/// ```
/// use testkit::{Bomb, DropCount};
///
/// let drops = DropCount::default();
/// let worker = pyaltt::queue(|_task: Bomb, _cx| ()).on_error(|_| ()).start()?;
/// worker.put(Bomb::counted(&drops))?;
/// assert_eq!((worker.drain()?.panics, drops.get()), (1, 1));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Bomb {
    drops: DropCount,
    is_ruthless: bool,
}

impl Bomb {
    /// A bomb that stays quiet on a thread that is already panicking, because a second panic would end the process.
    pub fn new() -> Self {
        Self::default()
    }

    /// A bomb that also counts its drop.
    pub fn counted(drops: &DropCount) -> Self {
        Self { drops: drops.clone(), is_ruthless: false }
    }

    /// A bomb that goes off on a panicking thread as well, which aborts the process.
    pub fn ruthless() -> Self {
        Self { is_ruthless: true, drops: DropCount::default() }
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        self.drops.0.fetch_add(1, Ordering::SeqCst);
        assert!(!self.is_ruthless && std::thread::panicking(), "{EXPECTED}a destructor panics");
    }
}

/// How many of something were dropped. Clones are the same count.
///
/// # Examples
///
/// ```
/// let drops = testkit::DropCount::default();
/// let bomb = testkit::Bomb::counted(&drops);
/// assert!(std::panic::catch_unwind(|| drop(bomb)).is_err());
/// assert_eq!(drops.get(), 1);
/// ```
#[derive(Clone, Default)]
pub struct DropCount(Arc<AtomicUsize>);

impl DropCount {
    /// The count so far.
    pub fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for DropCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DropCount").field(&self.get()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

    use super::*;

    #[test]
    fn it_goes_off_once_and_spares_a_thread_that_panics() {
        crate::silence_expected_panics();
        let drops = DropCount::default();
        let alone = catch_unwind(AssertUnwindSafe(|| drop(Bomb::counted(&drops))));
        assert!(alone.is_err());
        let unwinding = catch_unwind(AssertUnwindSafe(|| {
            let _bomb = Bomb::counted(&drops);
            panic!("{EXPECTED}the first panic");
        }));
        assert!(unwinding.is_err());
        assert_eq!(drops.get(), 2);
    }

    #[test]
    fn as_a_payload_it_goes_off_when_the_payload_is_dropped() {
        crate::silence_expected_panics();
        let payload = catch_unwind(|| panic_any(Bomb::new())).unwrap_err();
        assert!(payload.is::<Bomb>());
        assert!(catch_unwind(AssertUnwindSafe(|| drop(payload))).is_err());
    }
}
