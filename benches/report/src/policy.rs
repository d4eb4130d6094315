//! Scheduling policies: which there are, and whether one is permitted here.

use std::fmt;
use std::thread;

use anyhow::anyhow;
use serde::{Deserialize, Serialize};
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

/// A scheduling policy of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Policy {
    /// `SCHED_OTHER`, what every program has
    Other,
    /// `SCHED_FIFO`, which needs a permission
    Fifo,
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Other => "other",
            Self::Fifo => "fifo",
        })
    }
}

/// The priority of all measured threads under `SCHED_FIFO`.
pub(crate) const FIFO_PRIORITY: u8 = 80;

/// Puts the calling thread, and with it all that it starts from now on, under `SCHED_FIFO`.
pub(crate) fn make_current_thread_fifo() -> anyhow::Result<()> {
    let priority =
        ThreadPriority::Crossplatform(FIFO_PRIORITY.try_into().map_err(|error| anyhow!("{error}"))?);
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    set_thread_priority_and_policy(thread_native_id(), priority, policy).map_err(|error| match error {
        thread_priority::Error::OS(code) => std::io::Error::from_raw_os_error(code).into(),
        other => anyhow!("{other:?}"),
    })
}

/// Whether `SCHED_FIFO` is permitted, found out by trying it on a thread that ends at once.
pub(crate) fn fifo_is_permitted() -> anyhow::Result<()> {
    thread::spawn(make_current_thread_fifo).join().map_err(|_| anyhow!("the probing thread panicked"))?
}
