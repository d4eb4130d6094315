//! The workers under test: one for all kinds, with a part that differs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use pyaltt::{BoxError, Context, Exit, ExitReason, Flow, Queue, Tick, Trigger, Turn, Worker, WorkerError};

use crate::fault::{Faults, Place};
use crate::findings::{Findings, Kind};
use crate::ledger::Fate;
use crate::task::Task;

/// What all workers of a round share.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) faults: Arc<Faults>,
    pub(crate) findings: Arc<Findings>,
    /// The round is over: whoever still runs, without a handle perhaps, ends.
    pub(crate) over: AtomicBool,
    /// How many turns there were, and how many runs.
    pub(crate) turns: AtomicU64,
    pub(crate) runs: AtomicU64,
}

impl World {
    pub(crate) fn new(faults: &Arc<Faults>, findings: &Arc<Findings>) -> Arc<Self> {
        Arc::new(Self {
            faults: Arc::clone(faults),
            findings: Arc::clone(findings),
            over: AtomicBool::new(false),
            turns: AtomicU64::new(0),
            runs: AtomicU64::new(0),
        })
    }
}

/// What one kind of worker does in a turn, apart from failing.
pub(crate) trait Part: Send + 'static {
    type Task: Send + 'static;

    /// Does the turn, and gives the number by which the faults are dealt.
    fn take(&mut self, task: &mut Self::Task, turn: u64) -> u64;
}

/// Where a worker is in its life, as its hooks see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Resting,
    Starting,
    Active,
    Stopping,
}

/// A worker under test: it fails when the faults say so, and checks the order of the calls.
#[derive(Debug)]
pub(crate) struct Subject<P> {
    part: P,
    world: Arc<World>,
    id: u64,
    phase: Phase,
    run: u64,
    turns: u64,
}

impl<P> Subject<P> {
    pub(crate) fn new(part: P, id: u64, world: &Arc<World>) -> Self {
        Self { part, world: Arc::clone(world), id, phase: Phase::Resting, run: 0, turns: 0 }
    }

    /// How many turns it took in all its runs.
    pub(crate) fn turns(&self) -> u64 {
        self.turns
    }

    fn enter(&mut self, from: &[Phase], to: Phase, call: &str) {
        if !from.contains(&self.phase) {
            let what = format_args!("{call} of worker {} came while it was {:?}", self.id, self.phase);
            self.world.findings.add(Kind::Misbehaved, what);
        }
        self.phase = to;
    }

    /// A number for the faults of this run's hooks.
    fn dice(&self) -> u64 {
        self.id << 32 | self.run
    }
}

impl<P: Part> Worker for Subject<P> {
    type Task = P::Task;

    fn run(&mut self, mut task: P::Task, cx: &mut Context) -> Turn {
        self.enter(&[Phase::Active], Phase::Active, "run");
        self.turns += 1;
        let id = self.part.take(&mut task, self.dice() ^ self.turns << 20);
        if self.world.over.load(Ordering::Relaxed) {
            return Ok(Flow::Stop);
        }
        self.world.faults.panic_at(Place::Turn, id);
        // Its destructor may panic, and a value that is to be returned by then would be leaked:
        // https://github.com/rust-lang/rust/issues/47949.
        drop(task);
        self.world.faults.turn(id, cx)
    }

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        // It rests again if it fails now.
        self.enter(&[Phase::Resting], Phase::Resting, "before_start");
        if cx.run_number() <= self.run {
            let what = format_args!("run {} of worker {} came after {}", cx.run_number(), self.id, self.run);
            self.world.findings.add(Kind::Misbehaved, what);
        }
        self.run = cx.run_number();
        self.world.faults.panic_at(Place::BeforeStart, self.dice());
        self.world.faults.error_at(Place::BeforeStart, self.dice())?;
        self.phase = Phase::Starting;
        Ok(())
    }

    fn after_start(&mut self, _cx: &mut Context) {
        self.enter(&[Phase::Starting], Phase::Active, "after_start");
        self.world.runs.fetch_add(1, Ordering::Relaxed);
        self.world.faults.panic_at(Place::AfterStart, self.dice());
    }

    fn before_stop(&mut self, _cx: &mut Context) {
        self.enter(&[Phase::Active], Phase::Stopping, "before_stop");
        self.world.faults.panic_at(Place::BeforeStop, self.dice());
    }

    fn after_stop(&mut self, exit: &Exit) {
        self.enter(&[Phase::Active, Phase::Stopping], Phase::Resting, "after_stop");
        self.world.turns.fetch_add(exit.turns, Ordering::Relaxed);
        if exit.run != self.run || exit.reason == ExitReason::NeverStarted {
            let what = format_args!("worker {} in run {} was told {exit:?}", self.id, self.run);
            self.world.findings.add(Kind::Misbehaved, what);
        }
        self.world.faults.panic_at(Place::AfterStop, self.dice());
    }

    fn on_error(&mut self, _error: &WorkerError, _cx: &mut Context) -> Flow {
        self.world.faults.on_error(self.dice() ^ self.turns << 20)
    }
}

/// Ticks: nothing to account for.
#[derive(Debug)]
pub(crate) struct Looper;

impl Part for Looper {
    type Task = Tick;

    fn take(&mut self, _tick: &mut Tick, turn: u64) -> u64 {
        turn
    }
}

/// Counts the triggers that it is told of.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) heard: Arc<AtomicU64>,
}

impl Part for Listener {
    type Task = Trigger;

    fn take(&mut self, trigger: &mut Trigger, turn: u64) -> u64 {
        self.heard.fetch_add(trigger.count, Ordering::SeqCst);
        turn
    }
}

/// Runs tasks, and now and then puts one of its own into the queue that it takes from.
#[derive(Debug)]
pub(crate) struct Eater {
    /// Set when the queue is made, which is after its worker.
    pub(crate) own: Arc<OnceLock<Queue<Task>>>,
    /// The lane of the tasks that workers put, and one in how many turns it is.
    pub(crate) lane: u16,
    pub(crate) one_in: u64,
}

impl Part for Eater {
    type Task = Task;

    fn take(&mut self, task: &mut Task, _turn: u64) -> u64 {
        task.run();
        if self.one_in > 0
            && task.id().is_multiple_of(self.one_in)
            && !task.book().is_calm()
            && let Some(queue) = self.own.get()
            && let Some(own) = Task::new(task.book(), self.lane, false)
            && let Err(error) = queue.put(own)
        {
            error.into_inner().end(Fate::Returned);
        }
        task.id()
    }
}
