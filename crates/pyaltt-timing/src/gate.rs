//! What can interrupt a wait.

use std::time::Instant;

use crate::Waited;

/// What a [`Strategy`](crate::Strategy) waits behind: it tells the time, parks the thread, and can be opened
/// at any moment by somebody who has news for the one who waits.
///
/// A worker's inbox is a gate, so a stop ends any wait at once. A [`Ticker`](crate::Ticker) has one of its own.
pub trait Gate {
    /// The time by the clock of this gate.
    fn now(&self) -> Instant;

    /// The moment that multiples of a poll delay are counted from.
    fn epoch(&self) -> Instant;

    /// Whether the wait must end now, deadline or not. Cheap: it is asked while spinning.
    fn is_interrupted(&self) -> bool;

    /// Parks the thread until `deadline`, an interruption, or for no reason at all; `None` is no deadline.
    fn park(&self, deadline: Option<Instant>);

    /// Waits busily until `until` or an interruption, and says which.
    fn spin(&self, until: Instant) -> Waited;
}
