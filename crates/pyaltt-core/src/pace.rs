//! From the timing options of a looped worker, and those of one start, to the timing of a run.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyaltt_timing::{MissedTick, Poll, Precise, Realtime, Schedule, Strategy, TimingError};

use crate::conflicts::{self, Given};
use crate::error::BuildError;

/// The timing options as they were given to a builder or to a start.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimingOptions {
    pub(crate) delay_before: Option<Duration>,
    /// The option `delay`, another name of `delay_after`. Only one of them can be given.
    pub(crate) delay: Option<Duration>,
    pub(crate) delay_after: Option<Duration>,
    pub(crate) interval: Option<Duration>,
    pub(crate) poll_delay: Option<Duration>,
    pub(crate) realtime: Option<bool>,
    pub(crate) missed: Option<MissedTick>,
    /// The builder was given a strategy.
    pub(crate) own_strategy: bool,
}

/// The timing of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timing {
    pub(crate) schedule: Schedule,
    pub(crate) missed: MissedTick,
    pub(crate) strategy: StrategyChoice,
    change: PaceChange,
}

/// The changes of its pace that a worker has asked for since its source looked last.
#[derive(Clone, Debug, Default)]
struct PaceChange {
    /// All that a worker pays that never changes its pace: one look at this, each turn.
    is_asked: Cell<bool>,
    interval: Cell<Option<NewInterval>>,
    next: Cell<Option<NextTurn>>,
    was_paused: Cell<bool>,
}

/// What has changed since the last look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Changes {
    pub(crate) interval: Option<NewInterval>,
    pub(crate) next: Option<NextTurn>,
    /// The worker was paused, so what has become due meanwhile was not wanted.
    pub(crate) was_paused: bool,
}

/// A new interval, and when it was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewInterval {
    pub(crate) interval: Duration,
    pub(crate) asked: Instant,
}

/// When the next turn is due; `None` is never.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NextTurn(pub(crate) Option<Instant>);

impl Timing {
    pub(crate) fn change_interval(&self, interval: Duration, asked: Instant) {
        self.change.interval.set(Some(NewInterval { interval, asked }));
        self.change.is_asked.set(true);
    }

    pub(crate) fn put_next_off(&self, until: Option<Instant>) {
        self.change.next.set(Some(NextTurn(until)));
        self.change.is_asked.set(true);
    }

    /// The worker is paused.
    pub(crate) fn paused(&self) {
        self.change.was_paused.set(true);
        self.change.is_asked.set(true);
    }

    #[inline]
    pub(crate) fn has_changed(&self) -> bool {
        self.change.is_asked.get()
    }

    /// Takes the changes, so that each is made once.
    pub(crate) fn take_changes(&self) -> Changes {
        let PaceChange { is_asked, interval, next, was_paused } = &self.change;
        is_asked.set(false);
        Changes { interval: interval.take(), next: next.take(), was_paused: was_paused.take() }
    }
}

/// The strategy that a run waits with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum StrategyChoice {
    #[default]
    Precise,
    Poll(Duration),
    Realtime,
    /// The strategy that was given to the builder.
    Own,
}

impl StrategyChoice {
    pub(crate) fn make(self) -> Box<dyn Strategy> {
        match self {
            // `TimingOptions::timing` has rejected a poll delay of zero, so the default is never used.
            Self::Poll(delay) => Box::new(Poll::new(delay).unwrap_or_default()),
            Self::Realtime => Box::new(Realtime::new()),
            Self::Precise | Self::Own => Box::new(Precise),
        }
    }
}

impl TimingOptions {
    /// Merges the options of one run over these. An interval replaces a delay and the other way round, and one choice
    /// of strategy replaces another.
    pub(crate) fn overridden_by(&self, run: &Self) -> Self {
        let mut merged = self.clone();
        // All are taken from the run, because an interval beside the builder's delay would be a conflict. A delay
        // replaces what belongs to the interval as well.
        if run.interval.is_some() || run.pause().is_some() {
            merged.interval = run.interval;
            merged.delay = run.delay;
            merged.delay_after = run.delay_after;
        }
        if merged.interval.is_none() {
            merged.missed = None;
        }
        // `realtime(false)` chooses no strategy of its own, so it leaves the others in place.
        if run.poll_delay.is_some() || run.realtime == Some(true) {
            merged.poll_delay = run.poll_delay;
            merged.own_strategy = false;
        }
        merged.realtime = match (run.realtime, run.poll_delay) {
            // A poll delay replaces the builder's `realtime`.
            (None, Some(_)) => None,
            (None, None) => self.realtime,
            (given, _) => given,
        };
        merged.delay_before = run.delay_before.or(self.delay_before);
        merged.missed = run.missed.or(merged.missed);
        merged
    }

