//! Tables for the terminal that are also Markdown.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

/// Prints rows of equal length under their headings, in aligned columns.
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

/// A number with separated thousands.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        assert_eq!([0, 999, 1_000, 12_345_678].map(thousands), ["0", "999", "1,000", "12,345,678"]);
    }
}
