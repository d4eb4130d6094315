//! No scheduling: a worker's thread runs as the system runs any other.

use std::sync::Arc;

use crate::error::{BuildError, StartError};

/// Nothing is asked for.
#[derive(Debug)]
pub(crate) struct Scheduling;

#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "it has the face of the real one")]
impl Scheduling {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn check(&self, _worker: &Arc<str>, _stack_size: Option<usize>) -> Result<(), BuildError> {
        Ok(())
    }

    pub(crate) fn least_stack_size(&self) -> Option<usize> {
        None
    }

    pub(crate) fn apply(
        &self,
        _worker: &str,
        _run: u64,
        _stack_size: Option<usize>,
    ) -> Result<(), StartError> {
        Ok(())
    }
}
