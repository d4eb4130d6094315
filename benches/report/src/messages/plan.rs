//! What is measured: cells, contenders, rounds, and how often each does its work.

use std::fmt;

use anyhow::bail;
use pyaltt_benches::cell::Cell;
use pyaltt_benches::protocol::{Described, Listing};

use super::callgrind;
use super::peers::Peers;
use crate::Options;
use crate::left_out::LeftOut;

/// The part of a cell's full count that is done in smoke mode: one in this many.
const SMOKE: usize = 500;

pub(crate) struct Plan {
    pub(crate) peers: Peers,
    pub(crate) cells: Vec<Cell>,
    pub(crate) contenders: Vec<Described>,
    pub(crate) rounds: u64,
    /// The part of a cell's full count that is done: one in this many.
    pub(crate) one_in: usize,
    pub(crate) left_out: Vec<LeftOut>,
}

impl Plan {
    /// Builds the measured program, and plans.
    pub(crate) fn new(options: &Options) -> anyhow::Result<Self> {
        let peers = Peers::build()?;
        let Listing { mut contenders } = peers.listing()?;
        let among =
            |parts: &[String], id: &str| parts.is_empty() || parts.iter().any(|part| id.contains(&**part));
        contenders.retain(|contender| among(&options.contenders, &contender.id));
        let mut cells = Cell::all();
        cells.retain(|cell| among(&options.cells, &cell.to_string()));
        if contenders.is_empty() || cells.is_empty() {
            let cells: Vec<_> = Cell::all().iter().map(ToString::to_string).collect();
            bail!("nothing to measure; the cells are: {}", cells.join(", "));
        }
        let mut left_out = Vec::new();
        if cells.contains(&Cell::Instructions)
            && let Some(reason) = callgrind::missing()
        {
            cells.retain(|cell| *cell != Cell::Instructions);
            left_out.push(reason);
        }
        for contender in &contenders {
            left_out.extend(reasons(contender, &cells));
        }
        Ok(Self {
            peers,
            cells,
            contenders,
            rounds: options.rounds.unwrap_or(if options.smoke { 1 } else { 5 }),
            one_in: if options.smoke {
                SMOKE
            } else if options.quick {
                5
            } else {
                1
            },
            left_out,
        })
    }

    pub(crate) fn takes_part(contender: &Described, cell: Cell) -> bool {
        contender.cells.contains(&cell.to_string())
    }

    pub(crate) fn is_smoke(&self) -> bool {
        self.one_in == SMOKE
    }

    /// How often the work of a cell is done in one round.
    pub(crate) fn count(&self, cell: Cell) -> usize {
        (cell.count() / self.one_in).max(10)
    }

    /// How many rounds a cell has. Counted instructions are the same every time.
    pub(crate) fn rounds_of(&self, cell: Cell) -> u64 {
        if cell == Cell::Instructions { 1 } else { self.rounds }
    }

    pub(crate) fn runs(&self) -> u64 {
        let in_cell = |cell: &Cell| {
            let contenders = self.contenders.iter().filter(|contender| Self::takes_part(contender, *cell));
            contenders.count() as u64 * self.rounds_of(*cell)
        };
        self.cells.iter().map(in_cell).sum()
    }
}

/// Why a contender is not in some cells, the cells of one reason together.
fn reasons(contender: &Described, cells: &[Cell]) -> Vec<LeftOut> {
    let mut all: Vec<LeftOut> = Vec::new();
    for (cell, reason) in &contender.left_out {
        if !cells.iter().any(|wanted| wanted.to_string() == *cell) {
            continue;
        }
        match all.iter_mut().find(|left_out| left_out.reason == *reason) {
            Some(left_out) => {
                left_out.what += ", ";
                left_out.what += cell;
            }
            None => all.push(LeftOut {
                what: format!("{}: {cell}", contender.label),
                reason: reason.clone(),
                remedy: "none: this is how it is made".to_owned(),
            }),
        }
    }
    all
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cells, contenders) = (self.cells.len(), self.contenders.len());
        write!(
            f,
            "messages: {cells} cells, {contenders} contenders, {} rounds: {} runs",
            self.rounds,
            self.runs()
        )?;
        for LeftOut { what, reason, .. } in &self.left_out {
            write!(f, "\nleft out: {what}: {reason}")?;
        }
        Ok(())
    }
}
