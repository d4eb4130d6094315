//! What a run is given, for its context.

use std::any::Any;
use std::sync::Arc;

use crate::control::stop_signal::StopSignal;
use crate::error::BuildError;
use crate::lease::lent::Loan;
use crate::pace::Timing;
use crate::user_code;

/// A value of any type from the user, found again by that type.
pub(crate) type Object = Box<dyn Any + Send>;

/// The part of a context that is given at a start, and new in every run.
pub(crate) struct RunData {
    pub(crate) name: Arc<str>,
    pub(crate) number: u64,
    pub(crate) signal: Arc<StopSignal>,
    /// The timing of a looped worker.
    pub(crate) timing: Option<Timing>,
    pub(crate) object: Option<Object>,
    pub(crate) args: Vec<Object>,
    pub(crate) turns: u64,
    /// Whether the last error was seen by no handler of the user's.
    pub(crate) unhandled: bool,
    /// An option of this run that is invalid, so that it cannot begin.
    pub(crate) rejected: Option<BuildError>,
    /// The leased tasks in hand.
    pub(crate) hand: Vec<Loan>,
    /// Whether a batch is gathered.
    pub(crate) is_gathering: bool,
}

impl RunData {
    pub(crate) fn new(
        name: Arc<str>,
        number: u64,
        signal: Arc<StopSignal>,
        timing: Option<Timing>,
        object: Option<Object>,
        args: Vec<Object>,
    ) -> Self {
        Self {
            name,
            number,
            signal,
            timing,
            object,
            args,
            turns: 0,
            unhandled: false,
            rejected: None,
            hand: Vec::new(),
            is_gathering: false,
        }
    }

    /// Makes it the data of a further run, which keeps what was given at the start.
    pub(crate) fn begin_again(&mut self, number: u64, signal: Arc<StopSignal>) {
        self.number = number;
        self.signal = signal;
        self.turns = 0;
        self.unhandled = false;
        self.rejected = None;
    }

    /// Replaces what was given at the start.
    pub(crate) fn replace(&mut self, object: Option<Object>, args: Vec<Object>) {
        self.discard();
        self.object = object;
        self.args = args;
    }

    fn discard(&mut self) {
        self.args.drain(..).for_each(user_code::discard);
        user_code::discard(self.object.take());
    }
}

/// Drops the values one by one, so that a destructor that panics does not keep the others from running. It is a `Drop`
/// impl because the data of a start that got no thread has to be dropped in the same way.
impl Drop for RunData {
    fn drop(&mut self) {
        self.discard();
    }
}
