//! `rtsc::time::interval`, the pacing of `RoboPLC`.

use std::time::Instant;

use ::rtsc::time::{MissedTickBehavior, interval};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::pacing::{Pacing, Recorder, Recording, Run};

pub(super) fn contender() -> Contender {
    let how = "the Interval of rtsc (RoboPLC) with MissedTickBehavior::Skip";
    Contender::new(Kind::Timer, "rtsc-interval", "rtsc interval", how).paces(Rtsc)
}

#[derive(Clone, Copy, Debug)]
struct Rtsc;

impl Pacing for Rtsc {
    fn run(&self, run: &Run, mut recorder: Recorder) -> anyhow::Result<Recording> {
        // The first call is slow, because its code has to be read in, and would blur the anchor.
        interval(run.period()).tick();
        let mut interval = interval(run.period()).set_missing_tick_behavior(MissedTickBehavior::Skip);
        // Its grid begins with its first tick, which comes at once.
        recorder.anchor(Instant::now());
        loop {
            interval.tick();
            if !recorder.wake() {
                return Ok(recorder.finish());
            }
        }
    }
}
