//! `SCHED_FIFO`: whether it is permitted here, and how a thread gets it.

use std::thread;

use anyhow::anyhow;
use pyaltt_benches::conditions::FIFO_PRIORITY;
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

/// Puts the calling thread, and every thread that it starts from now on, under `SCHED_FIFO`.
pub(crate) fn make_current_thread_fifo() -> anyhow::Result<()> {
    let priority =
        ThreadPriority::Crossplatform(FIFO_PRIORITY.try_into().map_err(|error| anyhow!("{error}"))?);
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    set_thread_priority_and_policy(thread_native_id(), priority, policy).map_err(|error| match error {
        thread_priority::Error::OS(code) => std::io::Error::from_raw_os_error(code).into(),
        other => anyhow!("{other:?}"),
    })
}

/// Whether `SCHED_FIFO` is permitted, tried on a thread that ends at once.
pub(crate) fn fifo_is_permitted() -> anyhow::Result<()> {
    thread::spawn(make_current_thread_fifo).join().map_err(|_| anyhow!("the probing thread panicked"))?
}
