//! `std::thread::sleep` for what remains until the next slot.

use std::thread;
use std::time::Instant;

use super::{Contender, on_grid};
use crate::child::{Job, Recorder, Recording};

#[derive(Clone, Copy, Debug)]
pub(super) struct StdSleep;

impl Contender for StdSleep {
    fn id(&self) -> &'static str {
        "std-sleep"
    }

    fn label(&self) -> &'static str {
        "std sleep"
    }

    fn how(&self) -> &'static str {
        "std::thread::sleep for what remains until the next slot"
    }

    fn run(&self, job: &Job, recorder: Recorder) -> anyhow::Result<Recording> {
        Ok(on_grid(job, recorder, |due| thread::sleep(due.saturating_duration_since(Instant::now()))))
    }
}
