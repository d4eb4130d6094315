//! What a worker wants.

use std::time::Instant;

#[derive(Debug)]
pub(super) struct Consumer<W> {
    pub(super) waker: W,
    pub(super) mode: Mode,
    /// How many tasks it wants, if it is idle.
    pub(super) demand: usize,
    /// Which question it was when it became idle.
    pub(super) question: u64,
}

/// The states of a worker, as the [dispatch](super) draws them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Has tasks, or has not asked for any yet.
    Busy,
    /// Has settled all that it had, at this time. Most likely it asks for more at once.
    Between(Instant),
    /// Wants tasks, and an answer by a look that begins after its question.
    Asks,
    /// The look has begun.
    Looks,
    /// It found nothing. The worker does not know yet.
    Told,
    /// Wants tasks. It knows that there were none.
    Waits,
}

impl Mode {
    pub(super) fn is_idle(self) -> bool {
        !matches!(self, Self::Busy | Self::Between(_))
    }
}

impl<W> Consumer<W> {
    pub(super) fn new(waker: W) -> Self {
        Self { waker, mode: Mode::Busy, demand: 0, question: 0 }
    }

    /// It has got tasks.
    pub(super) fn work(&mut self) {
        self.mode = Mode::Busy;
        self.demand = 0;
    }
}
