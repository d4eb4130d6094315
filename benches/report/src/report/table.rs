//! The figures as text: cells of tables, and the table for the terminal.

use super::{Cell, Entry, METRICS, Metric, Report, Unit};

/// The headings of the table: the metrics, then the ratios.
pub(crate) fn headings() -> Vec<&'static str> {
    let ratios = ["p50 ratio", "p99 ratio"];
    METRICS.iter().map(|metric| metric.label).chain(ratios).collect()
}

/// The figures of one row, in the order of the headings.
pub(crate) fn figures(entry: &Entry) -> Vec<String> {
    let ratio = |ratio: Option<f64>| ratio.map_or_else(none, |ratio| format!("{}x", share(ratio)));
    let mut row: Vec<String> =
        METRICS.iter().map(|metric| figure(metric, entry.median(metric.key))).collect();
    row.extend([ratio(entry.ratio_p50), ratio(entry.ratio_p99)]);
    row
}

pub(crate) fn figure(metric: &Metric, value: Option<f64>) -> String {
    match (metric.unit, value) {
        (_, None) => none(),
        (Unit::Nanos, Some(value)) => nanos(value),
        (Unit::Count, Some(value)) => thousands(value),
    }
}

fn none() -> String {
    "-".to_owned()
}

/// A time with its unit and three significant digits.
pub(crate) fn nanos(value: f64) -> String {
    let size = value.abs();
    let (scale, unit) = match size {
        size if size < 999.5 => (1.0, "ns"),
        size if size < 999.5e3 => (1e3, "µs"),
        size if size < 999.5e6 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    format!("{} {unit}", significant(value / scale))
}

/// A ratio, with more digits the smaller it is.
pub(crate) fn share(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 0.00095 => format!("{ratio:.1e}"),
        ratio if ratio < 0.0995 => format!("{ratio:.4}").trim_end_matches('0').to_owned(),
        ratio => significant(ratio),
    }
}

/// Three significant digits, and no zeros behind them.
pub(crate) fn significant(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The tables of all cells, for a terminal.
pub(crate) fn terminal(report: &Report) -> String {
    report.cells.iter().map(|cell| one(report, cell)).collect::<Vec<_>>().join("\n")
}

fn one(report: &Report, cell: &Cell) -> String {
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(headings().into_iter().map(str::to_owned));
    for entry in &cell.entries {
        let ours = report.named(&entry.contender).is_some_and(|named| named.ours);
        let mut row = vec![format!("{} {}", if ours { "*" } else { " " }, report.label(&entry.contender))];
        row.extend(figures(entry));
        rows.push(row);
    }
    let mut text = format!("\n{}", cell.title());
    if let Some(yardstick) = &cell.yardstick {
        text += &format!(" (ratios: to {}; *: ours)", report.label(yardstick));
    }
    text + &aligned(&rows) + "\n"
}

/// Rows of equal length below each other, each on a line of its own; all but the first column to the right.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        let shown = [0.0, 0.004, 1.25, 999.0, 999.9, 52_130.0, 1_000_000.0, 51_234_567.0, 2e9].map(nanos);
        assert_eq!(shown, ["0 ns", "0 ns", "1.25 ns", "999 ns", "1 µs", "52.1 µs", "1 ms", "51.2 ms", "2 s"]);
        assert_eq!(
            (nanos(-0.001), nanos(-59_000.0), nanos(100.0)),
            ("0 ns".into(), "-59 µs".into(), "100 ns".into())
        );
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!([0.0, 999.0, 30_000.0, 1_234_567.0].map(thousands), ["0", "999", "30,000", "1,234,567"]);
    }
}
