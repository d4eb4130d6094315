//! The options of looped workers.

use std::fmt;
use std::time::Duration;

use pyaltt_timing::{MissedTick, Strategy, Tick};

use super::handle::BackgroundWorker;
use super::source::ClockSource;
use crate::control::stats::Counters;
use crate::error::{BuildError, StartError};
use crate::failure::BoxError;
use crate::handle::builder::{Builder, DefaultName};
use crate::pace::TimingOptions;
use crate::worker::Worker;

/// Builds a looped worker.
///
/// It has the options that all builders have (see [`Builder`]), and those of the worker's timing. It does not name the
/// worker's type, so it can be stored and returned.
///
/// # Conflicts
///
/// Options that contradict each other are a [`BuildError`], also when a [`Start`](crate::start::Start) sets them
/// for one run. An option that is given twice has its last value.
///
#[doc = include_str!("../conflicts/looped.md")]
///
/// # Examples
///
/// ```
/// use pyaltt::LoopedBuilder;
/// use std::time::Duration;
///
/// /// What all samplers have in common.
/// fn sampler(channel: u8) -> LoopedBuilder {
///     pyaltt::looped(move |_tick, _cx| println!("channel {channel}"))
///         .name(format!("sampler {channel}"))
///         .interval(Duration::from_millis(10))
/// }
///
/// let sampler = sampler(3).start()?;
/// assert_eq!(sampler.name(), "sampler 3");
/// sampler.stop()?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub type LoopedBuilder = Builder<Tick, LoopedOptions>;

/// The options that only looped workers have; part of [`LoopedBuilder`].
///
/// # Examples
///
/// ```
/// use pyaltt::LoopedBuilder;
/// use std::time::Duration;
///
/// fn fast(builder: LoopedBuilder) -> LoopedBuilder {
///     builder.interval(Duration::from_millis(1)).realtime(true)
/// }
///
/// let worker = fast(pyaltt::looped(|_tick, _cx| ())).build()?;
/// assert!(!worker.is_active());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Default)]
pub struct LoopedOptions {
    timing: TimingOptions,
    strategy: Option<Box<dyn Strategy>>,
}

impl LoopedBuilder {
    /// Sets a pause before each turn, including the first. With an interval, it shifts the whole grid instead.
    /// Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::ManualClock;
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::new();
    /// let later = pyaltt::looped(|_tick, _cx| false)
    ///     .delay_before(Duration::from_secs(60))
    ///     .clock(clock.clone())
    ///     .start()?;
    /// assert_eq!(clock.advance_to_next(), Duration::from_secs(60)); // the first turn is due after a minute
    /// assert_eq!(later.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn delay_before(mut self, delay: Duration) -> Self {
        self.kind.timing.delay_before = Some(delay);
        self
    }

    /// Sets a pause after each turn. Cannot be combined with an interval. Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::ManualClock;
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::new();
    /// let poll = pyaltt::looped(|_tick, cx| cx.turn_number() < 2)
    ///     .delay_after(Duration::from_secs(5))
    ///     .clock(clock.clone())
    ///     .start()?;
    /// assert_eq!(clock.advance_to_next(), Duration::from_secs(5)); // between the two turns
    /// assert_eq!(poll.wait()?.turns, 2);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn delay_after(mut self, delay: Duration) -> Self {
        self.kind.timing.delay_after = Some(delay);
        self
    }

    /// Sets a pause after each turn; the same as [`delay_after`](Self::delay_after).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let poll = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).delay(Duration::from_millis(1)).start()?;
    /// assert_eq!(poll.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn delay(mut self, delay: Duration) -> Self {
        self.kind.timing.delay = Some(delay);
        self
    }

    /// Sets an exact interval, longer than zero. Turns are due on a grid of intervals that begins at the start of the
    /// run (plus `delay_before`), without drift, no matter how long the turns take. Default: none, which means one turn
    /// right after another.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let beat = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).interval(Duration::from_millis(1)).start()?;
    /// assert_eq!(beat.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn interval(mut self, interval: Duration) -> Self {
        self.kind.timing.interval = Some(interval);
        self
    }

    /// Sets a poll delay, longer than zero, and with it the strategy [`Poll`](pyaltt_timing::Poll): deadlines are rounded
    /// up to multiples of the delay. A stop still wakes the worker at once. Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// // It need not be exact, so it may share its wake-ups with others on the same grid of 50 ms.
    /// let tidy = pyaltt::looped(|_tick, _cx| ())
    ///     .delay(Duration::from_secs(10))
    ///     .poll_delay(Duration::from_millis(50))
    ///     .start()?;
    /// tidy.stop()?; // at once
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn poll_delay(mut self, delay: Duration) -> Self {
        self.kind.timing.poll_delay = Some(delay);
        self
    }

    /// Sets whether to wait with the strategy [`Realtime`](pyaltt_timing::Realtime), which spins through the last
    /// microseconds. Default: `false`, which means [`Precise`](pyaltt_timing::Precise).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let control = pyaltt::looped(|_tick, cx| cx.turn_number() < 3)
    ///     .interval(Duration::from_millis(1))
    ///     .realtime(true)
    ///     .start()?;
    /// control.wait()?;
    /// println!("{:?}", control.stats().lateness);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn realtime(mut self, realtime: bool) -> Self {
        self.kind.timing.realtime = Some(realtime);
        self
    }

    /// Sets the strategy that the worker waits with. Cannot be combined with `poll_delay` or `realtime(true)`. Default:
    /// [`Precise`](pyaltt_timing::Precise).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Realtime;
    /// use std::time::Duration;
    ///
    /// let control = pyaltt::looped(|_tick, cx| cx.turn_number() < 3)
    ///     .interval(Duration::from_millis(1))
    ///     .strategy(Realtime::new())
    ///     .start()?;
    /// assert_eq!(control.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn strategy(mut self, strategy: impl Strategy + 'static) -> Self {
        self.kind.timing.own_strategy = true;
        self.kind.strategy = Some(Box::new(strategy));
        self
    }

    /// Sets what happens to ticks that were missed because a turn took too long. Requires an
    /// [`interval`](Self::interval). Default: [`MissedTick::Skip`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::MissedTick;
    /// use std::time::Duration;
    ///
    /// let counter = pyaltt::looped(|_tick, cx| cx.turn_number() < 3)
    ///     .interval(Duration::from_millis(1))
    ///     .missed(MissedTick::CatchUp { max: 10 }) // up to 10 late ticks still get their turns
    ///     .start()?;
    /// assert_eq!(counter.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn missed(mut self, missed: MissedTick) -> Self {
        self.kind.timing.missed = Some(missed);
        self
    }

    /// Builds the worker without starting it.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] that names the option if
    ///
    /// - `interval` or `poll_delay` is zero,
    /// - options contradict each other, which the table of [`LoopedBuilder`](LoopedBuilder#conflicts) lists,
    /// - `sched` asks for what no system could grant, or for a prefaulted stack that does not fit in `stack_size`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let beat = pyaltt::looped(|_tick, _cx| ()).interval(Duration::from_secs(1)).build()?;
    /// assert!(!beat.is_active());
    ///
    /// let error = pyaltt::looped(|_tick, _cx| ()).interval(Duration::ZERO).build().unwrap_err();
    /// assert_eq!(error.option(), "interval");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn build(self) -> Result<BackgroundWorker, BuildError> {
        let Self { common, kind: LoopedOptions { timing, strategy } } = self;
        timing.timing(&common.name)?;
        let counters = Counters::new(true, &common.clock);
        let source = Box::new(ClockSource::new(strategy));
        Ok(BackgroundWorker::new(common.assemble(Some(timing), counters, source)?))
    }

    /// Builds the worker and starts it.
    ///
    /// # Errors
    ///
    /// [`StartError::Option`] for the errors of [`build`](Self::build), and the errors of
    /// [`Handle::start`](crate::handle::Handle::start).
    ///
    /// # Examples
    ///
    /// ```
    /// let countdown = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).start()?;
    /// assert_eq!(countdown.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn start(self) -> Result<BackgroundWorker, StartError> {
        let worker = self.build()?;
        worker.start()?;
        Ok(worker)
    }
}

