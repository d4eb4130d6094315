//! 64-bit counters, also on targets without 64-bit atomics, such as 32-bit MIPS, PowerPC and RISC-V.

#[cfg(target_has_atomic = "64")]
pub(crate) use std::sync::atomic::AtomicU64;

#[cfg(not(target_has_atomic = "64"))]
pub(crate) use portable::AtomicU64;

/// The subset of the standard library's `AtomicU64` that this crate uses, for targets that do not have it. It is built
/// for tests everywhere, so that it is not only compiled where nobody runs it.
#[cfg(any(all(test, not(pyaltt_model)), not(target_has_atomic = "64")))]
mod portable {
    use std::sync::atomic::{Ordering, fence};

    use crossbeam_utils::atomic::AtomicCell;

    /// Where a target has no such atomic, `AtomicCell` locks for the few instructions of an access.
    #[derive(Debug, Default)]
    pub(crate) struct AtomicU64(AtomicCell<u64>);

    impl AtomicU64 {
        pub(crate) const fn new(value: u64) -> Self {
            Self(AtomicCell::new(value))
        }

        pub(crate) fn load(&self, order: Ordering) -> u64 {
            ordered(order, || self.0.load())
        }

        pub(crate) fn store(&self, value: u64, order: Ordering) {
            ordered(order, || self.0.store(value));
        }

        pub(crate) fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
            ordered(order, || self.0.fetch_add(value))
        }
    }

    /// An `AtomicCell` acquires and releases. Sequential consistency takes a fence on each side.
    fn ordered<R>(order: Ordering, access: impl FnOnce() -> R) -> R {
        if order != Ordering::SeqCst {
            return access();
        }
        fence(Ordering::SeqCst);
        let result = access();
        fence(Ordering::SeqCst);
        result
    }
}

#[cfg(all(test, not(pyaltt_model)))]
mod tests {
    use std::sync::atomic::Ordering;

    use super::portable::AtomicU64;

    #[test]
    fn a_portable_counter_loses_no_addition_and_is_never_torn() {
        const STEP: u64 = 1 << 32 | 1;
        let counter = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for order in [Ordering::SeqCst, Ordering::Relaxed] {
                let counter = &counter;
                scope.spawn(move || {
                    for _ in 0..10_000 {
                        counter.fetch_add(STEP, order);
                    }
                });
            }
            for _ in 0..10_000 {
                let seen = counter.load(Ordering::SeqCst);
                assert_eq!(seen >> 32, seen & u64::from(u32::MAX), "torn");
            }
        });
        assert_eq!(counter.load(Ordering::Relaxed), 20_000 * STEP);
        counter.store(7, Ordering::Release);
        assert_eq!(counter.load(Ordering::Acquire), 7);
    }
}
