//! What was found to be wrong.
#![expect(clippy::print_stderr, reason = "a failure is reported at once, because the run may never end")]

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// What can be wrong with a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A task never ended, or was dropped where nothing may be dropped.
    Lost,
    /// A task ended twice.
    Duplicated,
    /// A task ended that nobody had put.
    Unexpected,
    /// Two tasks of one producer ran in the wrong order.
    OutOfOrder,
    /// The library counted something else than the soak did.
    Miscounted,
    /// A hook, a turn or a call did something that it must not do.
    Misbehaved,
    /// Threads, descriptors or memory grew.
    Growth,
}

impl Kind {
    const COUNT: usize = 7;
}

/// How many findings of a run are printed; the others are only counted.
const PRINTED: u64 = 20;

/// Counts what is wrong, and prints the first findings.
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

    /// From now on, findings are of this round.
    pub(crate) fn enter(&self, round: u64) {
        self.round.store(round, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, kind: Kind, what: fmt::Arguments<'_>) {
        let before = self.total();
        self.counts[kind as usize].fetch_add(1, Ordering::Relaxed);
        if before < PRINTED {
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
