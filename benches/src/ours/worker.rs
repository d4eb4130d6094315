//! The whole `BackgroundWorker`: its thread, its inbox, its turns, its statistics.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use pyaltt::{BackgroundWorker, Context, Flow, Tick, Turn};

use crate::contender::{Contender, Kind};
use crate::pacing::{Pacing, Recorder, Recording, Run, UNTIL_ASLEEP, nanos};

pub(super) fn precise() -> Contender {
    let how = "a whole pyaltt worker with its defaults: strategy Precise";
    let pacing = Worker { realtime: false };
    Contender::new(Kind::Ours, "worker-precise", "BackgroundWorker", how).paces(pacing)
}

pub(super) fn realtime() -> Contender {
    let how = "a whole pyaltt worker with realtime(true)";
    let pacing = Worker { realtime: true };
    Contender::new(Kind::Ours, "worker-realtime", "BackgroundWorker, realtime", how).paces(pacing)
}

#[derive(Clone, Copy, Debug)]
struct Worker {
    realtime: bool,
}

impl Pacing for Worker {
    fn run(&self, run: &Run, recorder: Recorder) -> anyhow::Result<Recording> {
        let builder =
            BackgroundWorker::builder(Measured { recorder, period_ns: run.period_ns }).interval(run.period());
        let worker = builder.realtime(self.realtime).start()?;
        worker.wait()?;
        let measured =
            worker.into_inner::<Measured>().ok().context("the worker is stopped and is a `Measured`")?;
        Ok(measured.recorder.finish())
    }

    fn can_be_stopped(&self) -> bool {
        true
    }

    /// Stops a worker whose next tick is far away.
    fn stop(&self) -> anyhow::Result<u64> {
        let (events, told) = mpsc::channel();
        let worker = BackgroundWorker::builder(Stopped { events })
            .interval(Duration::from_secs(10))
            .realtime(self.realtime)
            .start()?;
        told.recv()?;
        thread::sleep(UNTIL_ASLEEP);
        let called = Instant::now();
        worker.stop()?;
        let ran = told.recv().map_err(|_| anyhow!("the worker was not told of its stop"))?;
        Ok(nanos(ran.saturating_duration_since(called)))
    }
}

struct Measured {
    recorder: Recorder,
    period_ns: u64,
}

impl pyaltt::Worker for Measured {
    type Task = Tick;

    fn run(&mut self, tick: Tick, _cx: &mut Context) -> Turn {
        self.recorder.anchor_from(tick.index, tick.scheduled, self.period_ns);
        Ok(if self.recorder.wake() { Flow::Continue } else { Flow::Stop })
    }
}

/// Sends the moments of its first tick and of its stop.
struct Stopped {
    events: mpsc::Sender<Instant>,
}

impl pyaltt::Worker for Stopped {
    type Task = Tick;

    fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
        self.events.send(Instant::now())?;
        Ok(Flow::Continue)
    }

    fn before_stop(&mut self, _cx: &mut Context) {
        let _ = self.events.send(Instant::now());
    }
}
