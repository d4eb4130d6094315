//! The conditions under which an interval is kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The conditions of one case of the timing report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// The interval.
    pub period_ns: u64,
    /// What else the machine has to do.
    pub load: Load,
    /// How the measured threads are scheduled.
    pub policy: Policy,
}

/// What else the machine has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Load {
    /// Nothing but what runs anyway.
    Idle,
    /// One busy process (or thread) for each processor.
    Cpu,
}

/// A scheduling policy of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// `SCHED_OTHER`, which every program has.
    Other,
    /// `SCHED_FIFO`, which needs a permission.
    Fifo,
}

/// The priority of all measured threads under `SCHED_FIFO`.
pub const FIFO_PRIORITY: u8 = 80;

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "idle",
            Self::Cpu => "cpu",
        })
    }
}

impl FromStr for Load {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        find([Self::Idle, Self::Cpu], text)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Other => "other",
            Self::Fifo => "fifo",
        })
    }
}

impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        find([Self::Other, Self::Fifo], text)
    }
}

fn find<T: fmt::Display, const N: usize>(all: [T; N], text: &str) -> Result<T, String> {
    let names = all.each_ref().map(ToString::to_string);
    let found = all.into_iter().find(|one| one.to_string() == text);
    found.ok_or_else(|| format!("possible values: {}", names.join(", ")))
}
