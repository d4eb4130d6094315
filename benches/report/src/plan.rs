//! What is measured: cases, contenders, rounds, and how much each run does.

use std::fmt;

use pyaltt_benches::absence::Absence;
use pyaltt_benches::case::{Case, Work};
use pyaltt_benches::conditions::{Conditions, Load, Policy};
use pyaltt_benches::contender::{Contender, Kind, Part};
use pyaltt_benches::workload::durable::engine::Engine;
use pyaltt_benches::workload::durable::server;
use pyaltt_benches::workload::{self, interval};

use crate::left_out::LeftOut;
use crate::model::{Extent, Subject};
use crate::options::Options;
use crate::{contenders, policy};

const MS: u64 = 1_000_000;

/// In smoke mode each run does one in this many times the full work of its case.
const SMOKE: usize = 500;

/// The longest period at which runs look for drift: ten seconds of each of ours.
const DRIFT_PERIOD_NS: u64 = MS / 10;

pub(crate) struct Plan {
    pub(crate) subject: Subject,
    pub(crate) cases: Vec<Case>,
    pub(crate) contenders: Vec<Contender>,
    /// Who takes part in what: indices of a case and of a contender.
    pub(crate) pairs: Vec<(usize, usize)>,
    pub(crate) rounds: u64,
    pub(crate) extent: Extent,
    /// The stops in a round of a contender that keeps an interval and can be stopped.
    pub(crate) stops: usize,
    pub(crate) is_smoke: bool,
    pub(crate) left_out: Vec<LeftOut>,
    has_long_runs: bool,
}

/// What differs between a full run, a quick one and a smoke test.
struct Length {
    /// Of timing, messages, queues and groups.
    rounds: [u64; 4],
    warm_up_ms: u64,
    measured_ms: u64,
    stops: usize,
    one_in: usize,
}

impl Length {
    fn of(options: &Options) -> Self {
        match (options.smoke, options.quick) {
            (true, _) => {
                Self { rounds: [1, 1, 1, 1], warm_up_ms: 30, measured_ms: 120, stops: 3, one_in: SMOKE }
            }
            (_, true) => {
                Self { rounds: [3, 5, 5, 5], warm_up_ms: 150, measured_ms: 600, stops: 20, one_in: 5 }
            }
            _ => Self { rounds: [3, 5, 7, 8], warm_up_ms: 1_000, measured_ms: 3_000, stops: 50, one_in: 1 },
        }
    }
}

impl Plan {
    /// Plans a report; `None` when the options leave nothing of it to measure.
    pub(crate) fn new(options: &Options, subject: Subject) -> Option<Self> {
        let length = Length::of(options);
        let has_long_runs = !options.quick && !options.smoke;
        let mut left_out = Vec::new();
        let (mut cases, rounds, extent) = match subject {
            Subject::Timing => {
                let measured_ns = options.seconds.unwrap_or(length.measured_ms * MS);
                let extent = Extent::Ticks { warm_up_ns: length.warm_up_ms * MS, measured_ns };
                (intervals(options, &mut left_out), length.rounds[0], extent)
            }
            Subject::Messages => (workload::cases(), length.rounds[1], Extent::OneIn(length.one_in)),
            Subject::Queues => (workload::durable::cases(), length.rounds[2], Extent::OneIn(length.one_in)),
            Subject::Groups => (workload::group::cases(), length.rounds[3], Extent::OneIn(length.one_in)),
        };
        if let Extent::OneIn(part) = extent {
            cases = cases.into_iter().map(|case| case.reduced(part)).collect();
        }
        let among =
            |parts: &[String], id: &str| parts.is_empty() || parts.iter().any(|part| id.contains(&**part));
        cases.retain(|case| among(&options.cases, &case.id));
        if cases.iter().any(|case| Engine::of(&case.id) == Engine::Postgres)
            && let Err(Absence { reason, remedy }) = server::address("postgres")
        {
            cases.retain(|case| Engine::of(&case.id) != Engine::Postgres);
            left_out.push(LeftOut::new("all cases on PostgreSQL", reason, remedy));
        }
        let mut contenders = contenders::of(subject);
        contenders.retain(|contender| among(&options.contenders, contender.id()));

        let mut pairs = Vec::new();
        for (index, contender) in contenders.iter().enumerate() {
            let mut absences = Vec::new();
            for (case_index, case) in cases.iter().enumerate() {
                match contender.part(case, !options.smoke) {
                    Part::Full => pairs.push((case_index, index)),
                    Part::Absent(absence) => absences.push((case, absence)),
                    Part::None => {}
                }
            }
            left_out.extend(reasons(contender, &absences, cases.len()));
        }
        (!pairs.is_empty()).then_some(Self {
            subject,
            cases,
            contenders,
            pairs,
            rounds: options.rounds.unwrap_or(rounds),
            extent,
            stops: length.stops,
            is_smoke: options.smoke,
            left_out,
            has_long_runs,
        })
    }

    /// Leaves the cases out that count instructions.
    pub(crate) fn without_instructions(&mut self, reason: &Absence) {
        let counts = |case: &Case| matches!(case.work, Work::Instructions(_));
        for case in self.cases.iter().filter(|case| counts(case)) {
            self.left_out.push(LeftOut::new(&case.id, &reason.reason, &reason.remedy));
        }
        self.pairs.retain(|(case, _)| !counts(&self.cases[*case]));
    }

