//! What stands under the lock of a worker's control.

use std::sync::Arc;

use super::state::State;
use super::stop_signal::StopSignal;
use crate::exit::Exit;
use crate::sync::thread::JoinHandle;

/// The lifecycle of one worker, as its handles and its thread see it.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) state: State,
    /// The number of the latest run, from 1.
    pub(super) run: u64,
    pub(super) signal: Option<Arc<StopSignal>>,
    pub(super) thread: Thread,
    pub(super) exit: Exit,
    pub(super) daemon: bool,
    pub(super) detached: bool,
    /// The worker was taken out, so there will be no further run.
    pub(super) retired: bool,
}

/// The thread of the latest run, as the operating system has it.
#[derive(Debug)]
pub(super) enum Thread {
    /// There is none to join.
    Gone,
    /// It is being spawned.
    Spawning,
    /// Somebody has to join it.
    Joinable(JoinHandle<()>),
    /// Somebody is joining it.
    Joining,
}

/// How far a wait for the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The run has ended and its thread is gone, as far as the caller may wait for it.
    Ended,
    /// Something has changed; look again.
    Again,
    /// The deadline has passed.
    TimedOut,
}

impl Record {
    /// The record of a worker that was never started.
    pub(super) fn new(daemon: bool) -> Self {
        Self {
            state: State::Stopped,
            run: 0,
            signal: None,
            thread: Thread::Gone,
            exit: Exit::never_started(),
            daemon,
            detached: false,
            retired: false,
        }
    }
}

impl Thread {
    /// Joins the thread, if there is one to join.
    pub(super) fn join(self) {
        if let Self::Joinable(thread) = self
            && let Err(payload) = thread.join()
        {
            // All user code is called under `user_code::call`, so this is the panic of a thread-local's destructor
            // at most. The payload's own destructor could panic again.
            std::mem::forget(payload);
        }
    }
}
