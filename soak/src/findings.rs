//! What was found to be wrong.
#![expect(clippy::print_stderr, reason = "a failure is told at once, for the run may never end")]

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// What can be wrong with a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A task ended nowhere, or was dropped where nothing may be dropped.
    Lost,
    /// A task ended twice.
    Duplicated,
    /// A task that nobody had put.
    Unexpected,
    /// Two tasks of one producer ran in the wrong order.
    OutOfOrder,
    /// A count of the library's is not what was counted here.
    Miscounted,
    /// A hook, a turn or a call did what it may not do.
    Misbehaved,
    /// Threads, descriptors or memory became more.
    Growth,
}

impl Kind {
    const COUNT: usize = 7;
}

/// How much is told of each run; what is beyond it is only counted.
const TOLD: u64 = 20;

/// Counts what is wrong, and tells the first of it.
#[derive(Debug)]
pub(crate) struct Findings {
    seed: u64,
    round: AtomicU64,
    counts: [AtomicU64; Kind::COUNT],
}

impl Findings {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, round: AtomicU64::new(0), counts: Default::default() }
    }

    /// From now on it is about this round.
    pub(crate) fn enter(&self, round: u64) {
        self.round.store(round, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, kind: Kind, what: fmt::Arguments<'_>) {
        let before = self.total();
        self.counts[kind as usize].fetch_add(1, Ordering::Relaxed);
        if before < TOLD {
            let round = self.round.load(Ordering::Relaxed);
            eprintln!("FAILURE (seed {}, round {round}): {kind:?}: {what}", self.seed);
        }
    }

    pub(crate) fn count(&self, kind: Kind) -> u64 {
        self.counts[kind as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// Passes when nothing was found.
    pub(crate) fn verdict(&self) -> anyhow::Result<()> {
        match self.total() {
            0 => Ok(()),
            found => anyhow::bail!("{found} failures; replay the decisions with --seed {}", self.seed),
        }
    }
}
