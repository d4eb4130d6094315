//! What is measured: cells, contenders, rounds, and in which order.

use std::fmt;

use anyhow::{Context, bail};

use super::contender::{self, Contender};
use super::left_out::LeftOut;
use super::load::Load;
use super::policy::{self, Policy};
use super::{Job, Options};

/// One set of conditions, under which all contenders are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) period_ns: u64,
    pub(crate) load: Load,
    pub(crate) policy: Policy,
}

impl Cell {
    pub(crate) fn id(self) -> String {
        let Self { period_ns, load, policy } = self;
        let period = if period_ns % 1_000_000 == 0 {
            format!("{}ms", period_ns / 1_000_000)
        } else {
            format!("{}us", period_ns / 1_000)
        };
        format!("{period}-{load}-{policy}")
    }
}

pub(crate) struct Plan {
    pub(crate) cells: Vec<Cell>,
    pub(crate) contenders: Vec<Box<dyn Contender>>,
    pub(crate) rounds: u64,
    pub(crate) warm_up_ns: u64,
    pub(crate) measured_ns: u64,
    /// Stops a round that are measured of those that can be stopped.
    pub(crate) stops: usize,
    /// Whether there is time for long runs.
    pub(crate) long_runs: bool,
    /// Who cannot take part, with the policies for which they cannot.
    pub(crate) left_out: Vec<(Vec<Policy>, LeftOut)>,
}

const MS: u64 = 1_000_000;

/// How many ticks a run has that is to show whether there is any drift.
pub(crate) const DRIFT_TICKS: u64 = 100_000;

/// The longest period at which there are such runs: ten seconds of each strategy.
const DRIFT_PERIOD_NS: u64 = MS / 10;

impl Plan {
    pub(crate) fn new(options: &Options) -> anyhow::Result<Self> {
        let small = options.quick || options.smoke;
        let or =
            |given: &[u64], default: &[u64]| if given.is_empty() { default.to_vec() } else { given.to_vec() };
        let periods = or(&options.periods, if small { &[MS] } else { &[MS / 10, MS, 10 * MS] });
        let loads = match (&options.loads[..], small) {
            ([], true) => vec![Load::Idle],
            ([], false) => vec![Load::Idle, Load::Cpu],
            (given, _) => given.to_vec(),
        };
        let mut policies = match (&options.policies[..], small) {
            ([], true) => vec![Policy::Other],
            ([], false) => vec![Policy::Other, Policy::Fifo],
            (given, _) => given.to_vec(),
        };
        let mut left_out = Vec::new();
        if policies.contains(&Policy::Fifo)
            && let Err(error) = policy::fifo_is_permitted()
        {
            policies.retain(|policy| *policy != Policy::Fifo);
            left_out.push((Vec::new(), no_fifo(&error)));
        }
        let mut cells = Vec::new();
        for &policy in &policies {
            for &load in &loads {
                cells.extend(periods.iter().map(|&period_ns| Cell { period_ns, load, policy }));
            }
        }
        let wanted = |contender: &dyn Contender| {
            options.contenders.is_empty()
                || options.contenders.iter().any(|part| contender.id().contains(&**part))
        };
        let contenders: Vec<_> =
            contender::all().into_iter().filter(|contender| wanted(&**contender)).collect();
        if contenders.is_empty() || cells.is_empty() {
            bail!("nothing to measure; the contenders are: {}", ids(&contender::all()));
        }
        for contender in &contenders {
            let reasons: Vec<_> =
                policies.iter().filter_map(|policy| Some((*policy, contender.left_out(*policy)?))).collect();
            if let Some((_, reason)) = reasons.first() {
                left_out.push((reasons.iter().map(|reason| reason.0).collect(), reason.clone()));
            }
        }
        Ok(Self {
            cells,
            contenders,
            rounds: options.rounds.unwrap_or(if options.smoke { 1 } else { 3 }),
            warm_up_ns: if options.smoke {
                30 * MS
            } else if options.quick {
                150 * MS
            } else {
                1_000 * MS
            },
            measured_ns: options.seconds.unwrap_or(
                if options.smoke {
                    120
                } else if options.quick {
                    600
                } else {
                    3_000
                } * MS,
            ),
            stops: if options.smoke {
                3
            } else if options.quick {
                20
            } else {
                50
            },
            long_runs: !small,
            left_out,
        })
    }

