//! The data behind the lock of a worker's control.

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
    /// The stop signal of the run in progress; `None` between runs, when there is nothing to stop.
    pub(super) signal: Option<Arc<StopSignal>>,
    pub(super) thread: Thread,
    pub(super) exit: Exit,
    pub(super) daemon: bool,
    pub(super) detached: bool,
    /// The worker was taken out with `into_inner`, so there will be no further run.
    pub(super) retired: bool,
}

/// The operating system's thread of the latest run.
#[derive(Debug)]
pub(super) enum Thread {
    /// There is no thread to join.
    Gone,
    /// It is being spawned.
    Spawning,
    /// It is waiting to be joined. The first caller to see this joins it.
    Joinable(JoinHandle<()>),
    /// A caller is joining it with the lock released.
    Joining,
}

/// The outcome of one step of a wait for the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The run has ended and its thread is gone, as far as the caller may wait for it.
    Ended,
    /// Something has changed; check again.
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
            // `user_code::call` catches every panic of user code, so this one can only come from a thread-local's
            // destructor. The payload is forgotten because its own destructor could panic again.
            std::mem::forget(payload);
        }
    }
}
