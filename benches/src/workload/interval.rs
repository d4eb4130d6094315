//! Keeping an interval: how late each wake-up is, and what it costs.
//!
//! The work itself is in [`crate::pacing`], and the report computes the figures from the wake-ups.

use crate::case::{Case, Compared, Figure, Unit, Work};
use crate::conditions::{Conditions, Load};

/// The number of ticks of a run that shows whether there is any drift.
pub const DRIFT_TICKS: u64 = 100_000;

/// The case with these conditions.
pub fn case(conditions: Conditions) -> Case {
    let Conditions { period_ns, load, policy } = conditions;
    let (period, ascii, unit) = if period_ns % 1_000_000 == 0 {
        (period_ns / 1_000_000, "ms", "ms")
    } else {
        (period_ns / 1_000, "us", "µs")
    };
    let machine = match load {
        Load::Idle => "idle machine",
        Load::Cpu => "all processors busy",
    };
    let id = format!("{period}{ascii}-{load}-{policy}");
    let title = format!("{period} {unit} period, {machine}, SCHED_{}", policy.to_string().to_uppercase());
    Case::new(id, title, "", Work::Interval(conditions)).with(figures())
}

/// The figures of every interval.
pub fn figures() -> Vec<Figure> {
    let late = |key: &str, label: &str, meaning: &str| row("Lateness", Figure::nanos(key, label), meaning);
    let time = |key: &str, label: &str, meaning: &str| row(COST, Figure::nanos(key, label), meaning);
    let count = |table: &str, key: &str, meaning: &str| {
        row(table, Figure::new(key.to_lowercase(), key, Unit::Whole), meaning)
    };
    let not_compared = |figure| Figure { compared: Compared::Not, ..figure };
    let with_spread = |figure| Figure { has_spread: true, ..figure };
    vec![
        not_compared(count("Lateness", "N", "wake-ups in the measured part of a round")),
        with_spread(late(
            "p50",
            "p50",
            "lateness: half of the wake-ups come no later after their slot than this",
        ))
        .with_ratio(),
        late("p90", "p90", "lateness, nine in ten"),
        with_spread(late("p99", "p99", "lateness, 99 in 100")).with_ratio(),
        late("p999", "p99.9", "lateness, 999 in 1,000 (the maximum where a round has fewer ticks than that)"),
        with_spread(not_compared(late("max", "max", "the latest one of a round"))),
        not_compared(time(
            "period_error_mean",
            "period error",
            "mean distance of the time between two wake-ups from the period",
        )),
        not_compared(time(
            "period_error_sd",
            "period sd",
            "standard deviation of the time between two wake-ups",
        )),
        time("drift", "drift a tick", "by how much the wake-ups move away from the grid with every tick"),
        not_compared(time(
            "long_drift",
            "long drift",
            "the same over 100,000 ticks in a run of their own; ours only, at short periods",
        )),
        count(COST, "missed", "slots without a wake-up of their own"),
        Figure {
            compared: Compared::Exactly,
            ..count(COST, "early", "wake-ups before their slot; must be 0")
        },
        with_spread(time("cpu", "CPU a tick", "processor time of the whole process for each wake-up")),
        time("stop_p50", "stop p50", "from the call of stop until the thread that slept runs"),
        time("stop_p99", "stop p99", "the same, 99 in 100"),
    ]
}

/// The second of the two tables.
const COST: &str = "Regularity and cost";

/// Puts a figure into one of the tables. Two times differ if a clock can tell them apart.
fn row(table: &str, figure: Figure, meaning: &str) -> Figure {
    let floor = if figure.unit == Unit::Nanos { 50.0 } else { 1.0 };
    Figure {
        table: table.to_owned(),
        meaning: meaning.to_owned(),
        compared: Compared::Beyond(floor),
        has_spread: false,
        ..figure
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::Policy;

    #[test]
    fn cases_have_speaking_names() {
        let of = |period_ns| case(Conditions { period_ns, load: Load::Idle, policy: Policy::Other });
        assert_eq!([of(100_000).id, of(1_000_000).id], ["100us-idle-other", "1ms-idle-other"]);
        assert_eq!(of(100_000).title, "100 µs period, idle machine, SCHED_OTHER");
    }
}
