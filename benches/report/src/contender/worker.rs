//! The whole `BackgroundWorker`: its thread, its inbox, its turns, its statistics.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use pyaltt::{BackgroundWorker, Context, Flow, Tick, Turn};

use super::Contender;
use crate::child::{Job, Recorder, Recording, nanos};

#[derive(Clone, Copy, Debug)]
pub(super) struct Worker {
    pub(super) realtime: bool,
}

impl Contender for Worker {
    fn id(&self) -> &'static str {
        if self.realtime { "worker-realtime" } else { "worker-precise" }
    }

    fn label(&self) -> &'static str {
        if self.realtime { "BackgroundWorker, realtime" } else { "BackgroundWorker" }
    }

    fn how(&self) -> &'static str {
        if self.realtime {
            "a whole pyaltt worker with realtime(true)"
        } else {
            "a whole pyaltt worker as it is by default: strategy Precise"
        }
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn run(&self, job: &Job, recorder: Recorder) -> anyhow::Result<Recording> {
        let builder =
            BackgroundWorker::builder(Measured { recorder, period_ns: job.period_ns }).interval(job.period());
        let worker = builder.realtime(self.realtime).start()?;
        worker.wait()?;
        let measured = worker.into_inner().context("the worker is stopped, and this is its last handle")?;
        Ok(measured.recorder.finish())
    }

    fn can_be_stopped(&self) -> bool {
        true
    }

    fn stop_latencies(&self, _job: &Job, samples: usize) -> anyhow::Result<Vec<u64>> {
        (0..samples).map(|_| self.stop_latency()).collect()
    }
}

impl Worker {
    /// Stops a worker whose next tick is far away.
    fn stop_latency(self) -> anyhow::Result<u64> {
        let (events, told) = mpsc::channel();
        let worker = BackgroundWorker::builder(Stopped { events })
            .interval(Duration::from_secs(10))
            .realtime(self.realtime)
            .start()?;
        told.recv()?;
        thread::sleep(super::UNTIL_ASLEEP);
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
        self.recorder.anchor_of(&tick, self.period_ns);
        Ok(if self.recorder.wake() { Flow::Continue } else { Flow::Stop })
    }
}

/// Tells of its first tick and of its stop.
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
