//! The worker under test: one type for all kinds, with a part that differs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use pyaltt::{BoxError, Context, Exit, ExitReason, Flow, Turn, Worker, WorkerError};

use crate::account::findings::{Findings, Kind};
use crate::plan::fault::{Faults, Place};

/// What all workers of a round share.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) faults: Arc<Faults>,
    pub(crate) findings: Arc<Findings>,
    /// Set when the round is over: every worker that still runs, perhaps without a handle, ends.
    pub(crate) over: AtomicBool,
    /// How many turns there were.
    pub(crate) turns: AtomicU64,
    /// How many runs there were.
    pub(crate) runs: AtomicU64,
    /// How many restarts there were.
    pub(crate) restarts: AtomicU64,
    /// How many lives ended because there were too many restarts.
    pub(crate) gave_up: AtomicU64,
    /// How many operations met a worker in a backoff. It may be over when they take effect.
    pub(crate) met_waiting: AtomicU64,
    /// How many operations met a paused worker. It may be resumed when they take effect.
    pub(crate) met_paused: AtomicU64,
    /// How often a worker was paused.
    pub(crate) pauses: AtomicU64,
    pub(crate) groups: Groups,
    /// Counts beginnings and ends, so that their order is known.
    pub(crate) moments: AtomicU64,
}

/// What became of the groups of a round.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) started: AtomicU64,
    /// How many did not start, because a member failed.
    pub(crate) refused: AtomicU64,
    /// How many had ended before they were told to.
    pub(crate) gave_up: AtomicU64,
    /// How often runs ended because a group restarted its members.
    pub(crate) held: AtomicU64,
}

impl World {
    pub(crate) fn new(faults: &Arc<Faults>, findings: &Arc<Findings>) -> Arc<Self> {
        Arc::new(Self {
            faults: Arc::clone(faults),
            findings: Arc::clone(findings),
            over: AtomicBool::new(false),
            turns: AtomicU64::new(0),
            runs: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            gave_up: AtomicU64::new(0),
            met_waiting: AtomicU64::new(0),
            met_paused: AtomicU64::new(0),
            pauses: AtomicU64::new(0),
            groups: Groups::default(),
            moments: AtomicU64::new(0),
        })
    }

    /// The next moment.
    pub(crate) fn moment(&self) -> u64 {
        self.moments.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// What a worker of one kind does in a turn, apart from failing.
pub(crate) trait Part: Send + 'static {
    type Task: Send + 'static;

    /// Does the turn, and returns the number that decides its faults.
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

/// A worker under test: it fails when a fault strikes, and checks the order in which it is called.
#[derive(Debug)]
pub(crate) struct Tested<P> {
    part: P,
    world: Arc<World>,
    id: u64,
    /// Whether every other error ends its run, and not only few of them.
    is_brittle: bool,
    phase: Phase,
    run: u64,
    turns: u64,
}

impl<P> Tested<P> {
    pub(crate) fn new(part: P, id: u64, is_brittle: bool, world: &Arc<World>) -> Self {
        let world = Arc::clone(world);
        Self { part, world, id, is_brittle, phase: Phase::Resting, run: 0, turns: 0 }
    }

    /// How many turns it took in all its runs.
    pub(crate) fn turns(&self) -> u64 {
        self.turns
    }

    fn enter(&mut self, from: &[Phase], to: Phase, call: &str) {
        if !from.contains(&self.phase) {
            let what = format_args!("{call} of worker {} was called while it was {:?}", self.id, self.phase);
            self.world.findings.add(Kind::Misbehaved, what);
        }
        self.phase = to;
    }

    /// The number that decides the faults of this run's hooks.
    fn dice(&self) -> u64 {
        self.id << 32 | self.run
    }
}

impl<P: Part> Worker for Tested<P> {
    type Task = P::Task;

    fn run(&mut self, mut task: P::Task, cx: &mut Context) -> Turn {
        self.enter(&[Phase::Active], Phase::Active, "run");
        self.turns += 1;
        let id = self.part.take(&mut task, self.dice() ^ self.turns << 20);
        if self.world.over.load(Ordering::Relaxed) {
            return Ok(Flow::Stop);
        }
        self.world.faults.panic_at(Place::Turn, id);
        // Its destructor may panic, and that would leak a return value that exists already:
        // https://github.com/rust-lang/rust/issues/47949.
        drop(task);
        self.world.faults.turn(id, cx)
    }

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        // It stays at rest if it fails now.
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
        let flow = self.world.faults.on_error(self.dice() ^ self.turns << 20);
        if self.is_brittle && self.turns % 2 == 1 { Flow::Stop } else { flow }
    }
}
