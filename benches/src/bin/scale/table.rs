//! Markdown tables on the terminal.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::time::Duration;

/// Prints rows under their headings.
pub(crate) fn print(title: &str, headings: &[&str], rows: &[Vec<String>]) {
    println!("\n{title}\n\n| {} |", headings.join(" | "));
    println!(
        "| {} |",
        headings.iter().map(|heading| "-".repeat(heading.len())).collect::<Vec<_>>().join(" | ")
    );
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
}

/// The median, the 99th percentile and the maximum of some times, for three columns.
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
    fn percentiles_are_of_the_sorted_times() {
        let times = (1..=1_000).rev().map(Duration::from_micros).collect();
        assert_eq!(percentiles(times), ["501.0 µs", "991.0 µs", "1000.0 µs"]);
        assert_eq!(percentiles(vec![Duration::from_micros(7)]), ["7.0 µs"; 3]);
    }
}
