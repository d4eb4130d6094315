//! `std::thread::sleep` for what remains until the next slot.

use std::thread;
use std::time::Instant;

use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::pacing::{Pacing, Recorder, Recording, Run, on_grid};

pub(super) fn contender() -> Contender {
    let how = "std::thread::sleep for what remains until the next slot";
    Contender::new(Kind::Bare, "std-sleep", "std sleep", how).paces(StdSleep)
}

#[derive(Clone, Copy, Debug)]
struct StdSleep;

impl Pacing for StdSleep {
    fn run(&self, run: &Run, recorder: Recorder) -> anyhow::Result<Recording> {
        Ok(on_grid(run, recorder, |due| thread::sleep(due.saturating_duration_since(Instant::now()))))
    }
}
