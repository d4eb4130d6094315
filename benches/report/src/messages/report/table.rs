//! The figures as text, for the terminal.

use pyaltt_benches::contender::Kind;

use super::{Cell, Entry, Report};
use crate::report::table::{aligned, share};

/// The headings of a cell's table: its figures, then the ratio.
pub(crate) fn headings(cell: &Cell) -> Vec<String> {
    let labels = cell.figures().into_iter().map(|figure| figure.label);
    labels.chain(["ratio".to_owned()]).collect()
}

/// The figures of one row, in the order of the headings.
pub(crate) fn figures(cell: &Cell, entry: &Entry) -> Vec<String> {
    let show = |(key, unit): (String, super::shape::Unit)| {
        entry.median(&key).map_or_else(|| "-".to_owned(), |value| unit.show(value))
    };
    let values = cell.figures().into_iter().map(|figure| show((figure.key, figure.unit)));
    let ratio = entry.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{}x", share(ratio)));
    values.chain([ratio]).collect()
}

/// The tables of all cells, for a terminal.
pub(crate) fn terminal(report: &Report) -> String {
    report.cells.iter().map(|cell| one(report, cell)).collect::<Vec<_>>().join("\n")
}

fn one(report: &Report, cell: &Cell) -> String {
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(headings(cell));
    for (entry, _) in cell.ranked().map_or_else(Vec::new, |ranked| ranked.1) {
        let mark = if report.kind(&entry.contender) == Kind::Ours { "*" } else { " " };
        let mut row = vec![format!("{mark} {}", report.label(&entry.contender))];
        row.extend(figures(cell, entry));
        rows.push(row);
    }
    format!("\n{} (ratios: to ours, *; less is better){}\n", cell.title(), aligned(&rows))
}
