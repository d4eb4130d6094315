//! The inbox: where a worker takes its turns from.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::context::Context;
use super::flow::Turn;
use super::source::{Next, Source};
use crate::error::WorkerError;
use crate::user_code;
use crate::wait::Wait;

/// What a worker takes its turns from: its source of turns and its control messages, in one.
///
/// A stop overtakes everything: as soon as the worker was told to stop, there are no more turns, and what is
/// queued stays queued for the next run.
pub struct Inbox<T> {
    pub(super) cx: Context,
    pub(super) source: Box<dyn Source<T>>,
    pub(super) on_error: Option<ErrorHandler>,
    pub(super) outcome: Outcome,
}

/// What a builder's `on_error` has made of a user's function.
pub(crate) type ErrorHandler = Box<dyn FnMut(&WorkerError) -> Turn + Send>;

/// What has come of the run so far.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// A turn said `Flow::Stop`.
    pub(crate) finished: bool,
    /// The error that ended the run.
    pub(crate) failure: Option<Arc<WorkerError>>,
    pub(crate) errors: u64,
    pub(crate) panics: u64,
}

impl<T: Send + 'static> Inbox<T> {
    pub(crate) fn new(cx: Context, source: Box<dyn Source<T>>, on_error: Option<ErrorHandler>) -> Self {
        Self { cx, source, on_error, outcome: Outcome::default() }
    }

    pub(crate) fn into_parts(self) -> (Context, Box<dyn Source<T>>, Option<ErrorHandler>, Outcome) {
        (self.cx, self.source, self.on_error, self.outcome)
    }

    /// Waits for the next turn. `None`: the worker was told to stop, or there will never be another turn.
    // A worker's loop is no iterator: it also runs turns with the inbox in between.
    #[expect(clippy::should_implement_trait, reason = "the inbox is used between two calls")]
    pub fn next(&mut self) -> Option<T> {
        self.take(Wait::Forever)
    }

    /// Takes a turn if there is one now.
    pub fn try_next(&mut self) -> Option<T> {
        self.take(Wait::No)
    }

    /// Waits for the next turn until `deadline`, by the worker's clock (on an external channel, by that of the
    /// machine). `None` also when the time is over; ask
    /// [`Context::is_active`] which it was.
    pub fn next_deadline(&mut self, deadline: Instant) -> Option<T> {
        self.take(Wait::Until(deadline))
    }

    fn take(&mut self, wait: Wait) -> Option<T> {
        match self.source.next(&self.cx, wait) {
            Next::Turn(task) => Some(task),
            Next::Nothing | Next::Ended => None,
            Next::Failed(error) => {
                self.fail(error);
                None
            }
        }
    }

    /// What the worker knows of itself.
    pub fn context(&mut self) -> &mut Context {
        &mut self.cx
    }

    /// Ends the run with an error that nobody wanted to go on after.
    pub(crate) fn fail(&mut self, error: WorkerError) {
        log!(error, worker = self.cx.name(), turn = self.cx.turn_number(), %error, "worker failed");
        let earlier = self.outcome.failure.replace(Arc::new(error));
        user_code::discard(earlier);
    }

    pub(crate) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The context and the source, to begin and to end a run with.
    pub(crate) fn source(&mut self) -> (&Context, &mut dyn Source<T>) {
        (&self.cx, &mut *self.source)
    }
}

impl<T> fmt::Debug for Inbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("cx", &self.cx).finish_non_exhaustive()
    }
}
