//! What a report does not hold.

use serde::{Deserialize, Serialize};

/// Why a contender, or a part of the report, is missing, and how to get it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftOut {
    /// What is missing: the id of a contender, or a few words.
    pub(crate) what: String,
    pub(crate) reason: String,
    pub(crate) remedy: String,
}
