//! What can interrupt a wait, and how a wait ends.

use std::time::Instant;

/// What a [`Strategy`](crate::Strategy) waits in: it tells the time, parks the thread, and can be interrupted by
/// another thread at any moment.
///
/// A worker's inbox is a wait context, so a stop ends every wait at once. A [`Ticker`](crate::Ticker) has its own.
///
/// # Examples
///
/// A context for a plain thread, which another thread interrupts with the flag and `Thread::unpark`:
///
/// ```
/// use pyaltt::timing::{Precise, Strategy, WaitContext, Waited};
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use std::time::{Duration, Instant};
/// use std::{hint, thread};
///
/// struct Plain {
///     epoch: Instant,
///     stopped: AtomicBool,
/// }
///
/// impl WaitContext for Plain {
///     fn now(&self) -> Instant {
///         Instant::now()
///     }
///
///     fn epoch(&self) -> Instant {
///         self.epoch
///     }
///
///     fn is_interrupted(&self) -> bool {
///         self.stopped.load(Ordering::SeqCst)
///     }
///
///     fn park(&self, deadline: Option<Instant>) {
///         match deadline {
///             Some(deadline) => thread::park_timeout(deadline.saturating_duration_since(Instant::now())),
///             None => thread::park(),
///         }
///     }
///
///     fn spin(&self, until: Instant) -> Waited {
///         while !self.is_interrupted() {
///             if Instant::now() >= until {
///                 return Waited::Due;
///             }
///             hint::spin_loop();
///         }
///         Waited::Interrupted
///     }
/// }
///
/// let cx = Plain { epoch: Instant::now(), stopped: AtomicBool::new(false) };
/// let deadline = cx.now() + Duration::from_millis(1);
/// assert_eq!(Precise.wait_until(Some(deadline), &cx), Waited::Due);
///
/// cx.stopped.store(true, Ordering::SeqCst);
/// assert_eq!(Precise.wait_until(None, &cx), Waited::Interrupted);
/// ```
pub trait WaitContext {
    /// Returns the time by the clock of this context.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::WaitContext;
    /// use std::time::{Duration, Instant};
    ///
    /// fn time_left(cx: &dyn WaitContext, deadline: Instant) -> Duration {
    ///     deadline.saturating_duration_since(cx.now())
    /// }
    /// ```
    fn now(&self) -> Instant;

    /// Returns the moment from which multiples of a poll delay are counted.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::WaitContext;
    /// use std::time::Duration;
    ///
    /// fn time_since_the_last_poll(cx: &dyn WaitContext, delay: Duration) -> Duration {
    ///     let nanos = cx.now().duration_since(cx.epoch()).as_nanos() % delay.as_nanos();
    ///     Duration::from_nanos(nanos as u64)
    /// }
    /// ```
    fn epoch(&self) -> Instant;

    /// Returns whether the wait must end now, deadline or not. It must be cheap: a spinning thread calls it.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{WaitContext, Waited};
    ///
    /// fn wait_for_the_interruption(cx: &dyn WaitContext) -> Waited {
    ///     while !cx.is_interrupted() {
    ///         cx.park(None);
    ///     }
    ///     Waited::Interrupted
    /// }
    /// ```
    fn is_interrupted(&self) -> bool;

    /// Parks the thread until `deadline` or an interruption; `None` is no deadline. It may return early without a
    /// reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{WaitContext, Waited};
    /// use std::time::Instant;
    ///
    /// fn park_until(deadline: Instant, cx: &dyn WaitContext) -> Waited {
    ///     while !cx.is_interrupted() {
    ///         if cx.now() >= deadline {
    ///             return Waited::Due;
    ///         }
    ///         cx.park(Some(deadline)); // may return early, so look again
    ///     }
    ///     Waited::Interrupted
    /// }
    /// ```
    fn park(&self, deadline: Option<Instant>);

    /// Spins until `until` or an interruption, and returns which.
    ///
    /// # Examples
    ///
    /// A strategy that spins all the time, which costs a whole CPU:
    ///
    /// ```
    /// use pyaltt::timing::{Strategy, Ticker, WaitContext, Waited};
    /// use std::time::{Duration, Instant};
    ///
    /// struct AllSpin;
    ///
    /// impl Strategy for AllSpin {
    ///     fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
    ///         cx.spin(deadline.unwrap_or_else(|| cx.now()))
    ///     }
    /// }
    ///
    /// let ticker = Ticker::interval(Duration::from_micros(100))?.strategy(AllSpin);
    /// assert_eq!(ticker.take(3).count(), 3);
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    fn spin(&self, until: Instant) -> Waited;
}

/// How a wait ended.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::{Precise, Strategy, WaitContext, Waited};
/// use std::time::Instant;
///
/// fn describe(deadline: Instant, cx: &dyn WaitContext) -> &'static str {
///     match Precise.wait_until(Some(deadline), cx) {
///         Waited::Due => "on time",
///         Waited::Interrupted => "told to stop",
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// The deadline was reached.
    Due,
    /// The context was interrupted before the deadline.
    Interrupted,
}

/// Parks until `deadline`: the part that all strategies have in common.
pub(crate) fn park_until(deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
    loop {
        // First, so that an interruption wins over a deadline that has passed as well.
        if cx.is_interrupted() {
            return Waited::Interrupted;
        }
        if deadline.is_some_and(|deadline| cx.now() >= deadline) {
            return Waited::Due;
        }
        cx.park(deadline);
    }
}
