//! The options of looped workers.

use std::fmt;
use std::time::Duration;

use pyaltt_timing::{MissedTick, Strategy, Tick};

use super::Builder;
use crate::handle::BackgroundWorker;
use crate::pace::PaceOptions;
use crate::source::clock::ClockSource;
use crate::stats::Counters;
use crate::{BuildError, StartError, Worker};

/// Builds a looped worker.
pub type LoopedBuilder<W> = Builder<W, LoopedOptions>;

/// The options that only looped workers have.
#[derive(Default)]
pub struct LoopedOptions {
    pace: PaceOptions,
    strategy: Option<Box<dyn Strategy>>,
}

impl<W: Worker<Task = Tick>> LoopedBuilder<W> {
    pub(crate) fn looped(worker: W, default_name: Option<&str>) -> Self {
        Self::new(worker, LoopedOptions::default(), default_name)
    }

    /// Sets a pause before each turn, also the first; default none. With an interval it shifts the whole grid.
    pub fn delay_before(mut self, delay: Duration) -> Self {
        self.kind.pace.delay_before = Some(delay);
        self
    }

    /// Sets a pause after each turn; default none. Not together with an interval.
    pub fn delay_after(mut self, delay: Duration) -> Self {
        self.kind.pace.delay_after = Some(delay);
        self
    }

    /// The same as [`delay_after`](Self::delay_after).
    pub fn delay(self, delay: Duration) -> Self {
        self.delay_after(delay)
    }

    /// Sets an exact interval, longer than zero: turn `n` is due `n` intervals after the start (and its
    /// `delay_before`), whatever the turns take, without drift. Default none: one turn after another.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.kind.pace.interval = Some(interval);
        self
    }

    /// Sets a poll delay, longer than zero, and with it the strategy [`Poll`](pyaltt_timing::Poll): deadlines
    /// are rounded up to its multiples. A stop still wakes the worker at once. Default none.
    pub fn poll_delay(mut self, delay: Duration) -> Self {
        self.kind.pace.poll_delay = Some(delay);
        self
    }

    /// Sets whether to wait by the strategy [`Realtime`](pyaltt_timing::Realtime), which spins through the last
    /// microseconds; default `false`, which is [`Precise`](pyaltt_timing::Precise).
    pub fn realtime(mut self, realtime: bool) -> Self {
        self.kind.pace.realtime = Some(realtime);
        self
    }

    /// Sets a strategy; default [`Precise`](pyaltt_timing::Precise).
    pub fn strategy(mut self, strategy: impl Strategy + 'static) -> Self {
        self.kind.pace.own_strategy = true;
        self.kind.strategy = Some(Box::new(strategy));
        self
    }

    /// Sets what happens to ticks that were missed; default [`MissedTick::Skip`].
    pub fn missed(mut self, missed: MissedTick) -> Self {
        self.kind.pace.missed = Some(missed);
        self
    }

    /// Makes the worker, not started.
    ///
    /// # Errors
    ///
    /// An interval or a poll delay of zero, an interval together with a delay, and two strategies are refused.
    pub fn build(self) -> Result<BackgroundWorker<W>, BuildError> {
        let Self { worker, common, kind: LoopedOptions { pace, strategy } } = self;
        pace.pace(&common.name)?;
        let counters = Counters::new(true, &common.clock);
        let source = Box::new(ClockSource::new(strategy));
        Ok(BackgroundWorker::new(Self::assemble(worker, common, Some(pace), counters, source)?))
    }

    /// Makes the worker and starts it.
    ///
    /// # Errors
    ///
    /// Those of [`build`](Self::build) and those of [`Handle::start`](crate::Handle::start).
    pub fn start(self) -> Result<BackgroundWorker<W>, StartError> {
        let worker = self.build()?;
        worker.start()?;
        Ok(worker)
    }
}

impl fmt::Debug for LoopedOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopedOptions").field("pace", &self.pace).finish_non_exhaustive()
    }
}
