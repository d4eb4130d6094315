//! What is done to a worker, from outside and by itself.

use crate::record::Call;

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Start(Spec),
    Stop,
    SignalStop,
    StopTimeout,
    Terminate,
    Wait,
    WaitTimeout,
    Drain,
    Put(How, u8),
    /// A task comes by the test's own end of the channel.
    Send(u8),
    /// The test drops its own end of the channel.
    HangUp,
    TakePending,
    Close,
    Trigger,
    /// Moves the clock, in milliseconds.
    Advance(u64),
    CloneHandle,
    DropHandle,
    Detach,
    IntoInner,
    /// Lets the call of the user's code that is held go on: it does something, and ends in a way.
    Release(Option<Deed>, End),
}

/// A start, with the fate of the run's hooks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spec {
    pub(crate) name: bool,
    pub(crate) arg: Option<u64>,
    pub(crate) interval: Option<u64>,
    pub(crate) daemon: Option<bool>,
    pub(crate) plan: Plan,
}

/// Which hook is held until it is released, and how the others end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) held: Option<Call>,
    pub(crate) before_start: End,
    pub(crate) after_start: End,
    pub(crate) before_stop: End,
    pub(crate) after_stop: End,
}

impl Plan {
    pub(crate) fn end(&self, call: Call) -> End {
        match call {
            Call::BeforeStart => self.before_start,
            Call::AfterStart => self.after_start,
            Call::Turn => End::Continue,
            Call::BeforeStop => self.before_stop,
            Call::AfterStop => self.after_stop,
        }
    }

    pub(crate) fn holds(&self, call: Call) -> bool {
        call == Call::Turn || self.held == Some(call)
    }
}

/// How to put a task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum How {
    Put,
    TryPut,
    /// With no time at all.
    PutTimeout,
}

/// What a call of the user's code does by the worker's own handle, on the worker's own thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Deed {
    TerminateContext,
    Start,
    Stop,
    SignalStop,
    StopTimeout,
    Terminate,
    Wait,
    Drain,
    Put(How, u8),
    TakePending,
    Close,
    Trigger,
    /// Drops the last handle.
    DropHandle,
}

/// How a call of the user's code ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum End {
    #[default]
    Continue,
    Stop,
    Fail(Answer),
    Panic(Answer),
}

/// What the error handler makes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    Continue,
    Stop,
    Fail,
    Panic,
}