    /// Whether a contender has a long run of [`DRIFT_TICKS`] in a cell, beside its rounds.
    pub(crate) fn has_long_run(&self, contender: &dyn Contender, cell: Cell) -> bool {
        let calm = cell.load == Load::Idle && cell.policy == Policy::Other;
        self.long_runs && calm && contender.is_ours() && cell.period_ns <= DRIFT_PERIOD_NS
    }

    /// Whether `contender` can be measured under `policy`.
    pub(crate) fn takes_part(&self, contender: &dyn Contender, policy: Policy) -> bool {
        let excluded = |(policies, reason): &(Vec<Policy>, LeftOut)| {
            reason.what == contender.id() && policies.contains(&policy)
        };
        !self.left_out.iter().any(excluded)
    }

    pub(crate) fn job(&self, contender: &dyn Contender, cell: Cell) -> Job {
        Job {
            contender: contender.id().to_owned(),
            period_ns: cell.period_ns,
            warm_up_ns: self.warm_up_ns,
            measured_ns: self.measured_ns,
            policy: cell.policy,
            stops: None,
        }
    }

    pub(crate) fn runs(&self) -> u64 {
        self.rounds * (self.cells.len() * self.contenders.len()) as u64
    }

    fn seconds(&self) -> u64 {
        // Starting a process, and measuring its stops, takes some more.
        let rounds = self.runs() * (self.warm_up_ns + self.measured_ns + 60 * MS);
        let all = self.cells.iter().flat_map(|cell| self.contenders.iter().map(move |c| (c, *cell)));
        let long = all.filter(|(contender, cell)| self.has_long_run(&***contender, *cell));
        let long: u64 = long.map(|(_, cell)| self.warm_up_ns + DRIFT_TICKS * cell.period_ns).sum();
        (rounds + long) / 1_000_000_000
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cells, contenders, seconds) = (self.cells.len(), self.contenders.len(), self.seconds());
        write!(f, "{cells} cells x {contenders} contenders x {} rounds: ", self.rounds)?;
        write!(f, "about {} min {:02} s", seconds / 60, seconds % 60)?;
        for (_, LeftOut { what, reason, remedy }) in &self.left_out {
            write!(f, "\nleft out: {what}: {reason} (to get it: {remedy})")?;
        }
        Ok(())
    }
}

fn no_fifo(error: &anyhow::Error) -> LeftOut {
    LeftOut {
        what: "SCHED_FIFO".to_owned(),
        reason: format!("it is not permitted here: {error}"),
        remedy: "run as root, with CAP_SYS_NICE, or raise RLIMIT_RTPRIO (ulimit -r 99)".to_owned(),
    }
}

fn ids(contenders: &[Box<dyn Contender>]) -> String {
    contenders.iter().map(|contender| contender.id()).collect::<Vec<_>>().join(", ")
}

/// A period such as `250us` or `10ms`, in nanoseconds.
pub(crate) fn parse_period(text: &str) -> anyhow::Result<u64> {
    let unit = |suffix: &str, nanos: u64| Some((text.strip_suffix(suffix)?, nanos));
    let (number, nanos) = unit("us", 1_000)
        .or_else(|| unit("µs", 1_000))
        .or_else(|| unit("ms", MS))
        .or_else(|| unit("s", 1_000 * MS))
        .context("write it with its unit, such as 250us, 1ms or 1s")?;
    let number: u64 = number.trim().parse()?;
    let period = number.checked_mul(nanos).filter(|period| (10_000..=10_000 * MS).contains(period));
    period.context("periods from 10us to 10s can be measured")
}

/// Seconds with a fraction, in nanoseconds.
pub(crate) fn parse_seconds(text: &str) -> anyhow::Result<u64> {
    let seconds: f64 = text.parse()?;
    if !(0.05..=3_600.0).contains(&seconds) {
        bail!("runs of 0.05 to 3600 seconds can be measured");
    }
    Ok(super::figures::whole(seconds * 1e9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_need_their_unit() {
        assert_eq!(parse_period("100us").unwrap(), 100_000);
        assert_eq!(parse_period("10ms").unwrap(), 10 * MS);
        assert_eq!(parse_period("1s").unwrap(), 1_000 * MS);
        assert!(
            parse_period("100").is_err() && parse_period("1us").is_err() && parse_period("x ms").is_err()
        );
    }

    #[test]
    fn cells_have_speaking_names() {
        let cell = |period_ns| Cell { period_ns, load: Load::Idle, policy: Policy::Other };
        assert_eq!((cell(100_000).id(), cell(MS).id()), ("100us-idle-other".into(), "1ms-idle-other".into()));
    }
}
