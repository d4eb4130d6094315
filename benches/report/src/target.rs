//! Targets: the aim, the measured figure, and whether it meets the aim. Pure.

use serde::{Deserialize, Serialize};

use crate::figures::Spread;
use crate::units;

/// An aim, and what was measured for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) what: String,
    /// What the figure is divided by; empty where the aim is for the figure itself.
    pub(crate) against: String,
    /// The figure, and that of the yardstick, as text.
    pub(crate) measured: String,
    pub(crate) ratio: Option<f64>,
    /// The ratio of the worst round and that of the best, where it is one of single rounds.
    #[serde(default)]
    pub(crate) spread: String,
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

/// The name of a target, its limit, and how its figures are shown.
#[derive(Clone, Debug)]
pub(crate) struct Aim {
    pub(crate) what: String,
    pub(crate) limit: Limit,
    pub(crate) show: fn(f64) -> String,
    /// Why there is no figure, where this run has none.
    pub(crate) needs: String,
}

impl Aim {
    /// Holds the figure itself against the limit.
    pub(crate) fn figure(self, measured: Option<f64>) -> Target {
        let aim = self.limit.text(self.show);
        let shown = measured.map_or_else(String::new, self.show);
        self.target(String::new(), shown, None, aim, measured)
    }

    /// Holds the ratio of the figure to that of a yardstick against the limit.
    pub(crate) fn ratio(self, measured: Option<f64>, against: &str, yardstick: Option<f64>) -> Target {
        let aim = self.limit.text(|limit| format!("{} x", units::significant(limit)));
        let both = measured.zip(yardstick.filter(|yardstick| *yardstick > 0.0));
        let shown = both
            .map_or_else(String::new, |(value, of)| format!("{} to {}", (self.show)(value), (self.show)(of)));
        let ratio = both.map(|(value, of)| value / of);
        self.target(against.to_owned(), shown, ratio, aim, ratio)
    }

    /// Holds the median of the ratios of single rounds against the limit, and shows both figures.
    pub(crate) fn paired(
        self,
        measured: Option<f64>,
        against: &str,
        yardstick: Option<f64>,
        ratios: Option<Spread>,
    ) -> Target {
        let ratio = ratios.map(|ratios| ratios.median);
        let spread = ratios.filter(|ratios| ratios.width() > 0.0);
        let show = |ratios: Spread| format!(" ({} – {})", units::share(ratios.min), units::share(ratios.max));
        let target = self.clone().ratio(measured, against, yardstick);
        let Target { measured, aim, .. } = target;
        let target = self.target(against.to_owned(), measured, ratio, aim, ratio);
        Target { spread: spread.map_or_else(String::new, show), ..target }
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
        Target { what: self.what, against, measured, ratio, spread: String::new(), aim, verdict }
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

    /// The cells of its row in tables.
    pub(crate) fn row(&self) -> [String; 6] {
        let ratio =
            self.ratio.map_or_else(String::new, |ratio| format!("{} x{}", units::share(ratio), self.spread));
        let Self { what, against, measured, aim, .. } = self.clone();
        [what, against, measured, ratio, aim, self.verdict()]
    }
}

/// The headings of [`Target::row`].
pub(crate) const HEADINGS: [&str; 6] = ["target", "against", "measured", "ratio", "aim", ""];

#[cfg(test)]
mod tests {
    use super::*;

    fn aim(limit: Limit) -> Aim {
        Aim { what: "a thing".into(), limit, show: units::nanos, needs: "the case".into() }
    }

    #[test]
    fn a_figure_is_held_against_its_limit() {
        let verdict = |value| aim(Limit::AtMost(500.0)).figure(value).verdict;
        assert_eq!((verdict(Some(500.0)), verdict(Some(501.0))), (Verdict::Met, Verdict::Missed));
        assert_eq!(verdict(None), Verdict::NotMeasured("the case".into()));
    }

    #[test]
    fn a_ratio_is_held_against_its_limit() {
        let target = aim(Limit::AtLeast(0.9)).ratio(Some(80.0), "a peer", Some(100.0));
        assert_eq!((target.ratio, &target.verdict), (Some(0.8), &Verdict::Missed));
        assert_eq!(target.row(), ["a thing", "a peer", "80 ns to 100 ns", "0.8 x", "≥ 0.9 x", "missed"]);
        let ratios = Spread { median: 0.95, min: 0.7, max: 1.0 };
        let paired = aim(Limit::AtLeast(0.9)).paired(Some(80.0), "a peer", Some(100.0), Some(ratios));
        assert_eq!(paired.row()[2..], ["80 ns to 100 ns", "0.95 x (0.7 – 1)", "≥ 0.9 x", "met"]);
        let without = aim(Limit::AtMost(1.0)).ratio(Some(80.0), "a peer", Some(0.0));
        assert_eq!(without.verdict, Verdict::NotMeasured("the case".into()));
    }
}
