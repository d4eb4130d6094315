//! Runs every contender in every cell, each time in a process of its own.

use std::collections::BTreeMap;

use pyaltt_benches::cell::Cell;
use pyaltt_benches::protocol::{Described, Measured};

use super::plan::Plan;
use super::report::{self, Entry, Named, Report};
use super::{callgrind, peers, report::targets};
use crate::figures::Spread;
use crate::left_out::LeftOut;
use crate::metadata::Metadata;
use crate::progress;
use crate::shuffle::Shuffle;

/// Measures the whole plan.
pub(crate) fn all(plan: &Plan) -> anyhow::Result<Report> {
    let metadata = Metadata::of_this_machine()
        .with_program("valgrind", "--version")
        .with_locked(peers::LOCK, peers::PINNED);
    let mut left_out = plan.left_out.clone();
    let mut rounds: BTreeMap<(Cell, &str), Vec<Measured>> = BTreeMap::new();
    // One that fails once in a cell is not asked again: it has most likely taken all the time it was given.
    let mut gave_up: Vec<(Cell, &str)> = Vec::new();
    let mut shuffle = Shuffle::new();
    let bar = progress::bar(plan.runs())?;
    for round in 1..=plan.rounds {
        for cell in shuffle.shuffled(plan.cells.iter().copied()) {
            if round > plan.rounds_of(cell) {
                continue;
            }
            let takes_part = |contender: &&Described| Plan::takes_part(contender, cell);
            for contender in shuffle.shuffled(plan.contenders.iter().filter(takes_part)) {
                bar.inc(1);
                let entry = (cell, &*contender.id);
                if gave_up.contains(&entry) {
                    continue;
                }
                bar.set_message(format!("round {round}, {cell}: {}", contender.label));
                match one(plan, contender, cell) {
                    Ok(measured) => rounds.entry(entry).or_default().push(measured),
                    Err(error) => {
                        left_out.push(failed(contender, cell, round, &error));
                        gave_up.push(entry);
                    }
                }
            }
        }
    }
    bar.finish_and_clear();

    let cells = plan.cells.iter().map(|cell| {
        let measured = plan
            .contenders
            .iter()
            .filter_map(|contender| Some(entry(&contender.id, &rounds.remove(&(*cell, &*contender.id))?)));
        report::Cell::new(*cell, plan.count(*cell), measured.collect())
    });
    let mut report = Report {
        cells: cells.collect(),
        metadata,
        rounds: plan.rounds,
        one_in: plan.one_in,
        contenders: plan.contenders.iter().map(Named::of).collect(),
        left_out,
        targets: Vec::new(),
    };
    for cell in &mut report.cells {
        cell.compare(&report.contenders);
    }
    report.targets = targets::all(&report);
    Ok(report)
}

fn one(plan: &Plan, contender: &Described, cell: Cell) -> anyhow::Result<Measured> {
    let count = plan.count(cell);
    if cell == Cell::Instructions {
        let count = callgrind::instructions(&plan.peers, &contender.id, count)?;
        return Ok(Measured::of("instructions", count));
    }
    plan.peers.run(&contender.id, cell, count)
}

fn failed(contender: &Described, cell: Cell, round: u64, error: &anyhow::Error) -> LeftOut {
    LeftOut {
        what: format!("{}: {cell}", contender.label),
        reason: format!("round {round} failed: {error:#}"),
        remedy: "run it again; if it stays, this is a bug".to_owned(),
    }
}

/// All rounds of a contender in a cell.
fn entry(contender: &str, rounds: &[Measured]) -> Entry {
    let mut values: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (key, value) in rounds.iter().flat_map(|round| &round.figures) {
        values.entry(key).or_default().push(*value);
    }
    let figures = values.into_iter().filter_map(|(key, values)| Some((key.to_owned(), Spread::of(values)?)));
    Entry {
        contender: contender.to_owned(),
        rounds: rounds.len() as u64,
        figures: figures.collect(),
        ratio: None,
    }
}
