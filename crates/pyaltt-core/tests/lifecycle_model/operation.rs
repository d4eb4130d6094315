//! What is done to a worker, from outside and by its own code.

use crate::record::Call;

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Start(Spec),
    Stop,
    SignalStop,
    StopTimeout,
    Terminate,
    Pause,
    Resume,
    Wait,
    WaitTimeout,
    Drain,
    Put(How, u8),
    /// Puts a task that is a question, and waits for its answer.
    Ask(How, u8),
    /// Sends a task by the sender that the test holds.
    Send(u8),
    /// Drops that sender.
    HangUp,
    TakePending,
    Close,
    Trigger,
    /// Moves the clock by milliseconds.
    Advance(u64),
    CloneHandle,
    DropHandle,
    Detach,
    IntoInner,
    /// Lets the held call of user code go on: it does this, if anything, and ends like this.
    Release(Option<Action>, End),
}

/// A start, with how the run's hooks end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spec {
    pub(crate) name: bool,
    pub(crate) arg: Option<u64>,
    pub(crate) interval: Option<u64>,
    pub(crate) daemon: Option<bool>,
    pub(crate) paused: Option<bool>,
    pub(crate) plan: Plan,
}

/// Which hook is held until it is released, and how the other hooks end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) held: Option<Call>,
    pub(crate) before_start: End,
    pub(crate) after_start: End,
    pub(crate) before_stop: End,
    pub(crate) after_stop: End,
    pub(crate) on_exit: End,
}

impl Plan {
    pub(crate) fn end(&self, call: Call) -> End {
        match call {
            Call::BeforeStart => self.before_start,
            Call::AfterStart => self.after_start,
            Call::Turn => End::Continue,
            Call::BeforeStop => self.before_stop,
            Call::AfterStop => self.after_stop,
            Call::OnExit => self.on_exit,
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
    /// With a timeout of zero.
    PutTimeout,
}

/// What a call of user code does with its own worker's handle, on the worker's thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Action {
    TerminateContext,
    Start,
    Stop,
    SignalStop,
    StopTimeout,
    Terminate,
    Pause,
    Resume,
    Wait,
    Drain,
    Put(How, u8),
    TakePending,
    Close,
    Trigger,
    /// Drops the last handle.
    DropHandle,
}

/// How a call of user code ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum End {
    #[default]
    Continue,
    Stop,
    Fail(Answer),
    Panic(Answer),
}

/// What the error handler answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    Continue,
    Stop,
    Fail,
    Panic,
}