    /// The cases that someone takes part in.
    pub(crate) fn measured(&self) -> impl Iterator<Item = (usize, &Case)> {
        let is_measured = |index: usize| self.pairs.iter().any(|(case, _)| *case == index);
        self.cases.iter().enumerate().filter(move |(index, _)| is_measured(*index))
    }

    /// Those who take part in a case.
    pub(crate) fn in_case(&self, case: usize) -> impl Iterator<Item = (usize, &Contender)> {
        let pairs = self.pairs.iter().filter(move |pair| pair.0 == case);
        pairs.map(|(_, contender)| (*contender, &self.contenders[*contender]))
    }

    /// Whether a contender has a run that looks for drift, beside its rounds.
    pub(crate) fn has_long_run(&self, contender: &Contender, conditions: Conditions) -> bool {
        let is_calm = conditions.load == Load::Idle && conditions.policy == Policy::Other;
        let is_short = conditions.period_ns <= DRIFT_PERIOD_NS;
        self.has_long_runs && is_calm && is_short && contender.kind() == Kind::Ours
    }

    /// How many rounds a case has. Counted instructions are the same every time.
    pub(crate) fn rounds_of(&self, case: &Case) -> u64 {
        if matches!(case.work, Work::Instructions(_)) { 1 } else { self.rounds }
    }

    pub(crate) fn runs(&self) -> u64 {
        self.pairs.iter().map(|(case, _)| self.rounds_of(&self.cases[*case])).sum()
    }

    /// How long the measured intervals take.
    fn seconds(&self) -> u64 {
        let Extent::Ticks { warm_up_ns, measured_ns } = self.extent else { return 0 };
        // Starting a process, and measuring its stops, takes some more.
        let rounds = self.runs() * (warm_up_ns + measured_ns + 60 * MS);
        let long = self.pairs.iter().filter_map(|(case, contender)| match self.cases[*case].work {
            Work::Interval(conditions) if self.has_long_run(&self.contenders[*contender], conditions) => {
                Some(warm_up_ns + interval::DRIFT_TICKS * conditions.period_ns)
            }
            _ => None,
        });
        (rounds + long.sum::<u64>()) / 1_000_000_000
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cases, contenders) = (self.measured().count(), self.contenders.len());
        let subject = match self.subject {
            Subject::Timing => "timing",
            Subject::Messages => "messages",
            Subject::Queues => "queues",
            Subject::Groups => "groups",
        };
        write!(
            f,
            "{subject}: {cases} cases x {contenders} contenders x {} rounds: {} runs",
            self.rounds,
            self.runs()
        )?;
        let seconds = self.seconds();
        if seconds > 0 {
            write!(f, ", about {} min {:02} s", seconds / 60, seconds % 60)?;
        }
        for LeftOut { what, reason, remedy } in &self.left_out {
            write!(f, "\nleft out: {what}: {reason} (to get it: {remedy})")?;
        }
        Ok(())
    }
}

/// The cases of the timing report.
fn intervals(options: &Options, left_out: &mut Vec<LeftOut>) -> Vec<Case> {
    fn or<T: Copy>(given: &[T], default: &[T]) -> Vec<T> {
        if given.is_empty() { default.to_vec() } else { given.to_vec() }
    }
    let is_small = options.quick || options.smoke;
    let periods = or(&options.periods, if is_small { &[MS] } else { &[MS / 10, MS, 10 * MS] });
    let loads = or(&options.loads, if is_small { &[Load::Idle] } else { &[Load::Idle, Load::Cpu] });
    let policies: &[Policy] = if is_small { &[Policy::Other] } else { &[Policy::Other, Policy::Fifo] };
    let mut policies = or(&options.policies, policies);
    if policies.contains(&Policy::Fifo)
        && let Err(error) = policy::fifo_is_permitted()
    {
        policies.retain(|policy| *policy != Policy::Fifo);
        let reason = format!("it is not permitted here: {error}");
        let remedy = "run as root, with CAP_SYS_NICE, or raise RLIMIT_RTPRIO (ulimit -r 99)";
        left_out.push(LeftOut::new("SCHED_FIFO", reason, remedy));
    }
    let mut cases = Vec::new();
    for &policy in &policies {
        for &load in &loads {
            let of = |&period_ns: &u64| interval::case(Conditions { period_ns, load, policy });
            cases.extend(periods.iter().map(of));
        }
    }
    cases
}

/// Why a contender is not in some cases, the cases of one reason together.
fn reasons(contender: &Contender, absences: &[(&Case, Absence)], cases: usize) -> Vec<LeftOut> {
    let mut all: Vec<(Vec<&str>, &Absence)> = Vec::new();
    for (case, absence) in absences {
        match all.iter_mut().find(|(_, known)| *known == absence) {
            Some((ids, _)) => ids.push(&case.id),
            None => all.push((vec![&case.id], absence)),
        }
    }
    let left_out = |(ids, absence): (Vec<&str>, &Absence)| {
        let what = if ids.len() == cases {
            contender.label().to_owned()
        } else {
            format!("{}: {}", contender.label(), ids.join(", "))
        };
        LeftOut::new(what, &absence.reason, &absence.remedy)
    };
    all.into_iter().map(left_out).collect()
}
