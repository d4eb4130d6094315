//! What a cell shows: its title, its figures, and how they are read.

use pyaltt_benches::cell::{Cell, GROWTH};

use crate::report::table;

/// A figure of a cell. Less is better in all of them.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) key: String,
    pub(crate) label: String,
    pub(crate) unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Nanos,
    Bytes,
    Count,
    Times,
}

impl Unit {
    /// A value with its unit.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::Nanos => table::nanos(value),
            Self::Bytes => bytes(value),
            Self::Count => table::significant(value),
            Self::Times => format!("{} x", table::significant(value)),
        }
    }

    /// What no comparison of two reports can tell apart.
    pub(crate) fn floor(self) -> f64 {
        match self {
            Self::Nanos | Self::Count => 1.0,
            Self::Bytes => 256.0,
            Self::Times => 0.05,
        }
    }
}

pub(crate) fn bytes(value: f64) -> String {
    if value.abs() < 1024.0 {
        format!("{} B", table::significant(value))
    } else {
        format!("{} KiB", table::significant(value / 1024.0))
    }
}

fn figure(key: &str, label: &str, unit: Unit) -> Figure {
    Figure { key: key.to_owned(), label: label.to_owned(), unit }
}

pub(crate) fn title(cell: Cell) -> String {
    match cell {
        Cell::Throughput { bound, producers, bytes } => {
            let bound = bound.map_or_else(|| "unbounded".to_owned(), |bound| format!("bounded {bound}"));
            let plural = if producers == 1 { "" } else { "s" };
            format!("Throughput, {bound}, {producers} producer{plural}, tasks of {bytes} bytes")
        }
        Cell::RoundTrip => "Request and reply".to_owned(),
        Cell::Trigger { then_sleeps: false } => "Trigger to run, by a thread that goes on".to_owned(),
        Cell::Trigger { then_sleeps: true } => "Trigger to run, by a thread that then sleeps".to_owned(),
        Cell::StartStop => "Start and stop".to_owned(),
        Cell::Idle { workers } => format!("{} idle workers", table::thousands(f64_of(workers))),
        Cell::Backlog => "Stop of a worker with very many queued tasks".to_owned(),
        Cell::StopFlag => "A look at whether to stop".to_owned(),
        Cell::Growth => "Cost growth: the same tasks for 1 to 1,000 workers".to_owned(),
        Cell::Instructions => "Instructions of the consumer's thread for a task".to_owned(),
    }
}

/// The figures of a cell, the one that is drawn and compared first.
pub(crate) fn figures(cell: Cell) -> Vec<Figure> {
    match cell {
        Cell::Throughput { .. } => {
            vec![figure("ns", "time a task", Unit::Nanos), figure("cpu", "CPU a task", Unit::Nanos)]
        }
        Cell::RoundTrip | Cell::Trigger { .. } | Cell::StartStop => {
            vec![figure("ns", "median", Unit::Nanos), figure("p99", "p99", Unit::Nanos)]
        }
        Cell::Idle { .. } => vec![
            figure("rss", "memory each", Unit::Bytes),
            figure("start", "start each", Unit::Nanos),
            figure("stop", "stop each", Unit::Nanos),
        ],
        Cell::Backlog => {
            vec![
                figure("ns", "stop", Unit::Nanos),
                figure("handled_after", "tasks handled after", Unit::Count),
            ]
        }
        Cell::StopFlag => vec![figure("ns", "a look", Unit::Nanos)],
        Cell::Growth => {
            let mut all = vec![figure("growth", "growth", Unit::Times)];
            all.extend(GROWTH.map(|n| figure(&format!("at_{n}"), &format!("time a task, {n}"), Unit::Nanos)));
            all.extend(GROWTH.map(|n| figure(&format!("cpu_{n}"), &format!("CPU a task, {n}"), Unit::Nanos)));
            all
        }
        Cell::Instructions => vec![figure("instructions", "instructions", Unit::Count)],
    }
}

/// How the work is done.
pub(crate) fn how(cell: Cell) -> &'static str {
    match cell {
        Cell::Throughput { .. } => {
            "From the first put until the last task was handled, for each task. Plain threads put, one consumer counts \
             and adds up; count and sum are checked. A tenth of the tasks goes ahead as a warm-up."
        }
        Cell::RoundTrip => "One question at a time, from the call until the answer is there.",
        Cell::Trigger { .. } => {
            "The consumer has been idle for 150 µs; from the call that wakes it until its code runs, which takes down \
             the time."
        }
        Cell::StartStop => {
            "Something with nothing to do is started and stopped, and waited for until it has ended."
        }
        Cell::Idle { .. } => {
            "Resident memory by smaps_rollup, 0.2 s after all were started; the mean time to start and to stop one. \
             Actors that are tasks and not threads are far smaller: that is what they are for."
        }
        Cell::Backlog => {
            "Every task takes 5 µs and is put before the stop. From the call of stop until the consumer has ended, \
             without the tasks that it has not begun."
        }
        Cell::StopFlag => "A loop that does nothing else.",
        Cell::Growth => {
            "One producer gives one idle consumer after the other its share of the tasks. Growth is the dearest of \
             them against a single consumer."
        }
        Cell::Instructions => {
            "Counted by callgrind on the thread of the consumer, whose tasks are all there when it begins; the \
             difference of two numbers of tasks, so that no start-up is in it."
        }
    }
}

pub(crate) fn f64_of(count: usize) -> f64 {
    crate::figures::real(count as u64)
}
