//! What a turn can say of its leased task, as an error that it returns.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::failure::BoxError;

/// Makes an error that gives the task of a leased queue up: no further attempt. The task goes to the dead ones at once.
///
/// The error counts, is reported and reads as the one that is given. On any other queue it is just an error.
///
/// # Examples
///
/// ```
/// use pyaltt::{Turn, give_up};
///
/// fn deliver(address: &str) -> Turn {
///     if address.is_empty() {
///         return Err(give_up("no address")); // trying again would not help
///     }
///     pyaltt::done()
/// }
///
/// assert_eq!(deliver("").unwrap_err().to_string(), "no address");
/// ```
pub fn give_up(error: impl Into<BoxError>) -> BoxError {
    Box::new(Judged { verdict: Verdict::GiveUp, error: Some(error.into()) })
}

/// Makes an error that says when the task of a leased queue is to be tried again, in place of the queue's policy. The
/// attempt counts: if it was the last one, the task is dead all the same.
///
/// The error counts, is reported and reads as the one that is given. On any other queue it is just an error.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use pyaltt::{Turn, retry_after};
///
/// fn deliver(is_busy: bool) -> Turn {
///     if is_busy {
///         return Err(retry_after(Duration::from_secs(60), "try again in a minute"));
///     }
///     pyaltt::done()
/// }
///
/// assert!(deliver(true).is_err());
/// ```
pub fn retry_after(delay: Duration, error: impl Into<BoxError>) -> BoxError {
    Box::new(Judged { verdict: Verdict::RetryAfter(delay), error: Some(error.into()) })
}

/// Makes an error that puts the task of a leased queue off: it is handed out again after `delay`. It counts neither as an
/// attempt nor as an error, and no error handler is called.
///
/// On any other queue it is just an error, because there the task cannot be put off.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use pyaltt::{Turn, later};
///
/// fn deliver(is_open: bool) -> Turn {
///     if !is_open {
///         return Err(later(Duration::from_secs(3600)));
///     }
///     pyaltt::done()
/// }
///
/// assert_eq!(deliver(false).unwrap_err().to_string(), "put off for 3600s");
/// ```
pub fn later(delay: Duration) -> BoxError {
    Box::new(Judged { verdict: Verdict::Later(delay), error: None })
}

/// What a turn says is to become of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    GiveUp,
    RetryAfter(Duration),
    Later(Duration),
}

impl Verdict {
    /// Takes the verdict off an error that a turn has returned. It is found in the chain of sources as well, because the
    /// error may have got context on its way; then the error is left as it is. The sources are user code, which may panic.
    pub(crate) fn split(error: BoxError) -> (Option<Self>, BoxError) {
        match error.downcast::<Judged>() {
            Ok(judged) => {
                let verdict = judged.verdict;
                (Some(verdict), judged.error.unwrap_or_else(|| format!("{verdict}").into()))
            }
            Err(error) => (Self::in_chain(&*error), error),
        }
    }

    fn in_chain(error: &(dyn Error + 'static)) -> Option<Self> {
        /// A chain that is longer than this goes in a circle.
        const LONGEST: usize = 100;
        std::iter::successors(error.source(), |&error| error.source())
            .take(LONGEST)
            .find_map(|error| error.downcast_ref::<Judged>())
            .map(|judged| judged.verdict)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GiveUp => f.write_str("given up"),
            Self::RetryAfter(delay) => write!(f, "to be tried again after {delay:?}"),
            Self::Later(delay) => write!(f, "put off for {delay:?}"),
        }
    }
}

/// An error with a verdict. It reads as the error in it.
struct Judged {
    verdict: Verdict,
    error: Option<BoxError>,
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => error.fmt(f),
            None => self.verdict.fmt(f),
        }
    }
}

impl fmt::Debug for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Judged {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.as_ref().and_then(|error| error.source())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Context(BoxError);

    impl fmt::Display for Context {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("while delivering")
        }
    }

    impl Error for Context {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&*self.0)
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_verdict_comes_off_and_leaves_the_users_error() {
        let (verdict, error) = Verdict::split(give_up("x".parse::<u32>().unwrap_err()));
        assert_eq!(verdict, Some(Verdict::GiveUp));
        assert!(error.is::<std::num::ParseIntError>());
        let (verdict, error) = Verdict::split(retry_after(MINUTE, "busy"));
        assert_eq!((verdict, &*error.to_string()), (Some(Verdict::RetryAfter(MINUTE)), "busy"));
        let (verdict, error) = Verdict::split(later(MINUTE));
        assert_eq!((verdict, &*error.to_string()), (Some(Verdict::Later(MINUTE)), "put off for 60s"));
        assert_eq!(Verdict::split("plain".into()).0, None);
    }

    #[test]
    fn a_verdict_is_found_under_the_context_that_was_added_to_it() {
        let error = Context(Box::new(Context(give_up("no address"))));
        let (verdict, error) = Verdict::split(error.into());
        assert_eq!((verdict, &*error.to_string()), (Some(Verdict::GiveUp), "while delivering"));
    }
}
