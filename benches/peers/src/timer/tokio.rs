//! `tokio::time::interval` on a current-thread runtime.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ::tokio::runtime::Builder;
use ::tokio::sync::oneshot;
use ::tokio::time::{MissedTickBehavior, interval_at};
use anyhow::anyhow;
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::pacing::{Pacing, Recorder, Recording, Run, UNTIL_ASLEEP, nanos};

pub(super) fn contender() -> Contender {
    let how = "tokio's interval_at with MissedTickBehavior::Skip on a current-thread runtime";
    Contender::new(Kind::Timer, "tokio-interval", "tokio interval", how).paces(Tokio)
}

#[derive(Clone, Copy, Debug)]
struct Tokio;

impl Pacing for Tokio {
    fn run(&self, run: &Run, mut recorder: Recorder) -> anyhow::Result<Recording> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        runtime.block_on(async {
            let mut interval = interval_at(recorder.choose_anchor().into(), run.period());
            interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                interval.tick().await;
                if !recorder.wake() {
                    return Ok(recorder.finish());
                }
            }
        })
    }

    /// Its documentation: a tick is missed when it comes more than 5 ms late; below that it catches up.
    fn catches_up(&self) -> Option<Duration> {
        Some(Duration::from_millis(5))
    }

    fn can_be_stopped(&self) -> bool {
        true
    }

    /// Stops a task that selects between a tick that is far away and a channel for the stop.
    fn stop(&self) -> anyhow::Result<u64> {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = mpsc::channel();
        let sleeper = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_time().build()?;
            runtime.block_on(async {
                let far = Duration::from_secs(10);
                let mut interval = interval_at(::tokio::time::Instant::now() + far, far);
                let _ = ready.send(());
                ::tokio::select! {
                    _ = interval.tick() => {}
                    _ = stopped => {}
                }
            });
            anyhow::Ok(Instant::now())
        });
        is_ready.recv()?;
        thread::sleep(UNTIL_ASLEEP);
        let called = Instant::now();
        drop(stop);
        let ran = sleeper.join().map_err(|_| anyhow!("the ticking thread panicked"))??;
        Ok(nanos(ran.saturating_duration_since(called)))
    }
}
