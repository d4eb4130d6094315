//! Start and stop: a thread that is made and ended.

use std::time::{Duration, Instant};

use pyaltt::{BackgroundEventWorker, Context, FnWorker, Trigger};

use super::median;
use crate::Contender;

fn measure(count: u64, mut once: impl FnMut()) -> Duration {
    let timed = |_| {
        let began = Instant::now();
        once();
        began.elapsed()
    };
    median((0..count).map(timed).collect())
}

/// The yardstick: a thread with nothing to do, spawned and joined.
#[derive(Clone, Copy, Debug)]
pub struct SpawnJoin;

impl Contender for SpawnJoin {
    fn name(&self) -> &'static str {
        "spawn + join"
    }

    fn run(&mut self, count: u64) -> Duration {
        measure(count, || drop(std::thread::spawn(|| ()).join()))
    }
}

type Turn = fn(Trigger, &mut Context);

/// Ours: a worker that is started and stopped.
#[derive(Debug)]
pub struct StartStop {
    worker: BackgroundEventWorker<FnWorker<Trigger, (), Turn>>,
}

impl StartStop {
    /// With its worker, not started.
    ///
    /// # Panics
    ///
    /// Never: these options can be used.
    pub fn new() -> Self {
        let turn: Turn = |_trigger, _cx| ();
        Self { worker: pyaltt::event(turn).build().expect("these options can be used") }
    }
}

impl Default for StartStop {
    fn default() -> Self {
        Self::new()
    }
}

impl Contender for StartStop {
    fn name(&self) -> &'static str {
        "start + stop"
    }

    fn run(&mut self, count: u64) -> Duration {
        measure(count, || {
            self.worker.start().expect("a thread can be started");
            drop(self.worker.stop());
        })
    }
}
