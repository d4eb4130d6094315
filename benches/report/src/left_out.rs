//! What a report does not contain.

use serde::{Deserialize, Serialize};

/// Why a contender, or a part of the report, is missing, and how to get it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftOut {
    /// What is missing: the label of a contender, with the cases that lack it, or a few words.
    pub(crate) what: String,
    pub(crate) reason: String,
    pub(crate) remedy: String,
}

impl LeftOut {
    pub(crate) fn new(what: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), reason: reason.into(), remedy: remedy.into() }
    }
}
