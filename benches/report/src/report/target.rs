//! A target: what is to be shown, what was measured, and whether that meets it. Pure.

use serde::{Deserialize, Serialize};

use super::page::escape;
use super::table;

/// What is to be shown, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) what: String,
    /// What the figure is divided by; empty where the figure itself is the aim.
    pub(crate) against: String,
    /// The figure, and that of the yardstick, as text.
    pub(crate) measured: String,
    pub(crate) ratio: Option<f64>,
    pub(crate) aim: String,
    pub(crate) verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Verdict {
    Met,
    Missed,
    /// Why there is no figure.
    NotMeasured(String),
}

/// Where a figure has to stay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Limit {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    fn text(self, show: impl Fn(f64) -> String) -> String {
        match self {
            Self::AtMost(limit) => format!("≤ {}", show(limit)),
            Self::AtLeast(limit) => format!("≥ {}", show(limit)),
        }
    }
}

/// How a target is called, and how its figures are shown.
#[derive(Clone, Debug)]
pub(crate) struct Aim {
    pub(crate) what: String,
    pub(crate) limit: Limit,
    pub(crate) show: fn(f64) -> String,
    /// What a run needs to have for it, where this one does not.
    pub(crate) needs: String,
}

impl Aim {
    /// A figure that is held against the limit itself.
    pub(crate) fn figure(self, measured: Option<f64>) -> Target {
        let aim = self.limit.text(self.show);
        let shown = measured.map_or_else(String::new, self.show);
        self.target(String::new(), shown, None, aim, measured)
    }

    /// A figure whose ratio to that of a yardstick is held against the limit.
    pub(crate) fn ratio(self, measured: Option<f64>, against: &str, yardstick: Option<f64>) -> Target {
        let aim = self.limit.text(|limit| format!("{} x", table::significant(limit)));
        let both = measured.zip(yardstick.filter(|yardstick| *yardstick > 0.0));
        let shown = both
            .map_or_else(String::new, |(value, of)| format!("{} to {}", (self.show)(value), (self.show)(of)));
        let ratio = both.map(|(value, of)| value / of);
        self.target(against.to_owned(), shown, ratio, aim, ratio)
    }

    fn target(
        self,
        against: String,
        measured: String,
        ratio: Option<f64>,
        aim: String,
        held: Option<f64>,
    ) -> Target {
        let verdict = match held {
            Some(value) if self.limit.holds(value) => Verdict::Met,
            Some(_) => Verdict::Missed,
            None => Verdict::NotMeasured(self.needs),
        };
        Target { what: self.what, against, measured, ratio, aim, verdict }
    }
}

impl Target {
    fn verdict(&self) -> String {
        match &self.verdict {
            Verdict::Met => "met".to_owned(),
            Verdict::Missed => "missed".to_owned(),
            Verdict::NotMeasured(why) => format!("not measured: {why}"),
        }
    }

    fn row(&self) -> [String; 6] {
        let ratio = self.ratio.map_or_else(String::new, |ratio| format!("{} x", table::share(ratio)));
        let Self { what, against, measured, aim, .. } = self.clone();
        [what, against, measured, ratio, aim, self.verdict()]
    }
}

const HEADINGS: [&str; 6] = ["target", "against", "measured", "ratio", "aim", ""];

/// The table for the page.
pub(crate) fn html(targets: &[Target]) -> String {
    let mut text =
        String::from("<h2>Targets</h2>\n<div class=\"wide\"><table class=\"words targets\"><thead><tr>");
    for heading in HEADINGS {
        text += &format!("<th>{heading}</th>");
    }
    text += "</tr></thead><tbody>\n";
    for target in targets {
        let class = match target.verdict {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::NotMeasured(_) => "small",
        };
        let cells = target.row().map(|cell| escape(&cell));
        text += &format!("<tr class=\"{class}\"><td>{}</td></tr>\n", cells.join("</td><td>"));
    }
    text + "</tbody></table></div>\n"
}

/// The table for the terminal.
pub(crate) fn terminal(targets: &[Target]) -> String {
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
    use super::*;

    fn aim(limit: Limit) -> Aim {
        Aim { what: "a thing".into(), limit, show: table::nanos, needs: "the cell".into() }
    }

    #[test]
    fn a_figure_is_held_against_its_limit() {
        let verdict = |value| aim(Limit::AtMost(500.0)).figure(value).verdict;
        assert_eq!((verdict(Some(500.0)), verdict(Some(501.0))), (Verdict::Met, Verdict::Missed));
        assert_eq!(verdict(None), Verdict::NotMeasured("the cell".into()));
    }

    #[test]
    fn a_ratio_is_held_against_its_limit() {
        let target = aim(Limit::AtLeast(0.9)).ratio(Some(80.0), "a peer", Some(100.0));
        assert_eq!((target.ratio, &target.verdict), (Some(0.8), &Verdict::Missed));
        assert_eq!(target.row(), ["a thing", "a peer", "80 ns to 100 ns", "0.8 x", "≥ 0.9 x", "missed"]);
        let without = aim(Limit::AtMost(1.0)).ratio(Some(80.0), "a peer", Some(0.0));
        assert_eq!(without.verdict, Verdict::NotMeasured("the cell".into()));
    }
}
