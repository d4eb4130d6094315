//! The report on messages: its data, and one file for each form that it takes.
#![expect(clippy::format_push_string, reason = "pages are put together once, and read better so")]

mod bars;
pub(crate) mod baseline;
pub(crate) mod check;
pub(crate) mod html;
pub(crate) mod table;
pub(crate) mod targets;

use std::collections::BTreeMap;

use pyaltt_benches::cell;
use pyaltt_benches::contender::Kind;
use pyaltt_benches::protocol::Described;
use serde::{Deserialize, Serialize};

use super::shape::{self, Figure};
use crate::figures::Spread;
use crate::left_out::LeftOut;
use crate::metadata::Metadata;
use crate::report::target::Target;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) metadata: Metadata,
    pub(crate) rounds: u64,
    /// The part of the full counts that was done: one in this many.
    pub(crate) one_in: usize,
    pub(crate) contenders: Vec<Named>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) targets: Vec<Target>,
}

/// A contender, as a reader of the report knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) how: String,
    pub(crate) kind: Kind,
}

impl Named {
    pub(crate) fn of(described: &Described) -> Self {
        let Described { id, label, how, kind, .. } = described.clone();
        Self { id, label, how, kind }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cell {
    pub(crate) id: String,
    /// How often the work was done in a round.
    pub(crate) count: usize,
    pub(crate) entries: Vec<Entry>,
}

/// A contender in a cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) contender: String,
    pub(crate) rounds: u64,
    pub(crate) figures: BTreeMap<String, Spread>,
    /// Of its first figure to that of ours.
    pub(crate) ratio: Option<f64>,
}

impl Entry {
    /// The median over rounds of a figure.
    pub(crate) fn median(&self, key: &str) -> Option<f64> {
        self.figures.get(key).map(|spread| spread.median)
    }
}

impl Report {
    pub(crate) fn cell(&self, id: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.id == id)
    }

    pub(crate) fn named(&self, id: &str) -> Option<&Named> {
        self.contenders.iter().find(|named| named.id == id)
    }

    pub(crate) fn label<'a>(&'a self, id: &'a str) -> &'a str {
        self.named(id).map_or(id, |named| &named.label)
    }

    pub(crate) fn kind(&self, id: &str) -> Kind {
        self.named(id).map_or(Kind::Bare, |named| named.kind)
    }
}

impl Cell {
    pub(crate) fn new(cell: cell::Cell, count: usize, entries: Vec<Entry>) -> Self {
        Self { id: cell.to_string(), count, entries }
    }

    fn cell(&self) -> Option<cell::Cell> {
        cell::Cell::find(&self.id)
    }

    pub(crate) fn title(&self) -> String {
        self.cell().map_or_else(|| self.id.clone(), shape::title)
    }

    pub(crate) fn how(&self) -> &'static str {
        self.cell().map_or("", shape::how)
    }

    pub(crate) fn figures(&self) -> Vec<Figure> {
        self.cell().map_or_else(Vec::new, shape::figures)
    }

    /// The figure that is drawn and compared, and its values, the least first.
    pub(crate) fn ranked(&self) -> Option<(Figure, Vec<(&Entry, Spread)>)> {
        let main = self.figures().into_iter().next()?;
        let with = |entry: &'_ Entry| entry.figures.get(&main.key).copied();
        let mut ranked: Vec<_> =
            self.entries.iter().filter_map(|entry| Some((entry, with(entry)?))).collect();
        ranked.sort_by(|a, b| a.1.median.total_cmp(&b.1.median));
        Some((main, ranked))
    }

    /// Sets all ratios to the first of ours.
    pub(crate) fn compare(&mut self, contenders: &[Named]) {
        let Some(main) = self.figures().into_iter().next() else { return };
        let is_ours = |id: &str| contenders.iter().any(|named| named.id == id && named.kind == Kind::Ours);
        let ours = self.entries.iter().find(|entry| is_ours(&entry.contender));
        let Some(ours) = ours.and_then(|entry| entry.median(&main.key)).filter(|ours| *ours > 0.0) else {
            return;
        };
        for entry in &mut self.entries {
            entry.ratio = entry.median(&main.key).map(|value| value / ours);
        }
    }
}
