//! The error of a wait for the end of any of several workers.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How many workers the text of an error names.
const NAMED: usize = 8;

/// Why [`wait_any`](super::wait_any::wait_any) returned before any of the workers has ended.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let mail = pyaltt::queue(|_letter: &str, _cx| ()).name("mail").start()?;
/// let error = pyaltt::wait_any(&[&mail], Some(Duration::ZERO)).unwrap_err();
/// assert_eq!(error.to_string(), r#"none of the workers "mail" has ended within 0ns"#);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum WaitError {
    /// The call was given no workers, so none will ever end.
    NoWorkers,
    /// None of the workers has ended in time. They can be waited for again.
    #[non_exhaustive]
    Timeout {
        /// The names of the workers, as they were given.
        workers: Vec<Arc<str>>,
        /// How long the call was told to wait.
        timeout: Duration,
    },
    /// The call came from a turn of a worker that was told to stop meanwhile. Those that were waited for go on.
    #[non_exhaustive]
    Stopping {
        /// The names of the workers that were waited for, as they were given.
        workers: Vec<Arc<str>>,
    },
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWorkers => f.write_str("there is no worker to wait for; give at least one"),
            Self::Timeout { workers, timeout } => {
                write!(f, "none of the workers {} has ended within {timeout:?}", Names(workers))
            }
            Self::Stopping { workers } => write!(
                f,
                "the wait for the end of any of the workers {} was cut, because the worker that waited was told to stop",
                Names(workers)
            ),
        }
    }
}

impl fmt::Debug for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for WaitError {}

/// The first few names, and how many there are besides.
struct Names<'a>(&'a [Arc<str>]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.iter().take(NAMED).enumerate() {
            write!(f, "{}{name:?}", if at == 0 { "" } else { ", " })?;
        }
        match self.0.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
