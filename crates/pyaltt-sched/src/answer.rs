//! The system's answer to one request.

use std::io;
use std::sync::Arc;

/// The outcome of one request.
///
/// # Examples
///
/// ```
/// use pyaltt::sched::{RtFeature, RtOutcome, Sched};
///
/// // How large this thread's stack is, is unknown here, so nothing of it is touched.
/// let report = Sched::new().prefault_stack(4096).apply();
/// assert_eq!(report.get(RtFeature::Stack).unwrap().outcome(), RtOutcome::Refused);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RtOutcome {
    /// The system granted all of it.
    Granted,
    /// The system accepted it and gave less than was asked.
    Partial,
    /// The system refused it.
    Refused,
    /// This system does not have it.
    Unsupported,
}

/// The system's answer to one request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) outcome: RtOutcome,
    pub(crate) actual: Option<String>,
    pub(crate) error: Option<Arc<io::Error>>,
    pub(crate) needs: Option<String>,
}

#[allow(dead_code, reason = "not every system has every answer")]
impl Answer {
    fn new(outcome: RtOutcome) -> Self {
        Self { outcome, actual: None, error: None, needs: None }
    }

    pub(crate) fn granted(actual: impl ToString) -> Self {
        Self::new(RtOutcome::Granted).has(Some(actual))
    }

    pub(crate) fn partial(actual: impl ToString) -> Self {
        Self::new(RtOutcome::Partial).has(Some(actual))
    }

    pub(crate) fn refused() -> Self {
        Self::new(RtOutcome::Refused)
    }

    pub(crate) fn unsupported() -> Self {
        Self::new(RtOutcome::Unsupported)
    }

    /// Sets what the thread has now.
    pub(crate) fn has(mut self, actual: Option<impl ToString>) -> Self {
        self.actual = actual.map(|actual| actual.to_string());
        self
    }

    /// Sets the error of a refusal.
    pub(crate) fn error(mut self, error: impl Into<io::Error>) -> Self {
        let error = error.into();
        // A kernel built without the call supports it no more than a system that never had it.
        if error.kind() == io::ErrorKind::Unsupported {
            return Self::unsupported();
        }
        self.error = Some(Arc::new(error));
        self
    }

    /// Sets what would allow the request.
    pub(crate) fn needs(mut self, needs: impl Into<String>) -> Self {
        self.needs = Some(needs.into());
        self
    }
}
