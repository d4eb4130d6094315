//! The options and arguments of one start.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pyaltt_timing::MissedTick;

use crate::pace::TimingOptions;
use crate::worker::context::run_data::Object;

/// Holds the options and arguments of one start, for [`start_with`](crate::handle::Handle::start_with) and
/// [`Restart::start`](crate::restart::Restart::start).
///
/// They hold for one run, and for the runs that follow it by a [`Restart`](crate::restart::Restart) policy. An option that
/// is not set stays as it was built. The options of a looped worker's timing are an error for other workers,
/// [`StartError::Option`](crate::error::StartError::Option), and so are values that its builder would refuse.
///
/// # Examples
///
/// ```
/// use pyaltt::{Start, looped};
/// use std::time::Duration;
///
/// let worker = looped(|_tick, cx| println!("{} of {:?}", cx.name(), cx.arg::<u32>()))
///     .delay(Duration::from_secs(1))
///     .build()?;
/// worker.start_with(Start::new().name("fast").interval(Duration::from_millis(5)).arg(7_u32))?;
/// worker.stop()?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Default)]
#[must_use = "give it to start_with"]
pub struct Start {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) daemon: Option<bool>,
    pub(crate) paused: Option<bool>,
    pub(crate) timing: TimingOptions,
    pub(crate) object: Option<Object>,
    pub(crate) args: Vec<Object>,
}

