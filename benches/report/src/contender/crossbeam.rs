//! `crossbeam_channel::tick`, by `recv` and in `select!`.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use crossbeam_channel::{bounded, never, select, tick};

use super::Contender;
use crate::child::{Job, Recorder, Recording, nanos};

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

    fn can_be_stopped(&self) -> bool {
        self.selects
    }

    fn stop_latencies(&self, _job: &Job, samples: usize) -> anyhow::Result<Vec<u64>> {
        (0..samples).map(|_| stop_latency()).collect()
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

/// Stops a thread that selects between a tick that is far away and a channel for the stop.
fn stop_latency() -> anyhow::Result<u64> {
    let (stop, stopped) = bounded::<()>(0);
    let (ready, is_ready) = mpsc::channel();
    let sleeper = thread::spawn(move || {
        let ticks = tick(Duration::from_secs(10));
        let _ = ready.send(());
        select! {
            recv(ticks) -> _ => {}
            recv(stopped) -> _ => {}
        }
        Instant::now()
    });
    is_ready.recv()?;
    thread::sleep(super::UNTIL_ASLEEP);
    let called = Instant::now();
    drop(stop);
    let ran = sleeper.join().map_err(|_| anyhow!("the selecting thread panicked"))?;
    Ok(nanos(ran.saturating_duration_since(called)))
}
