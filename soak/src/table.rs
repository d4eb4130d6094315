//! Tables for the terminal, which are also Markdown.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::time::Duration;

/// Prints rows of equal length under their headings, the columns aligned.
pub(crate) fn print(title: &str, headings: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([headings[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    println!("\n{title}\n");
    println!("{}", line(&headings.iter().map(ToString::to_string).collect::<Vec<_>>()));
    println!("{}", line(&widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>()));
    for row in rows {
        println!("{}", line(row));
    }
}

/// A number with its thousands set apart.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}

/// The median, the 99th percentile and the largest of some times, for three columns.
pub(crate) fn percentiles(mut times: Vec<Duration>) -> [String; 3] {
    times.sort_unstable();
    let at = |share: usize| {
        let index = (times.len() * share / 1_000).min(times.len().saturating_sub(1));
        times.get(index).map_or_else(String::new, |time| format!("{:.1} µs", time.as_secs_f64() * 1e6))
    };
    [at(500), at(990), at(1_000)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1_000, 12_345_678].map(thousands), ["0", "999", "1,000", "12,345,678"]);
    }

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let times = (1..=1_000).rev().map(Duration::from_micros).collect();
        assert_eq!(percentiles(times), ["501.0 µs", "991.0 µs", "1000.0 µs"]);
        assert_eq!(percentiles(vec![Duration::from_micros(7)]), ["7.0 µs"; 3]);
    }
}