    /// Returns the name of the first option that is set.
    pub(crate) fn first_set(&self) -> Option<&'static str> {
        let set = [
            (self.delay_before.is_some(), "delay_before"),
            (self.delay.is_some(), "delay"),
            (self.delay_after.is_some(), "delay_after"),
            (self.interval.is_some(), "interval"),
            (self.poll_delay.is_some(), "poll_delay"),
            (self.realtime.is_some(), "realtime"),
            (self.missed.is_some(), "missed"),
        ];
        set.into_iter().find_map(|(is_set, name)| is_set.then_some(name))
    }

    /// Checks the options and resolves them to a timing.
    pub(crate) fn timing(&self, worker: &Arc<str>) -> Result<Timing, BuildError> {
        conflicts::check(conflicts::LOOPED, worker, &self.given())?;
        Ok(Timing {
            schedule: self.schedule(worker)?,
            missed: self.missed.unwrap_or_default(),
            strategy: self.strategy(worker)?,
            change: PaceChange::default(),
        })
    }

    /// The pause after each turn, by either of its names.
    fn pause(&self) -> Option<Duration> {
        self.delay_after.or(self.delay)
    }

    /// The options that are set and that the table of conflicts speaks of.
    fn given(&self) -> Vec<Given> {
        let time =
            |option, time: Option<Duration>| time.map(|time| Given::value(option, format!("{time:?}")));
        let pause = |option, pause: Option<Duration>| {
            time(option, pause)
                .map(|given| given.called(format!("a delay of {:?}", pause.unwrap_or_default())))
        };
        [
            pause("delay", self.delay),
            pause("delay_after", self.delay_after),
            time("interval", self.interval),
            self.own_strategy.then(|| Given::set("strategy")),
            time("poll_delay", self.poll_delay),
            self.realtime.map(|realtime| Given::value("realtime", realtime.to_string())),
            self.missed.map(|missed| Given::value("missed", format!("{missed:?}"))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn schedule(&self, worker: &Arc<str>) -> Result<Schedule, BuildError> {
        let before = self.delay_before.unwrap_or_default();
        match (self.interval, self.pause()) {
            (Some(period), _) => {
                TimingError::not_zero("interval", period).map_err(|e| BuildError::timing(worker, &e))?;
                Ok(Schedule::Interval { before, period })
            }
            (None, None) if self.delay_before.is_none() => Ok(Schedule::Continuous),
            (None, after) => Ok(Schedule::Delay { before, after: after.unwrap_or_default() }),
        }
    }

    fn strategy(&self, worker: &Arc<str>) -> Result<StrategyChoice, BuildError> {
        match self.poll_delay {
            Some(delay) => TimingError::not_zero("poll_delay", delay)
                .map(StrategyChoice::Poll)
                .map_err(|e| BuildError::timing(worker, &e)),
            None if self.realtime == Some(true) => Ok(StrategyChoice::Realtime),
            None if self.own_strategy => Ok(StrategyChoice::Own),
            None => Ok(StrategyChoice::Precise),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn timing(options: &TimingOptions) -> Result<Timing, BuildError> {
        options.timing(&"w".into())
    }

    #[test]
    fn the_interval_of_a_run_replaces_a_delay_and_the_other_way_round() {
        let delayed = TimingOptions { delay_after: Some(MS), ..TimingOptions::default() };
        let every = TimingOptions { interval: Some(2 * MS), ..TimingOptions::default() };
        let merged = timing(&delayed.overridden_by(&every)).unwrap();
        assert_eq!(merged.schedule, Schedule::interval(2 * MS).unwrap());
        let merged = timing(&every.overridden_by(&delayed)).unwrap();
        assert_eq!(merged.schedule, Schedule::delay(MS));
        let merged = timing(&every.overridden_by(&TimingOptions::default())).unwrap();
        assert_eq!(merged.schedule, Schedule::interval(2 * MS).unwrap());
    }

    #[test]
    fn the_strategy_of_a_run_replaces_the_builders() {
        let poll = TimingOptions { poll_delay: Some(MS), ..TimingOptions::default() };
        let realtime = TimingOptions { realtime: Some(true), ..TimingOptions::default() };
        let own = TimingOptions { own_strategy: true, ..TimingOptions::default() };
        assert_eq!(timing(&poll.overridden_by(&realtime)).unwrap().strategy, StrategyChoice::Realtime);
        assert_eq!(timing(&realtime.overridden_by(&poll)).unwrap().strategy, StrategyChoice::Poll(MS));
        assert_eq!(timing(&own.overridden_by(&realtime)).unwrap().strategy, StrategyChoice::Realtime);
        let calm = TimingOptions { realtime: Some(false), ..TimingOptions::default() };
        assert_eq!(timing(&realtime.overridden_by(&calm)).unwrap().strategy, StrategyChoice::Precise);
        assert_eq!(timing(&own.overridden_by(&calm)).unwrap().strategy, StrategyChoice::Own);
    }

    #[test]
    fn delays_give_a_delay_schedule_and_no_option_gives_a_continuous_one() {
        let before = TimingOptions { delay_before: Some(MS), ..TimingOptions::default() };
        let want = Schedule::Delay { before: MS, after: Duration::ZERO };
        assert_eq!(timing(&before).unwrap().schedule, want);
        assert_eq!(timing(&TimingOptions::default()).unwrap().schedule, Schedule::Continuous);
    }

    #[test]
    fn the_delay_of_a_run_replaces_the_policy_of_the_builders_interval_as_well() {
        let grid =
            TimingOptions { interval: Some(MS), missed: Some(MissedTick::Delay), ..TimingOptions::default() };
        let delayed = TimingOptions { delay: Some(MS), ..TimingOptions::default() };
        assert_eq!(timing(&grid.overridden_by(&delayed)).unwrap().missed, MissedTick::Skip);
        let every = TimingOptions { interval: Some(2 * MS), ..TimingOptions::default() };
        assert_eq!(timing(&grid.overridden_by(&every)).unwrap().missed, MissedTick::Delay);
        let both = TimingOptions { missed: Some(MissedTick::Delay), ..delayed };
        assert_eq!(timing(&grid.overridden_by(&both)).unwrap_err().option(), "missed");
    }
}
