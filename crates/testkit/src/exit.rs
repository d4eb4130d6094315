//! What a wait for the end of a run returned.

use pyaltt::{Exit, ExitReason, StopError};

/// The exit of a run that has failed.
///
/// # Panics
///
/// Panics unless the wait said that it has failed.
///
/// # Examples
///
/// ```
/// use pyaltt::looped;
///
/// let printer = looped(|_tick, _cx| Err::<(), _>("no paper")).start()?;
/// assert_eq!(testkit::failed(printer.wait()).errors, 1);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[track_caller]
pub fn failed(result: Result<Exit, StopError>) -> Exit {
    match result {
        Err(StopError::Failed(exit)) => {
            assert_eq!(exit.reason, ExitReason::Failed, "only a run that failed is an error");
            exit
        }
        Err(error) => panic!("the run should have failed, and the wait returned the error {error}"),
        Ok(exit) => panic!("the run should have failed, and the wait returned {exit:?}"),
    }
}

/// The exit of a run that was waited for, whether it has failed or not.
///
/// # Panics
///
/// Panics if the wait was over before the run, and if it was an error for a run that has not failed, or none for one
/// that has.
///
/// # Examples
///
/// ```
/// use pyaltt::{ExitReason, looped};
///
/// for (goes_on, reason) in [(Ok(false), ExitReason::Finished), (Err("no paper"), ExitReason::Failed)] {
///     let printer = looped(move |_tick, _cx| goes_on).start()?;
///     assert_eq!(testkit::exit_of(printer.wait()).reason, reason);
/// }
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[track_caller]
pub fn exit_of(result: Result<Exit, StopError>) -> Exit {
    match result {
        Ok(exit) => {
            assert_ne!(exit.reason, ExitReason::Failed, "a run that failed is an error");
            exit
        }
        result => failed(result),
    }
}
