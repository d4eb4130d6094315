//! The cells of the report: which workloads there are.

use std::fmt;

/// A workload with its parameters. Those who do the same cell are compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// A stream of tasks to one consumer.
    Throughput {
        /// How many tasks may wait; `None`: any number.
        bound: Option<usize>,
        /// How many threads put.
        producers: usize,
        /// The size of a task.
        bytes: usize,
    },
    /// A question, and the answer to it.
    RoundTrip,
    /// From the trigger until the code of an idle thread runs.
    Trigger {
        /// Whether the thread that triggers sleeps at once after it, instead of going on.
        then_sleeps: bool,
    },
    /// A consumer that is started and stopped.
    StartStop,
    /// Many consumers that have nothing to do.
    Idle {
        /// How many.
        workers: usize,
    },
    /// The stop of a consumer that has very many tasks waiting.
    Backlog,
    /// A look at whether to stop.
    StopFlag,
    /// The same number of tasks, for ever more consumers.
    Growth,
    /// Instructions of the consumer's thread for a task.
    Instructions,
}

/// The numbers of consumers of [`Cell::Growth`].
pub const GROWTH: [usize; 4] = [1, 10, 100, 1_000];

impl Cell {
    /// All cells, in the order of the report.
    pub fn all() -> Vec<Self> {
        let mut cells = Vec::new();
        for bytes in [8, 256] {
            for bound in [None, Some(crate::handover::BOUND)] {
                cells.extend([1, 4].map(|producers| Self::Throughput { bound, producers, bytes }));
            }
        }
        cells.extend([
            Self::RoundTrip,
            Self::Trigger { then_sleeps: false },
            Self::Trigger { then_sleeps: true },
            Self::StartStop,
            Self::Idle { workers: 1_000 },
            Self::Idle { workers: 10_000 },
            Self::Backlog,
            Self::StopFlag,
            Self::Growth,
            Self::Instructions,
        ]);
        cells
    }

    /// The cell that is called `id`.
    pub fn find(id: &str) -> Option<Self> {
        Self::all().into_iter().find(|cell| cell.to_string() == id)
    }

    /// How often its work is done in a round of full length.
    pub fn count(self) -> usize {
        match self {
            Self::Throughput { .. } | Self::Growth | Self::Backlog => 1_000_000,
            Self::RoundTrip | Self::Trigger { .. } => 1_000,
            Self::StartStop => 300,
            Self::Idle { workers } => workers,
            Self::StopFlag => 20_000_000,
            Self::Instructions => 20_000,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throughput { bound, producers, bytes } => {
                let kind = bound.map_or_else(|| "unbounded".to_owned(), |bound| format!("bounded-{bound}"));
                write!(f, "throughput-{kind}-{producers}p-{bytes}b")
            }
            Self::RoundTrip => f.write_str("round-trip"),
            Self::Trigger { then_sleeps: false } => f.write_str("trigger"),
            Self::Trigger { then_sleeps: true } => f.write_str("trigger-then-sleep"),
            Self::StartStop => f.write_str("start-stop"),
            Self::Idle { workers } => write!(f, "idle-{workers}"),
            Self::Backlog => f.write_str("stop-with-backlog"),
            Self::StopFlag => f.write_str("stop-flag"),
            Self::Growth => f.write_str("growth"),
            Self::Instructions => f.write_str("instructions"),
        }
    }
}
