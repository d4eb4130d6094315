//! Lives of several runs on one thread, against everything that can end one or begin the next run.
//!
//! - [`ends`]: stops, waits and the drop of the last handle. [`starts`]: starts before the time of a restart.
//! - [`next_life`]: the next life, begun on the thread of the last one. [`queues`]: the queue over restarts.

mod ends;
mod next_life;
mod queues;
mod starts;

use std::ops::RangeInclusive;
use std::time::Duration;

use super::support::{AnyMoment, Log, log_thread_end, mute, on_thread};
use crate::control::state::State;
use crate::event::Trigger;
use crate::event::builder::EventBuilder;
use crate::event::handle::BackgroundEventWorker;
use crate::exit::{Exit, ExitReason, Then};
use crate::failure::{BoxError, WorkerError};
use crate::restart::Restart;
use crate::restart::backoff::Backoff;
use crate::sync::thread;
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};
use crate::worker::inbox::Inbox;

/// How a run goes.
#[derive(Clone, Copy, PartialEq)]
enum Run {
    /// Its loop fails at once.
    Fails,
    /// Its `before_start` fails.
    Refuses,
}

use Run::{Fails, Refuses};

/// How long the backoffs are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Length {
    /// There are none.
    Zero,
    /// Each is over at any moment.
    Some,
    /// None is ever over.
    Endless,
}

const LENGTHS: [Length; 3] = [Length::Zero, Length::Some, Length::Endless];

impl Length {
    fn policy(self) -> Restart {
        let backoff = Backoff::from(match self {
            Self::Zero => Duration::ZERO,
            Self::Some => AnyMoment::STEP,
            Self::Endless => Duration::from_secs(3600),
        });
        Restart::on_failure().backoff(backoff).jitter(0.0)
    }
}

/// A worker that logs its runs, of which the first ones go as they are told to, and the others wait for triggers.
///
/// For run `n` it adds `10 * n + 1` when it starts, `10 * n + 2` when it has stopped and `10 * n + 4` in `on_exit`; for a
/// life whose first run is `n`, `10 * n + 3` when its thread is gone. What is given to the run as an argument is added
/// behind its start.
struct Recorder {
    log: Log,
    runs: &'static [Run],
}

impl Recorder {
    fn goes(&self, run: u64) -> Option<Run> {
        self.runs.get(usize::try_from(run).unwrap() - 1).copied()
    }
}

impl Worker for Recorder {
    type Task = Trigger;

    fn run(&mut self, _trigger: Trigger, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn r#loop(&mut self, inbox: &mut Inbox<Trigger>) -> Result<(), BoxError> {
        if self.goes(inbox.context().run_number()) == Some(Fails) {
            return Err("no paper".into());
        }
        while let Some(trigger) = inbox.next() {
            if inbox.turn(self, trigger).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        let run = entry(cx.run_number(), 1);
        self.log.add(run);
        if let Some(&given) = cx.arg::<u32>() {
            self.log.add(given);
        }
        log_thread_end(&self.log, run + 2);
        if self.goes(cx.run_number()) == Some(Refuses) { Err("no power".into()) } else { Ok(()) }
    }

    fn after_stop(&mut self, exit: &Exit) {
        self.log.add(entry(exit.run, 2));
    }

    fn on_error(&mut self, _error: &WorkerError, _cx: &mut Context) -> Flow {
        Flow::Stop
    }
}

fn entry(run: u64, what: u32) -> u32 {
    10 * u32::try_from(run).unwrap() + what
}

type Handle = BackgroundEventWorker;

/// A worker whose first runs go like this, with its log.
fn recorder(runs: &'static [Run], length: Length) -> (Log, EventBuilder) {
    mute();
    let log = Log::default();
    let builder =
        BackgroundEventWorker::builder(Recorder { log: log.clone(), runs }).restart(length.policy());
    let builder = if length == Length::Some { builder.clock(AnyMoment::default()) } else { builder };
    let exits = log.clone();
    (log, builder.on_exit(move |exit| exits.add(entry(exit.run, 4))))
}

/// What the log holds after a life of these runs.
fn story(runs: &[Run], numbers: RangeInclusive<u64>) -> Vec<u32> {
    let first = *numbers.start();
    let of_run = |run: u64| {
        let refuses = runs.get(usize::try_from(run).unwrap() - 1) == Some(&Refuses);
        let what: &[u32] = if refuses { &[1, 4] } else { &[1, 2, 4] };
        what.iter().map(move |what| entry(run, *what)).collect::<Vec<_>>()
    };
    numbers.flat_map(of_run).chain([entry(first, 3)]).collect()
}

/// The story of a life that began with the first run, which nothing else may have disturbed.
#[track_caller]
fn assert_one_life(log: &Log, runs: &[Run], exit: &Exit, length: Length) {
    assert_eq!(log.all(), story(runs, 1..=exit.run), "{exit:?}");
    assert_eq!((exit.restarts, exit.then), (exit.run - 1, Then::Rest), "{exit:?}");
    assert!(exit.run == 1 || length != Length::Endless, "{exit:?}");
    let is_over = usize::try_from(exit.run).unwrap() > runs.len();
    assert_eq!(exit.reason, if is_over { ExitReason::Stopped } else { ExitReason::Failed }, "{exit:?}");
}

/// Waits until the worker waits for its next run.
fn wait_for_backoff(worker: &Handle) {
    while worker.state() != State::Waiting {
        thread::yield_now();
    }
}

fn key(exit: &Exit) -> (ExitReason, u64, u64) {
    (exit.reason, exit.run, exit.restarts)
}
