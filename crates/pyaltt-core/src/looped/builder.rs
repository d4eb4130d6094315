//! The options of looped workers.

use std::fmt;
use std::time::Duration;

use pyaltt_timing::{MissedTick, Strategy, Tick};

use super::handle::BackgroundWorker;
use super::source::ClockSource;
use crate::control::stats::Counters;
use crate::error::{BuildError, StartError};
use crate::handle::builder::Builder;
use crate::pace::TimingOptions;

/// Builds a looped worker.
pub type LoopedBuilder = Builder<Tick, LoopedOptions>;

/// The options that only looped workers have.
#[derive(Default)]
pub struct LoopedOptions {
    timing: TimingOptions,
    strategy: Option<Box<dyn Strategy>>,
}

impl LoopedBuilder {
    /// Sets a pause before each turn, also the first; default none. With an interval it shifts the whole grid.
    pub fn delay_before(mut self, delay: Duration) -> Self {
        self.kind.timing.delay_before = Some(delay);
        self
    }

    /// Sets a pause after each turn; default none. Not together with an interval.
    pub fn delay_after(mut self, delay: Duration) -> Self {
        self.kind.timing.delay_after = Some(delay);
        self
    }

    /// The same as [`delay_after`](Self::delay_after).
    pub fn delay(self, delay: Duration) -> Self {
        self.delay_after(delay)
    }

    /// Sets an exact interval, longer than zero: turn `n` is due `n` intervals after the start (and its
    /// `delay_before`), whatever the turns take, without drift. Default none: one turn after another.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.kind.timing.interval = Some(interval);
        self
    }

    /// Sets a poll delay, longer than zero, and with it the strategy [`Poll`](pyaltt_timing::Poll): deadlines
    /// are rounded up to its multiples. A stop still wakes the worker at once. Default none.
    pub fn poll_delay(mut self, delay: Duration) -> Self {
        self.kind.timing.poll_delay = Some(delay);
        self
    }

    /// Sets whether to wait by the strategy [`Realtime`](pyaltt_timing::Realtime), which spins through the last
    /// microseconds; default `false`, which is [`Precise`](pyaltt_timing::Precise).
    pub fn realtime(mut self, realtime: bool) -> Self {
        self.kind.timing.realtime = Some(realtime);
        self
    }

    /// Sets a strategy; default [`Precise`](pyaltt_timing::Precise).
    pub fn strategy(mut self, strategy: impl Strategy + 'static) -> Self {
        self.kind.timing.own_strategy = true;
        self.kind.strategy = Some(Box::new(strategy));
        self
    }

    /// Sets what happens to ticks that were missed; default [`MissedTick::Skip`].
    pub fn missed(mut self, missed: MissedTick) -> Self {
        self.kind.timing.missed = Some(missed);
        self
    }

    /// Makes the worker, not started.
    ///
    /// # Errors
    ///
    /// An interval or a poll delay of zero, an interval together with a delay, and two strategies are refused.
    pub fn build(self) -> Result<BackgroundWorker, BuildError> {
        let Self { common, kind: LoopedOptions { timing, strategy } } = self;
        timing.timing(&common.name)?;
        let counters = Counters::new(true, &common.clock);
        let source = Box::new(ClockSource::new(strategy));
        Ok(BackgroundWorker::new(common.assemble(Some(timing), counters, source)?))
    }

    /// Makes the worker and starts it.
    ///
    /// # Errors
    ///
    /// Those of [`build`](Self::build) and those of [`Handle::start`](crate::handle::Handle::start).
    pub fn start(self) -> Result<BackgroundWorker, StartError> {
        let worker = self.build()?;
        worker.start()?;
        Ok(worker)
    }
}

impl fmt::Debug for LoopedOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopedOptions").field("timing", &self.timing).finish_non_exhaustive()
    }
}
