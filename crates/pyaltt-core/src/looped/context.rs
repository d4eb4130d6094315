//! What only looped workers do with their context: change their pace.

use std::time::Duration;

use pyaltt_timing::TimingError;

use crate::error::BuildError;
use crate::pace::Timing;
use crate::worker::context::Context;

impl Context {
    /// Sets the interval of this looped worker, from now on in this run.
    ///
    /// The new grid begins at the time at which the current turn was due, so the next turn is due one new interval after
    /// that. Slots of the new grid that have passed already are left out and do not count as missed. A worker with
    /// delays or without a schedule is on an interval from then on. The next run begins with the options of the builder
    /// and the start again.
    ///
    /// # Errors
    ///
    /// Fails when `interval` is zero, or when this is not a looped worker.
    ///
    /// # Examples
    ///
    /// A worker that looks more often when there is something to see:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use pyaltt::{Tick, looped, timing::ManualClock};
    ///
    /// let (slow, fast) = (Duration::from_secs(60), Duration::from_secs(1));
    /// let clock = ManualClock::new();
    /// let watch = looped(move |tick: Tick, cx| {
    ///     let moves = tick.index >= 1;
    ///     cx.set_interval(if moves { fast } else { slow })?;
    ///     Ok::<_, pyaltt::BoxError>(cx.turn_number() < 3)
    /// });
    /// let watch = watch.interval(slow).clock(clock.clone()).start()?;
    /// assert_eq!(clock.advance_to_next(), slow);
    /// assert_eq!(clock.advance_to_next(), fast);
    /// assert_eq!(watch.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn set_interval(&self, interval: Duration) -> Result<(), BuildError> {
        let (timing, interval) = self.own_pace("set_interval", interval)?;
        timing.change_interval(interval, self.now());
        Ok(())
    }

    /// Sets when the next turn of this looped worker is due: `wait` from now, for that turn alone.
    ///
    /// It is a backoff without a sleep in the turn: the slots of an interval that it puts off do not count as missed,
    /// and the wait is no part of the turn's run time. The turn after the next one is back on the interval, at its first
    /// slot after the one that was put off. With delays it comes as after any other turn. A second call replaces the
    /// first. A `wait` that is too long for the clock lasts until the stop.
    ///
    /// # Errors
    ///
    /// Fails when `wait` is zero, or when this is not a looped worker.
    ///
    /// # Examples
    ///
    /// A device that does not answer is asked again later, and twice as late each time:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use pyaltt::{BoxError, looped, timing::ManualClock};
    ///
    /// # let mut failures = 3;
    /// # let mut read_device = move || -> Result<u32, BoxError> {
    /// #     failures -= 1;
    /// #     if failures > 0 { Err("no answer".into()) } else { Ok(7) }
    /// # };
    /// let clock = ManualClock::new();
    /// let mut wait = Duration::from_secs(5);
    /// let device = looped(move |_tick, cx| match read_device() {
    ///     Ok(_value) => Ok::<_, BoxError>(false),
    ///     Err(_) => {
    ///         cx.next_in(wait)?;
    ///         wait *= 2;
    ///         Ok(true)
    ///     }
    /// });
    /// let device = device.interval(Duration::from_secs(1)).clock(clock.clone()).start()?;
    /// assert_eq!(clock.advance_to_next(), Duration::from_secs(5));
    /// assert_eq!(clock.advance_to_next(), Duration::from_secs(10));
    /// device.wait()?;
    /// assert_eq!((device.stats().turns, device.stats().missed), (3, 0));
    /// # Ok::<(), BoxError>(())
    /// ```
    pub fn next_in(&self, wait: Duration) -> Result<(), BuildError> {
        let (timing, wait) = self.own_pace("next_in", wait)?;
        timing.put_next_off(self.now().checked_add(wait));
        Ok(())
    }

    /// Checks that the worker has a pace, and that it was given a time for it.
    fn own_pace(&self, call: &'static str, given: Duration) -> Result<(&Timing, Duration), BuildError> {
        let worker = self.shared_name();
        let Some(timing) = self.timing() else {
            return Err(BuildError::new(worker, call, format!("{given:?}"), "only on a looped worker"));
        };
        let given = TimingError::not_zero(call, given).map_err(|error| BuildError::timing(worker, &error))?;
        Ok((timing, given))
    }
}
