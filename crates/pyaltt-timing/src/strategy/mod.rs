//! How to wait for a deadline: one strategy a file.
//!
//! - [`poll`]: deadlines rounded up, so that many sleepers share a wake-up.
//! - [`precise`]: the kernel's own timer, at its finest setting.
//! - [`realtime`]: the kernel's timer until shortly before, and spinning for the rest.

mod poll;
mod precise;
mod realtime;

use std::time::Instant;

use crate::Gate;

pub use poll::Poll;
pub use precise::Precise;
pub use realtime::{Profile, Realtime};

/// How to wait for a deadline.
///
/// # Examples
///
/// A strategy of your own, which wraps another one and counts its waits:
///
/// ```
/// use pyaltt_timing::{Gate, Precise, Strategy, Waited};
/// use std::time::Instant;
///
/// struct Counted(Precise, u64);
///
/// impl Strategy for Counted {
///     fn wait_until(&mut self, deadline: Option<Instant>, gate: &dyn Gate) -> Waited {
///         self.1 += 1;
///         self.0.wait_until(deadline, gate)
///     }
/// }
/// ```
pub trait Strategy: Send {
    /// Called once on the thread that will wait, before its first wait. Does nothing by default.
    fn prepare(&mut self) {}

    /// Waits until `deadline` or until `gate` is interrupted; without a deadline, for the interruption alone.
    ///
    /// [`Waited::Due`] promises that `gate.now()` has reached the deadline: no wait ends early.
    fn wait_until(&mut self, deadline: Option<Instant>, gate: &dyn Gate) -> Waited;
}

impl<S: Strategy + ?Sized> Strategy for Box<S> {
    fn prepare(&mut self) {
        (**self).prepare();
    }

    fn wait_until(&mut self, deadline: Option<Instant>, gate: &dyn Gate) -> Waited {
        (**self).wait_until(deadline, gate)
    }
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// The deadline has come.
    Due,
    /// The gate was interrupted before.
    Interrupted,
}

/// Parks until `deadline`: the part that all strategies have in common.
fn park_until(deadline: Option<Instant>, gate: &dyn Gate) -> Waited {
    loop {
        if gate.is_interrupted() {
            return Waited::Interrupted;
        }
        if deadline.is_some_and(|deadline| gate.now() >= deadline) {
            return Waited::Due;
        }
        gate.park(deadline);
    }
}
