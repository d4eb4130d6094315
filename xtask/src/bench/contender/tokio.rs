//! `tokio::time::interval` on a current-thread runtime.

use std::time::Duration;

use ::tokio::runtime::Builder;
use ::tokio::time::{MissedTickBehavior, interval_at};

use super::Contender;
use crate::bench::child::{Job, Recorder, Recording};

#[derive(Clone, Copy, Debug)]
pub(super) struct Tokio;

impl Contender for Tokio {
    fn id(&self) -> &'static str {
        "tokio-interval"
    }

    fn label(&self) -> &'static str {
        "tokio interval"
    }

    fn how(&self) -> &'static str {
        "tokio's interval_at with MissedTickBehavior::Skip on a current-thread runtime"
    }

    /// Its documentation: a tick is missed when it comes more than 5 ms late; below that it catches up.
    fn catches_up(&self) -> Option<Duration> {
        Some(Duration::from_millis(5))
    }

    fn run(&self, job: &Job, mut recorder: Recorder) -> anyhow::Result<Recording> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        runtime.block_on(async {
            let mut interval = interval_at(recorder.choose_anchor().into(), job.period());
            interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                interval.tick().await;
                if !recorder.wake() {
                    return Ok(recorder.finish());
                }
            }
        })
    }
}