impl BackgroundWorker {
    /// Starts building a worker from one value, which serves all runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundWorker, Context, Flow, Tick, Turn, Worker};
    /// use std::time::Duration;
    ///
    /// struct Countdown(u32);
    ///
    /// impl Worker for Countdown {
    ///     type Task = Tick;
    ///
    ///     fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
    ///         self.0 -= 1;
    ///         Ok(if self.0 > 0 { Flow::Continue } else { Flow::Stop })
    ///     }
    /// }
    ///
    /// let countdown = BackgroundWorker::builder(Countdown(3)).interval(Duration::from_millis(1)).start()?;
    /// assert_eq!(countdown.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn builder<W: Worker<Task = Tick> + Send>(worker: W) -> LoopedBuilder {
        Builder::from_worker(worker, DefaultName::TypeName)
    }

    /// Starts building a worker that `make` makes anew for each run, on the worker's own thread.
    ///
    /// The worker is dropped there at the end of the run, before the run's exit is published. It never leaves its
    /// thread, so it need not be `Send`. A panic of `make` fails the start with
    /// [`StartError::Factory`](crate::error::StartError::Factory); a panic of the worker's destructor is logged.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundWorker, Context, Flow, Tick, Turn, Worker};
    /// use std::rc::Rc;
    ///
    /// struct Window(Rc<str>); // an `Rc` stays on its thread
    ///
    /// impl Worker for Window {
    ///     type Task = Tick;
    ///
    ///     fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
    ///         println!("drawing {}", self.0);
    ///         Ok(Flow::Stop)
    ///     }
    /// }
    ///
    /// let window = BackgroundWorker::factory(|| Window("main window".into())).start()?;
    /// assert_eq!(window.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn factory<W, M>(mut make: M) -> LoopedBuilder
    where
        W: Worker<Task = Tick>,
        M: FnMut() -> W + Send + 'static,
    {
        Self::try_factory(move || Ok(make()))
    }

    /// Like [`factory`](Self::factory), but `make` can fail, as opening a device can. Then the start fails with
    /// [`StartError::Factory`](crate::error::StartError::Factory), and the worker can be started again.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundWorker, Context, Flow, Tick, Turn, Worker};
    /// use std::fs::File;
    ///
    /// struct Port(File);
    ///
    /// impl Worker for Port {
    ///     type Task = Tick;
    ///
    ///     fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// let port = BackgroundWorker::try_factory(|| Ok(Port(File::open("/dev/no-such-port")?))).build()?;
    /// let error = port.start().unwrap_err();
    /// assert!(error.to_string().starts_with(r#"worker "Port", factory: "#));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn try_factory<W, M>(make: M) -> LoopedBuilder
    where
        W: Worker<Task = Tick>,
        M: FnMut() -> Result<W, BoxError> + Send + 'static,
    {
        Builder::from_factory(make, DefaultName::TypeName)
    }
}

impl fmt::Debug for LoopedOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopedOptions").field("timing", &self.timing).finish_non_exhaustive()
    }
}
