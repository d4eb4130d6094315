//! From a signal to the first member that is told of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::case::{Case, Work};
use crate::contender::Contender;
use crate::workload::actor::{Actor, say};
use crate::workload::durable::place::Place;
use crate::workload::times::{median_and_p99, now, quantiles};

/// The id of its case.
pub const SIGNAL: &str = "group-signal";

/// How many members the program has.
pub const SIZE: usize = 10;

/// The name of the part of the process that gets the signals.
const PART: &str = "signal";

/// How long the program has nothing to do before each signal.
const IDLE: Duration = Duration::from_millis(5);

pub(super) fn cases() -> Vec<Case> {
    let how = "A program of ten members that sleep runs in a process of its own, until SIGTERM, again and again. From the call \
               of kill(2) in another process until the first member knows.";
    vec![Case::new(SIGNAL, "Signal to the first member told", how, Work::Repeat(300)).with(median_and_p99())]
}

impl Contender {
    /// Takes part. `program` runs [`SIZE`] members until SIGTERM, and returns when they have ended.
    #[must_use]
    pub fn hears_signals(self, program: impl Fn(&Told) -> Result<(), String> + 'static) -> Self {
        let id = self.id();
        self.plays(PART, move |_place, _number| {
            // Until the process is killed.
            loop {
                let told = Told::default();
                program(&told)?;
                say(&told.0.load(Ordering::Acquire).to_string())?;
            }
        })
        .does(SIGNAL, move |count| {
            let mut actor = Actor::start(id, PART, &Place::Nowhere, 0)?;
            let process =
                i32::try_from(actor.id()).ok().and_then(Pid::from_raw).ok_or("a process has no number")?;
            let once = |_| {
                actor.hear()?;
                thread::sleep(IDLE);
                let sent = now();
                kill_process(process, Signal::TERM).map_err(|error| format!("sending a signal: {error}"))?;
                let told = actor.hear_number()?;
                Ok(Duration::from_nanos(told.saturating_sub(sent)))
            };
            Ok(quantiles((0..count).map(once).collect::<Result<_, String>>()?))
        })
    }
}

/// When the first member was told.
#[derive(Clone, Debug, Default)]
pub struct Told(Arc<AtomicU64>);

impl Told {
    /// All members are at work, and the program hears signals.
    pub fn is_ready(&self) {
        // Where nobody listens, the process is about to be killed.
        let _ = say("ready");
    }

    /// A member knows of the end.
    pub fn hears(&self) {
        let _ = self.0.compare_exchange(0, now(), Ordering::AcqRel, Ordering::Relaxed);
    }
}
