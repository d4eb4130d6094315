//! The figures as rows: the columns of a case, and the tables for the terminal.

use pyaltt_benches::case::{Case, Figure};

use crate::model::{Entry, Report, Results};
use crate::target::{HEADINGS, Target};
use crate::units;

/// A column of the table of a case.
#[derive(Clone, Copy)]
pub(crate) struct Column<'a> {
    pub(crate) figure: &'a Figure,
    /// Whether it shows the ratio of the figure to that of the yardstick.
    is_ratio: bool,
    /// Whether it is the only ratio of its case.
    is_only_ratio: bool,
}

/// The columns of a case: the figures, then the ratios.
pub(crate) fn columns(case: &Case) -> Vec<Column<'_>> {
    let ratios: Vec<_> = case.figures.iter().filter(|figure| figure.has_ratio).collect();
    let is_only_ratio = ratios.len() == 1;
    let column = |is_ratio| move |figure| Column { figure, is_ratio, is_only_ratio };
    case.figures.iter().map(column(false)).chain(ratios.into_iter().map(column(true))).collect()
}

impl Column<'_> {
    pub(crate) fn heading(&self) -> String {
        match (self.is_ratio, self.is_only_ratio) {
            (false, _) => self.figure.label.clone(),
            (true, true) => "ratio".to_owned(),
            (true, false) => format!("{} ratio", self.figure.label),
        }
    }

    pub(crate) fn cell(&self, entry: &Entry) -> String {
        let key = &self.figure.key;
        let shown = if self.is_ratio {
            entry.ratios.get(key).map(|ratio| format!("{}x", units::share(*ratio)))
        } else {
            entry.median(key).map(|value| units::show(self.figure.unit, value))
        };
        shown.unwrap_or_else(|| "-".to_owned())
    }

    /// The best and the worst round, where they differ and are to be shown.
    pub(crate) fn spread(&self, entry: &Entry) -> Option<String> {
        let is_shown = self.figure.has_spread && !self.is_ratio;
        let spread = entry.figures.get(&self.figure.key).filter(|spread| is_shown && spread.width() > 0.0)?;
        let show = |value| units::show(self.figure.unit, value);
        Some(format!("{} – {}", show(spread.min), show(spread.max)))
    }
}

/// The tables of all cases, and that of the targets, for a terminal.
pub(crate) fn terminal(report: &Report) -> String {
    let results = report.results.iter().map(|results| one(report, results));
    results.chain([targets(&report.targets)]).collect::<Vec<_>>().join("\n")
}

fn one(report: &Report, results: &Results) -> String {
    let columns = columns(&results.case);
    let headings = [String::new()].into_iter().chain(columns.iter().map(Column::heading)).collect();
    let mut rows: Vec<Vec<String>> = vec![headings];
    for entry in &results.entries {
        let mark = if report.is_ours(&entry.contender) { "*" } else { " " };
        let mut row = vec![format!("{mark} {}", report.label(&entry.contender))];
        row.extend(columns.iter().map(|column| column.cell(entry)));
        rows.push(row);
    }
    let yardstick = results.yardstick.as_ref();
    let ratios = yardstick.map_or_else(String::new, |id| format!("ratios: to {}; ", report.label(id)));
    format!("\n{} ({ratios}*: ours; less is better){}\n", results.case.title, aligned(&rows))
}

/// Rows of equal length below each other, each on a line of its own; all but the first column to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let mut text = String::new();
    for row in rows {
        text += &format!("\n{:<width$}", row[0], width = widths[0]);
        for (value, width) in row.iter().zip(&widths).skip(1) {
            text += &format!("  {value:>width$}");
        }
    }
    text
}

/// All columns to the left: they are mostly words.
fn targets(targets: &[Target]) -> String {
    let rows: Vec<_> =
        [HEADINGS.map(str::to_owned)].into_iter().chain(targets.iter().map(Target::row)).collect();
    let width =
        |column: usize| rows.iter().map(|row: &[String; 6]| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pyaltt_benches::conditions::{Conditions, Load, Policy};
    use pyaltt_benches::workload::{self, interval};

    use super::*;
    use crate::figures::Spread;

    #[test]
    fn the_ratios_come_last_and_several_say_of_what_they_are() {
        let headings = |case: &Case| columns(case).iter().map(Column::heading).collect::<Vec<_>>();
        assert_eq!(
            headings(&workload::cases()[0]),
            ["time a task", "CPU a task", "switches a task", "ratio"]
        );
        let conditions = Conditions { period_ns: 1_000_000, load: Load::Idle, policy: Policy::Other };
        let interval = headings(&interval::case(conditions));
        assert_eq!(interval[interval.len() - 2..], ["p50 ratio", "p99 ratio"]);
    }

    #[test]
    fn a_column_shows_a_figure_its_spread_and_its_ratio() {
        let case = workload::cases().remove(0);
        let entry = Entry {
            figures: BTreeMap::from([("ns".into(), Spread { median: 20.0, min: 10.0, max: 30.0 })]),
            ratios: BTreeMap::from([("ns".into(), 0.5)]),
            ..Entry::default()
        };
        let cells: Vec<_> =
            columns(&case).iter().map(|column| (column.cell(&entry), column.spread(&entry))).collect();
        let cell = |text: &str, spread: Option<&str>| (text.to_owned(), spread.map(str::to_owned));
        let ns = cell("20 ns", Some("10 ns – 30 ns"));
        assert_eq!(cells, [ns, cell("-", None), cell("-", None), cell("0.5x", None)]);
    }
}
