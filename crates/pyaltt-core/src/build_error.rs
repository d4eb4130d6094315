//! What is said of an option that cannot be used.

use std::fmt;
use std::sync::Arc;

use pyaltt_timing::TimingError;

/// An option of a worker cannot be used: which worker, which option, what was given and what is allowed.
///
/// # Examples
///
/// ```
/// let error = pyaltt_core::queue(|_letter: String, _cx| ()).name("mail").bounded(0).build().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "worker \"mail\": option `bounded` is 0; allowed: a number from 1 to 9223372036854775807",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    worker: Arc<str>,
    option: &'static str,
    given: String,
    allowed: String,
}

impl BuildError {
    pub(crate) fn new(
        worker: &Arc<str>,
        option: &'static str,
        given: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Self {
        Self { worker: Arc::clone(worker), option, given: given.into(), allowed: allowed.into() }
    }

    pub(crate) fn timing(worker: &Arc<str>, error: &TimingError) -> Self {
        Self::new(worker, error.option(), format!("{:?}", error.given()), error.allowed())
    }

    /// The name of the worker.
    pub fn worker(&self) -> &str {
        &self.worker
    }

    /// The option, as its method is called.
    pub fn option(&self) -> &str {
        self.option
    }

    /// What was given, in words.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// What is allowed, in words.
    pub fn allowed(&self) -> &str {
        &self.allowed
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { worker, option, given, allowed } = self;
        write!(f, "worker {worker:?}: option `{option}` is {given}; allowed: {allowed}")
    }
}

impl std::error::Error for BuildError {}