impl Start {
    /// Makes options without overrides and without arguments.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Start;
    ///
    /// let worker = pyaltt::event(|_trigger, _cx| ()).build()?;
    /// worker.start_with(Start::new())?; // the same as `start`
    /// assert!(worker.is_active());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the worker's name in this run, as [`Context::name`](crate::worker::context::Context::name) and the thread
    /// have it. An empty name changes nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Start;
    ///
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let worker = pyaltt::looped(move |_tick, cx| sender.send(cx.name().to_owned()).is_err()).name("import").build()?;
    /// worker.start_with(Start::new().name("import of May"))?;
    /// worker.wait()?;
    /// assert_eq!(receiver.recv()?, "import of May");
    /// assert_eq!(worker.name(), "import"); // the handle keeps the name that was built
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into().into());
        self
    }

    /// Sets whether the worker is a daemon in this run; see [`daemon`](crate::handle::builder::Builder::daemon).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Start;
    ///
    /// let journal = pyaltt::queue(|line: &str, _cx| println!("{line}")).build()?;
    /// journal.start_with(Start::new().daemon(false))?; // the process waits for this run
    /// journal.put("the last words")?;
    /// journal.drain()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.daemon = Some(daemon);
        self
    }

    /// Sets whether the worker is paused: this start pauses it, or resumes it. Without it the worker stays as it is, which
    /// is as [`pause`](crate::handle::Handle::pause), [`resume`](crate::handle::Handle::resume) or the
    /// [builder](crate::handle::builder::Builder::paused) said last.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Start;
    ///
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("delivering {letter}")).build()?;
    /// mail.put("dear Sir")?;
    /// mail.start_with(Start::new().paused(true))?; // its hooks have run, and it takes no letter
    /// assert_eq!(mail.len(), 1);
    /// mail.resume();
    /// assert_eq!(mail.drain()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn paused(mut self, paused: bool) -> Self {
        self.paused = Some(paused);
        self
    }

    /// Sets the pause before each turn, including the first. Looped workers only.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Start;
    /// use std::time::Duration;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| false).build()?;
    /// worker.start_with(Start::new().delay_before(Duration::from_millis(1)))?;
    /// assert_eq!(worker.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn delay_before(mut self, delay: Duration) -> Self {
        self.timing.delay_before = Some(delay);
        self
    }

    /// Sets the pause after each turn, in place of the delay or interval that was built. Looped workers only.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Start;
    /// use std::time::Duration;
    ///
    /// let poll = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).interval(Duration::from_secs(60)).build()?;
    /// poll.start_with(Start::new().delay_after(Duration::from_millis(1)))?;
    /// assert_eq!(poll.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn delay_after(mut self, delay: Duration) -> Self {
        self.timing.delay_after = Some(delay);
        self
    }

    /// Sets the pause after each turn; the same as [`delay_after`](Start::delay_after).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Start;
    /// use std::time::Duration;
    ///
    /// let poll = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).delay(Duration::from_secs(60)).build()?;
    /// poll.start_with(Start::new().delay(Duration::from_millis(1)))?;
    /// assert_eq!(poll.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn delay(mut self, delay: Duration) -> Self {
        self.timing.delay = Some(delay);
        self
    }

    /// Sets the exact interval, in place of the interval or delay that was built. Looped workers only.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Start, StartError};
    /// use std::time::Duration;
    ///
    /// let beat = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).interval(Duration::from_secs(60)).build()?;
    /// beat.start_with(Start::new().interval(Duration::from_millis(1)))?;
    /// assert_eq!(beat.wait()?.turns, 3);
    ///
    /// let mail = pyaltt::queue(|_letter: &str, _cx| ()).build()?;
    /// let error = mail.start_with(Start::new().interval(Duration::from_millis(1))).unwrap_err();
    /// assert!(matches!(error, StartError::Option(_))); // not a looped worker
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn interval(mut self, interval: Duration) -> Self {
        self.timing.interval = Some(interval);
        self
    }

    /// Sets the poll delay, and with it the strategy [`Poll`](pyaltt_timing::Poll). Looped workers only.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Start;
    /// use std::time::Duration;
    ///
    /// let worker = pyaltt::looped(|_tick, cx| cx.turn_number() < 2).delay(Duration::from_millis(1)).build()?;
    /// worker.start_with(Start::new().poll_delay(Duration::from_millis(5)))?;
    /// assert_eq!(worker.wait()?.turns, 2);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn poll_delay(mut self, delay: Duration) -> Self {
        self.timing.poll_delay = Some(delay);
        self
    }

    /// Sets whether to wait with the strategy [`Realtime`](pyaltt_timing::Realtime). Looped workers only.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Start;
    /// use std::time::Duration;
    ///
    /// let control = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).interval(Duration::from_millis(1)).build()?;
    /// control.start_with(Start::new().realtime(true))?;
    /// assert_eq!(control.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn realtime(mut self, realtime: bool) -> Self {
        self.timing.realtime = Some(realtime);
        self
    }

    /// Sets what happens to missed ticks. Looped workers with an interval only, which this start may set as well.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{MissedTick, Start};
    /// use std::time::Duration;
    ///
    /// let beat = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).interval(Duration::from_millis(1)).build()?;
    /// beat.start_with(Start::new().missed(MissedTick::Delay))?;
    /// assert_eq!(beat.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn missed(mut self, missed: MissedTick) -> Self {
        self.timing.missed = Some(missed);
        self
    }

    /// Gives an object that [`Context::o`](crate::worker::context::Context::o) finds, before an object of the same type that
    /// was given to the builder. It is dropped when the run has ended and no restart follows.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Start;
    ///
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let worker = pyaltt::looped(move |_tick, cx| sender.send(cx.o::<u32>().copied()).is_err()).o(1_u32).build()?;
    /// worker.start_with(Start::new().o(2_u32))?;
    /// worker.wait()?;
    /// assert_eq!(receiver.recv()?, Some(2));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn o<O: Send + 'static>(mut self, value: O) -> Self {
        self.object = Some(Box::new(value));
        self
    }

    /// Gives an argument that [`Context::arg`](crate::worker::context::Context::arg) finds by its type. Can be called for
    /// several types. Arguments are dropped when the run has ended and no restart follows. A restart has them again, except
    /// those that were taken out with [`take_arg`](crate::worker::context::Context::take_arg).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Start;
    ///
    /// struct Pin(u8);
    ///
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let blink = pyaltt::looped(move |_tick, cx| {
    ///     let pin = cx.arg::<Pin>().map(|pin| pin.0);
    ///     sender.send((pin, cx.arg::<bool>().copied())).is_err()
    /// })
    /// .build()?;
    /// blink.start_with(Start::new().arg(Pin(7)).arg(true))?;
    /// blink.wait()?;
    /// assert_eq!(receiver.recv()?, (Some(7), Some(true)));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn arg<A: Send + 'static>(mut self, value: A) -> Self {
        self.args.push(Box::new(value));
        self
    }
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("name", &self.name)
            .field("daemon", &self.daemon)
            .field("paused", &self.paused)
            .field("timing", &self.timing)
            .field("args", &self.args.len())
            .finish_non_exhaustive()
    }
}
