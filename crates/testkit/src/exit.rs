//! What a wait for the end of a run returned.

use pyaltt::{Exit, ExitReason, StopError};

/// The exit of a run that has failed. Panics unless the wait said that it has.
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

/// The exit of a run that was waited for, whether it has failed or not. Panics if the wait was over before the run, and
/// unless a run that has failed was an error.
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
