//! Why there is no answer.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::exit::Exit;

/// Why a wait for an answer returned without one.
///
/// # Examples
///
/// ```
/// use pyaltt::{AskError, ReplyTo};
///
/// let shop = pyaltt::queue(|to: ReplyTo<u32>, _cx| drop(to)).name("shop").start()?;
/// let error = shop.ask(|to| to)?.wait().unwrap_err();
/// assert!(matches!(error, AskError::NoReply { .. }));
/// assert_eq!(error.to_string(), r#"worker "shop" gave no answer: the question was dropped without one"#);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum AskError {
    /// The [`ReplyTo`](super::answerer::ReplyTo) was dropped without an answer: by the turn, with its task, or with the
    /// worker that kept it, if a restart made a new one. Also what a [`Reply`](super::asker::Reply) gives whose answer was taken before.
    #[non_exhaustive]
    NoReply {
        /// The name of the worker that was asked; empty if the reply belongs to none.
        worker: Arc<str>,
    },
    /// The [`ReplyTo`](super::answerer::ReplyTo) was dropped while its thread was panicking.
    #[non_exhaustive]
    Panicked {
        /// The name of the worker that was asked; empty if the reply belongs to none.
        worker: Arc<str>,
    },
    /// The worker has ended before an answer, and no restart follows. If several read its queue, all of them have. A task
    /// that was not begun is still pending, or was taken out.
    #[non_exhaustive]
    Ended {
        /// The name of the worker that was asked.
        worker: Arc<str>,
        /// How the worker ended, or the last one of several. A start that failed is a run that failed, without turns.
        exit: Exit,
    },
    /// There was no answer in time. The reply is still open and can be waited for again.
    #[non_exhaustive]
    Timeout {
        /// The name of the worker that was asked; empty if the reply belongs to none.
        worker: Arc<str>,
        /// How long the call waited.
        waited: Duration,
    },
    /// The wait came from a turn of another worker, which was told to stop meanwhile.
    #[non_exhaustive]
    Stopping {
        /// The name of the worker that was asked; empty if the reply belongs to none.
        worker: Arc<str>,
    },
    /// The wait came from a thread of the only worker that reads the queue of the question, which cannot answer while it
    /// waits. If there was another reader when the wait began, that has ended since.
    #[non_exhaustive]
    FromWorker {
        /// The name of the worker that was asked.
        worker: Arc<str>,
    },
}

/// The same, as both sides of the answer know it: whatever the wait, there is no answer.
#[derive(Clone)]
pub(super) enum Closed {
    NoReply,
    Panicked,
    Ended(Arc<Exit>),
}

impl AskError {
    /// Returns the name of the worker that was asked. It is empty if the reply belongs to no worker.
    ///
    /// # Examples
    ///
    /// ```
    /// let (to, reply) = pyaltt::reply::<u32>();
    /// drop(to);
    /// assert_eq!(reply.wait().unwrap_err().worker(), "");
    /// ```
    pub fn worker(&self) -> &str {
        let (Self::NoReply { worker }
        | Self::Panicked { worker }
        | Self::Ended { worker, .. }
        | Self::Timeout { worker, .. }
        | Self::Stopping { worker }
        | Self::FromWorker { worker }) = self;
        worker
    }
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = Who(self.worker());
        match self {
            Self::NoReply { .. } => write!(f, "{who} gave no answer: the question was dropped without one"),
            Self::Panicked { .. } => write!(f, "{who} gave no answer: it panicked"),
            Self::Ended { exit, .. } => write!(f, "{who} has ended without an answer ({})", exit.reason),
            Self::Timeout { waited, .. } => write!(f, "{who} has not answered after {waited:?}"),
            Self::Stopping { .. } => {
                write!(f, "the wait for {who} was cut, because the worker that waited was told to stop")
            }
            Self::FromWorker { .. } => {
                write!(
                    f,
                    "{who} cannot answer, because the worker that waits is the only one that reads the queue of the \
                     question; hand the reply on or await it"
                )
            }
        }
    }
}

impl fmt::Debug for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for AskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Ended { exit, .. } => exit.error.as_deref().map(|error| error as &(dyn Error + 'static)),
            _ => None,
        }
    }
}

/// Who was asked, in the text of an error.
struct Who<'a>(&'a str);

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => f.write_str("the other side"),
            worker => write!(f, "worker {worker:?}"),
        }
    }
}
