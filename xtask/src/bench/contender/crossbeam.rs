//! `crossbeam_channel::tick`, by `recv` and in `select!`.

use std::time::Instant;

use crossbeam_channel::{never, select, tick};

use super::Contender;
use crate::bench::child::{Job, Recorder, Recording};

#[derive(Clone, Copy, Debug)]
pub(super) struct Crossbeam {
    pub(super) selects: bool,
}

impl Contender for Crossbeam {
    fn id(&self) -> &'static str {
        if self.selects { "crossbeam-select" } else { "crossbeam-tick" }
    }

    fn label(&self) -> &'static str {
        if self.selects { "crossbeam tick, select!" } else { "crossbeam tick, recv" }
    }

    fn how(&self) -> &'static str {
        if self.selects {
            "crossbeam's tick beside another channel in select!, where each period begins when the last tick came"
        } else {
            "crossbeam's tick by recv, which sleeps; a tick that is a period late begins the grid anew"
        }
    }

    fn keeps_a_grid(&self) -> bool {
        false
    }

    fn run(&self, job: &Job, mut recorder: Recorder) -> anyhow::Result<Recording> {
        let other = never::<()>();
        recorder.anchor(Instant::now() + job.period());
        let ticks = tick(job.period());
        loop {
            if self.selects {
                select! {
                    recv(ticks) -> _ => {}
                    recv(other) -> _ => {}
                }
            } else {
                ticks.recv()?;
            }
            if !recorder.wake() {
                return Ok(recorder.finish());
            }
        }
    }
}
