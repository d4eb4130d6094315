//! No service manager.
#![expect(clippy::unused_self, reason = "it has the face of the other one")]

use std::time::Instant;

/// Nobody is told.
#[derive(Debug)]
pub(crate) struct Service;

impl Service {
    pub(crate) fn off() -> Self {
        Self
    }

    pub(crate) fn from_environment(_group: &str) -> Self {
        Self
    }

    pub(crate) fn is_on(&self) -> bool {
        false
    }

    pub(crate) fn ready(&mut self, _doing: &str) {}

    pub(crate) fn status(&mut self, _doing: &str) {}

    pub(crate) fn reloading(&mut self) {}

    pub(crate) fn reloaded(&mut self) {}

    pub(crate) fn stopping(&mut self) {}

    pub(crate) fn next_feed(&self) -> Option<Instant> {
        None
    }

    pub(crate) fn feed(&mut self, _is_well: bool) {}
}
