//! Who takes part in what.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::handover::{Handover, Inbox, start};
use crate::protocol::{Described, Measured};
use crate::workload::{self, Stamp};

/// What a contender is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A worker of pyaltt.
    Ours,
    /// A channel, with a plain thread behind it.
    Channel,
    /// An actor of another library.
    Actor,
    /// A primitive of the system or of the standard library.
    Bare,
}

/// Does the work of a cell `count` times.
type Run = Box<dyn Fn(usize) -> Result<Measured, String>>;

/// Someone who does the work of some cells.
pub struct Contender {
    id: &'static str,
    label: &'static str,
    kind: Kind,
    how: &'static str,
    runs: Vec<(Cell, Run)>,
    left_out: Vec<(Cell, &'static str)>,
}

impl Contender {
    /// Someone who takes part in nothing yet.
    pub fn new(kind: Kind, id: &'static str, label: &'static str, how: &'static str) -> Self {
        Self { id, label, kind, how, runs: Vec::new(), left_out: Vec::new() }
    }

    /// Takes part in one cell.
    #[must_use]
    pub fn does(mut self, cell: Cell, run: impl Fn(usize) -> Result<Measured, String> + 'static) -> Self {
        self.runs.push((cell, Box::new(run)));
        self
    }

    /// Does not take part in some cells, and says why.
    #[must_use]
    pub fn not(mut self, cells: impl IntoIterator<Item = Cell>, reason: &'static str) -> Self {
        self.left_out.extend(cells.into_iter().map(|cell| (cell, reason)));
        self
    }

    /// Takes part in all that a [`Handover`] can do: throughput, trigger, start and stop, idle ones, and growth.
    #[must_use]
    pub fn hands_over<P: Handover>(mut self) -> Self {
        for cell in Cell::all() {
            let Cell::Throughput { bound, producers, bytes } = cell else { continue };
            let reason = if bound.is_some() { P::NOT_BOUNDED } else { P::NOT_UNBOUNDED };
            self = match (reason, bytes) {
                (Some(reason), _) => self.not([cell], reason),
                (None, 8) => {
                    self.does(cell, move |count| workload::throughput::<P, 1>(bound, producers, count))
                }
                _ => self.does(cell, move |count| workload::throughput::<P, 32>(bound, producers, count)),
            };
        }
        self.wakes(|stamp| {
            let inbox = start::<P, (), _>(move |()| stamp.set());
            move || inbox.put(())
        })
        .lives(|| start::<P, (), _>(|()| ()), |inbox| drop(inbox.stop()))
        .does(Cell::Growth, workload::growth::<P>)
    }

    /// Takes part in the cells that measure how long an idle one takes to run. `prepare` gets the stamp that the
    /// woken code has to set, and gives what triggers it.
    #[must_use]
    pub fn wakes<F: Fn()>(mut self, prepare: impl Fn(Stamp) -> F + Copy + 'static) -> Self {
        for then_sleeps in [false, true] {
            self = self.does(Cell::Trigger { then_sleeps }, move |count| {
                let stamp = Stamp::new();
                let trigger = prepare(stamp.clone());
                Ok(stamp.measure(count, then_sleeps, trigger))
            });
        }
        self
    }

    /// Takes part in the cells that start and stop.
    #[must_use]
    pub fn lives<R>(
        mut self,
        start: impl Fn() -> R + Copy + 'static,
        stop: impl Fn(R) + Copy + 'static,
    ) -> Self {
        for cell in Cell::all() {
            self = match cell {
                Cell::StartStop => self.does(cell, move |count| Ok(workload::start_stop(count, start, stop))),
                Cell::Idle { .. } => self.does(cell, move |count| workload::idle(count, start, stop)),
                _ => self,
            };
        }
        self
    }

    /// Takes part in the cell of the round trip. `prepare` gives what asks: it gets a number, and has to give the
    /// number that the other side answers, which is one more.
    #[must_use]
    pub fn asks<F: FnMut(u64) -> u64>(self, prepare: impl Fn() -> F + 'static) -> Self {
        self.does(Cell::RoundTrip, move |count| workload::round_trip(count, prepare()))
    }

    /// Takes part in the stop with a backlog: its stop overtakes the tasks that wait.
    #[must_use]
    pub fn overtakes<P: Handover>(self) -> Self {
        self.does(Cell::Backlog, workload::backlog::<P>)
    }

    /// What it is called on the command line.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// What the report says of it.
    pub fn described(&self) -> Described {
        Described {
            id: self.id.to_owned(),
            label: self.label.to_owned(),
            kind: self.kind,
            how: self.how.to_owned(),
            cells: self.runs.iter().map(|(cell, _)| cell.to_string()).collect(),
            left_out: self.left_out.iter().map(|(cell, why)| (cell.to_string(), (*why).to_owned())).collect(),
        }
    }

    /// Does the work of `cell`, `count` times.
    ///
    /// # Errors
    ///
    /// When it does not take part in this cell, and when not every task was handled exactly once.
    pub fn run(&self, cell: Cell, count: usize) -> Result<Measured, String> {
        let run = self.runs.iter().find(|run| run.0 == cell);
        let (_, run) = run.ok_or_else(|| format!("{} does not do {cell}", self.id))?;
        run(count)
    }
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contender").field("id", &self.id).finish_non_exhaustive()
    }
}
