//! Spinning: waiting awake, for as long as a sleep and a wake-up would cost.

use std::hint;
use std::sync::OnceLock;
use std::thread;

use crate::sync::IS_MODEL;

/// Looks up to `spins` times whether `ready` has come true, and says whether it has.
///
/// It never yields, for a yield before a park delays the wake-up by some tens of microseconds. On one processor
/// it looks once: what it waits for can only happen when it sleeps.
pub(crate) fn spin_until(spins: u32, mut ready: impl FnMut() -> bool) -> bool {
    let spins = if !IS_MODEL && has_company() { spins } else { 1 };
    for _ in 0..spins {
        if ready() {
            return true;
        }
        hint::spin_loop();
    }
    false
}

/// Whether other threads can run while this one spins.
fn has_company() -> bool {
    static HAS_COMPANY: OnceLock<bool> = OnceLock::new();
    *HAS_COMPANY.get_or_init(|| thread::available_parallelism().is_ok_and(|n| n.get() > 1))
}
