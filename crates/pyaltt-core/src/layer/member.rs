//! What a group does with a worker that belongs to it.

use std::sync::Arc;

use crate::control::state::State;
use crate::error::StartError;
use crate::handle::Handle;
use crate::run::membership::Membership;
use crate::wait::current_worker;

/// A worker, as its group sees it. No method waits for the worker's own code.
#[derive(Clone, Debug)]
pub struct Member(Handle);

/// The turn that a worker is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnInHand {
    /// Its number within its run, from 1.
    pub number: u64,
    /// Its number over all runs, from 1.
    pub overall: u64,
}

/// Whether the calling thread belongs to this worker.
#[must_use]
pub fn is_current(worker: u64) -> bool {
    current_worker::is(worker)
}

impl Member {
    /// Makes a worker a member of a group. What it does from now on is told to the membership.
    ///
    /// # Errors
    ///
    /// If the worker belongs to a group already: the membership that it has.
    pub fn join(handle: Handle, membership: Arc<dyn Membership>) -> Result<Self, Arc<dyn Membership>> {
        handle.shared().join_group(membership)?;
        Ok(Self(handle))
    }

    /// Ends the membership.
    pub fn leave(&self) {
        self.0.shared().leave_group();
    }

    /// Returns the worker's handle.
    pub fn handle(&self) -> &Handle {
        &self.0
    }

    /// Starts the worker, or ends its backoff, and returns at once, with the number of the run. `told` gets the result, on the
    /// worker's thread, and must not wait.
    ///
    /// # Errors
    ///
    /// If there is no run to wait for. Then `told` is not called.
    pub fn start(
        &self,
        told: impl FnOnce(Result<(), StartError>) + Send + 'static,
    ) -> Result<u64, StartError> {
        self.0.shared().begin_start(Box::new(told))
    }

    /// Ends the run in progress as a stop does, and holds the worker until its next start: the life goes on. Returns the
    /// state that the worker was in, and the number of the run in progress, or of the latest one.
    pub fn hold(&self) -> (State, u64) {
        self.0.control().hold()
    }

    /// Returns the turn in hand; `None` if there is none.
    #[must_use]
    pub fn turn(&self) -> Option<TurnInHand> {
        let turn = self.0.control().counters().current_turn()?;
        Some(TurnInHand { number: turn.number, overall: turn.overall })
    }

    /// The end of the process does not wait for the life in progress any more.
    pub fn release_exit(&self) {
        crate::platform::at_exit::release(self.0.id());
    }
}
