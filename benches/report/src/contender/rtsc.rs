//! `rtsc::time::interval`, the pacing of `RoboPLC`.

use std::time::Instant;

use ::rtsc::time::{MissedTickBehavior, interval};

use super::Contender;
use crate::child::{Job, Recorder, Recording};

#[derive(Clone, Copy, Debug)]
pub(super) struct Rtsc;

impl Contender for Rtsc {
    fn id(&self) -> &'static str {
        "rtsc-interval"
    }

    fn label(&self) -> &'static str {
        "rtsc interval"
    }

    fn how(&self) -> &'static str {
        "the Interval of rtsc (RoboPLC) with MissedTickBehavior::Skip"
    }

    fn run(&self, job: &Job, mut recorder: Recorder) -> anyhow::Result<Recording> {
        // The first call is slow, for its code has to be read in, and would blur the anchor.
        interval(job.period()).tick();
        let mut interval = interval(job.period()).set_missing_tick_behavior(MissedTickBehavior::Skip);
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
