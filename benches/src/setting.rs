//! What a run has of the machine.

use serde::{Deserialize, Serialize};

/// What a run has of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// All processors, and they have nothing else to do.
    #[default]
    Free,
    /// One processor, which all threads of the run share.
    OneProcessor,
    /// All processors, each with a process on it that never sleeps.
    Hogs,
}
