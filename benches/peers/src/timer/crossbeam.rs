//! `crossbeam_channel::tick`, by `recv` and in `select!`.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use crossbeam_channel::{bounded, never, select};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::pacing::{Pacing, Recorder, Recording, Run, UNTIL_ASLEEP, nanos};

pub(super) fn tick() -> Contender {
    let how = "crossbeam's tick by recv, which sleeps; a tick that is a period late begins the grid anew";
    let pacing = Crossbeam { selects: false };
    Contender::new(Kind::Timer, "crossbeam-tick", "crossbeam tick, recv", how).paces(pacing)
}

pub(super) fn select() -> Contender {
    let how = "crossbeam's tick beside another channel in select!, where each period begins when the last tick came";
    let pacing = Crossbeam { selects: true };
    Contender::new(Kind::Timer, "crossbeam-select", "crossbeam tick, select!", how).paces(pacing)
}

#[derive(Clone, Copy, Debug)]
struct Crossbeam {
    selects: bool,
}

impl Pacing for Crossbeam {
    fn run(&self, run: &Run, mut recorder: Recorder) -> anyhow::Result<Recording> {
        let other = never::<()>();
        recorder.anchor(Instant::now() + run.period());
        let ticks = crossbeam_channel::tick(run.period());
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

    fn keeps_a_grid(&self) -> bool {
        false
    }

    fn can_be_stopped(&self) -> bool {
        self.selects
    }

    /// Stops a thread that selects between a tick that is far away and a channel for the stop.
    fn stop(&self) -> anyhow::Result<u64> {
        let (stop, stopped) = bounded::<()>(0);
        let (ready, is_ready) = mpsc::channel();
        let sleeper = thread::spawn(move || {
            let ticks = crossbeam_channel::tick(Duration::from_secs(10));
            let _ = ready.send(());
            select! {
                recv(ticks) -> _ => {}
                recv(stopped) -> _ => {}
            }
            Instant::now()
        });
        is_ready.recv()?;
        thread::sleep(UNTIL_ASLEEP);
        let called = Instant::now();
        drop(stop);
        let ran = sleeper.join().map_err(|_| anyhow!("the selecting thread panicked"))?;
        Ok(nanos(ran.saturating_duration_since(called)))
    }
}
