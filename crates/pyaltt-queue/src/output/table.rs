//! Tables: columns that line up.

/// What stands between columns.
const GAP: &str = "  ";

/// How many characters the last column has at least, however narrow the terminal is.
const NARROWEST: usize = 24;

/// A table of texts.
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

/// How a column is headed, and on which side its texts begin.
#[derive(Clone, Copy)]
pub(crate) enum Column {
    Left(&'static str),
    Right(&'static str),
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Left(title) | Self::Right(title) => title,
        }
    }
}

impl Table {
    pub(crate) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row with a text for each column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Adds a column at the right that takes what the others leave of a width. `text` makes its text for the row of a
    /// number, of at most so many characters.
    pub(crate) fn last_column(
        &mut self,
        title: &'static str,
        width: usize,
        text: impl Fn(usize, usize) -> String,
    ) {
        let taken: usize = self.widths().iter().map(|(_, width)| width + GAP.len()).sum();
        let left = width.saturating_sub(taken).max(NARROWEST);
        for (number, row) in self.rows.iter_mut().enumerate() {
            row.resize(self.columns.len(), String::new());
            row.push(text(number, left));
        }
        self.columns.push(Column::Left(title));
    }

    /// Writes the table. Columns without any text are left out.
    pub(crate) fn render(&self) -> String {
        let titles: Vec<_> = self.columns.iter().map(|column| column.title().to_owned()).collect();
        let widths = self.widths();
        let mut out = String::new();
        for row in [&titles].into_iter().chain(&self.rows) {
            let mut line = String::new();
            for (column, width) in &widths {
                let text = row.get(*column).map_or("", String::as_str);
                let pad = " ".repeat(width - text.chars().count());
                match self.columns[*column] {
                    Column::Left(_) => line.extend([text, &pad]),
                    Column::Right(_) => line.extend([&*pad, text]),
                }
                line.push_str(GAP);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// The numbers of the columns with any text, and how wide each is.
    fn widths(&self) -> Vec<(usize, usize)> {
        let width = |column: usize| {
            let texts = self.rows.iter().filter_map(|row| row.get(column));
            let widest = texts.map(|text| text.chars().count()).max().unwrap_or(0);
            let title = self.columns[column].title().chars().count();
            (widest > 0).then_some((column, widest.max(title)))
        };
        (0..self.columns.len()).filter_map(width).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_empty_ones_are_left_out() {
        let mut table = Table::new([
            Column::Left("NAME"),
            Column::Right("COUNT"),
            Column::Left("NOTE"),
            Column::Left("X"),
        ]);
        table.row(["é".into(), "1".into(), String::new(), String::new()]);
        table.row(["longer".into(), "12345678".into(), String::new(), "y".into()]);
        assert_eq!(table.render(), "NAME       COUNT  X\né              1\nlonger  12345678  y\n");
        table.last_column("REST", 50, |row, width| format!("{row} of {width}"));
        let want = "NAME       COUNT  X  REST\né              1     0 of 29\nlonger  12345678  y  1 of 29\n";
        assert_eq!(table.render(), want);
    }
}
