//! Work that the end of the process waits for, without being a worker's.

use std::fmt;

use crate::platform::at_exit::{ExitGuard, NonDaemon};

/// Keeps the process alive as long as it exists, as a worker that is no daemon does.
pub struct HoldExit {
    _guard: ExitGuard,
}

impl HoldExit {
    /// Begins to hold the end of the process.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "what holds a process is not made by default")]
    pub fn new() -> Self {
        Self { _guard: ExitGuard::new(Held) }
    }
}

impl fmt::Debug for HoldExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HoldExit").finish_non_exhaustive()
    }
}

/// Nothing that could be told to stop: it ends by itself.
struct Held;

impl NonDaemon for Held {
    fn stop(&self) {}

    fn end_backoffs(&self) {}

    fn worker(&self) -> Option<u64> {
        None
    }

    fn is_current(&self) -> bool {
        false
    }
}
