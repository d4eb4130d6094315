//! The kernel's own timer, at its finest setting.

use std::time::Instant;

use super::{Strategy, Waited, park_until};
use crate::{Gate, slack};

/// Parks until the deadline with the finest timer slack that the system gives. The default of all workers.
///
/// Linux lets a timer fire late by the thread's timer slack, 50 µs unless told otherwise; this strategy sets
/// it to 1 ns for the thread that waits, which needs no privilege and halves the lateness of a plain sleep.
/// Threads that such a thread starts inherit its slack. Elsewhere than on Linux it is a plain timed park.
#[derive(Clone, Copy, Debug, Default)]
pub struct Precise;

impl Precise {
    /// The strategy.
    pub fn new() -> Self {
        Self
    }
}

impl Strategy for Precise {
    fn prepare(&mut self) {
        slack::make_finest();
    }

    fn wait_until(&mut self, deadline: Option<Instant>, gate: &dyn Gate) -> Waited {
        park_until(deadline, gate)
    }
}
