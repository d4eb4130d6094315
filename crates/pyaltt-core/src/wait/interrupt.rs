//! What cuts the waits of a worker's threads.

use std::convert::Infallible;
use std::fmt;

use crossbeam_channel::Receiver;

use super::wait_list::Ticket;
use crate::sync::Unparker;

/// Cuts the waits that this library makes on the threads of one worker, when that worker is told to end.
///
/// A stop cuts the waits in turns, in loops and in `before_start`; in the hooks after them only a terminate does. A
/// drain cuts none.
pub(crate) trait Interrupt: Send + Sync + fmt::Debug {
    /// Whether waits are cut.
    fn is_cut(&self) -> bool;

    /// Registers a thread to be unparked when waits are cut. It has to check [`is_cut`](Self::is_cut) afterwards and
    /// before it parks: either the cut sees the thread, or the thread sees the cut.
    fn register(&self, unparker: &Unparker) -> Ticket;

    fn unregister(&self, ticket: Ticket);

    /// A receiver that disconnects when waits are cut, for waits in a `select!`.
    fn receiver(&self) -> Receiver<Infallible>;

    /// Records that a wait was cut: an error that the turn returns after it is not the turn's own.
    fn record_cut(&self);
}
