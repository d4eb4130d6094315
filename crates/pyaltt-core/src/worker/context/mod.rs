//! The context: what a turn knows about its worker.

mod args;
mod lent;
mod resting;
mod rings;
pub(crate) mod run_data;
pub(crate) mod strategy_context;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyaltt_timing::Clock;

use super::bell::Bell;
use super::flow::Flow;
use crate::control::stats::{Counters, Stats};
use crate::control::stop_signal::{StopLevel, StopSignal};
use crate::control::stop_token::StopToken;
use crate::error::BuildError;
use crate::failure::{Place, WorkerError, WorkerErrorKind};
use crate::pace::Timing;
use crate::sync::{self, Unparker};
use run_data::{Object, RunData};

/// What a worker knows about itself while it runs: its name, its objects and arguments, and whether to stop.
///
/// Every turn and every hook except [`after_stop`](super::Worker::after_stop) gets one.
///
/// # Examples
///
/// ```
/// use pyaltt::{Start, looped};
///
/// struct Pin(u8);
///
/// let blink = looped(|_tick, cx| {
///     let pin = cx.arg::<Pin>().map_or(0, |pin| pin.0);
///     println!("{} blinks pin {pin} of {:?}", cx.name(), cx.o::<&str>());
///     false
/// })
/// .name("blink")
/// .o("board 1")
/// .build()?;
/// blink.start_with(Start::new().arg(Pin(7)))?;
/// blink.wait()?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct Context {
    id: u64,
    clock: Arc<dyn Clock>,
    counters: Arc<Counters>,
    bell: Bell,
    object: Option<Object>,
    run: RunData,
}

impl Context {
    pub(crate) fn new(
        id: u64,
        clock: Arc<dyn Clock>,
        counters: Arc<Counters>,
        bell: Bell,
        object: Option<Object>,
        run: RunData,
    ) -> Self {
        Self { id, clock, counters, bell, object, run }
    }

    /// Returns the parts that outlive the life, and those that may outlive the run.
    pub(crate) fn into_lasting(self) -> (Bell, Option<Object>, RunData) {
        (self.bell, self.object, self.run)
    }

    /// Returns the worker's name in this run, which is also the name of its thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::event;
    ///
    /// let bell = event(|trigger, cx| println!("{} rings {} times", cx.name(), trigger.count))
    ///     .name("bell")
    ///     .start()?;
    /// bell.trigger();
    /// bell.stop()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.run.name
    }

    /// Returns the worker's number, which is unique in the process and the same as that of its handles.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    ///
    /// use pyaltt::event;
    ///
    /// let (ids, id) = mpsc::channel();
    /// let worker = event(move |_trigger, cx| ids.send(cx.id())).start()?;
    /// worker.trigger();
    /// assert_eq!(id.recv()?, worker.id());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns whether the run goes on: `false` as soon as the worker was told to stop or to terminate.
    ///
    /// A drain does not count until it is complete.
    ///
    /// # Examples
    ///
    /// A long turn that ends early when the worker is told to stop:
    ///
    /// ```
    /// use std::thread;
    /// use std::time::Duration;
    ///
    /// use pyaltt::queue;
    ///
    /// let copier = queue(|blocks: u32, cx| {
    ///     for block in 0..blocks {
    ///         if !cx.is_active() {
    ///             println!("stopped at block {block}");
    ///             break;
    ///         }
    ///         thread::sleep(Duration::from_millis(1)); // copies a block
    ///     }
    /// })
    /// .start()?;
    /// copier.put(1_000_000)?;
    /// copier.stop()?; // does not wait for a million blocks
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn is_active(&self) -> bool {
        !self.run.signal.is_stopped()
    }

    /// Ends the run after the current turn, without [`before_stop`](super::Worker::before_stop). No restart follows.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{ExitReason, queue};
    ///
    /// let worker = queue(|command: &str, cx| {
    ///     if command == "quit" {
    ///         cx.terminate();
    ///     }
    /// })
    /// .start()?;
    /// worker.put("work")?;
    /// worker.put("quit")?;
    /// assert_eq!(worker.wait()?.reason, ExitReason::Terminated);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn terminate(&self) {
        self.run.signal.raise(StopLevel::Terminate);
    }

    /// Sleeps for `duration`, or until the worker is told to stop.
    ///
    /// Returns [`Flow::Continue`] when the time has passed, and [`Flow::Stop`] when the worker was told to stop. The
    /// time is that of the worker's clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use pyaltt::{ExitReason, looped};
    ///
    /// let retry = looped(|_tick, cx| {
    ///     println!("no connection yet");
    ///     cx.sleep(Duration::from_secs(3600)) // a turn can return it
    /// })
    /// .start()?;
    /// retry.stop()?; // does not take an hour
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn sleep(&self, duration: Duration) -> Flow {
        // A sleep that ends beyond what the clock can represent has no deadline, and lasts until the stop.
        let deadline = self.now().checked_add(duration);
        // A park can also end because of an event or a task, so both conditions are checked again after each.
        loop {
            if !self.is_active() {
                return Flow::Stop;
            }
            if deadline.is_some_and(|deadline| self.now() >= deadline) {
                return Flow::Continue;
            }
            self.park(deadline);
        }
    }

    /// Returns a token that tells other code, on any thread, when this run is told to stop.
    ///
    /// # Examples
    ///
    /// A second thread that ends with the run:
    ///
    /// ```
    /// use std::thread;
    /// use std::time::Duration;
    ///
    /// use pyaltt::event;
    ///
    /// let recorder = event(|_trigger, cx| {
    ///     let stop = cx.stop_token();
    ///     let blinker = thread::spawn(move || {
    ///         while !stop.wait(Duration::from_millis(5)) {
    ///             println!("recording");
    ///         }
    ///     });
    ///     blinker.join().is_ok()
    /// })
    /// .start()?;
    /// recorder.trigger();
    /// recorder.stop()?; // ends the blinker as well
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn stop_token(&self) -> StopToken {
        StopToken::new(&self.run.signal)
    }

    /// Returns the object that was given with `.o(value)`; `None` if there is none of this type.
    ///
    /// An object that was given to [`Start::o`](crate::start::Start::o) hides one of the same type that was given
    /// to the builder.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{ExitReason, queue};
    ///
    /// struct Server(&'static str);
    ///
    /// let mailer = queue(|letter: &str, cx| {
    ///     let server = cx.o::<Server>().ok_or("no server")?;
    ///     println!("{letter} goes to {}", server.0);
    ///     Ok::<_, &str>(())
    /// })
    /// .o(Server("localhost"))
    /// .start()?;
    /// mailer.put("dear Sir")?;
    /// assert_eq!(mailer.drain()?.errors, 0);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn o<T: 'static>(&self) -> Option<&T> {
        // The object of this run comes first, so that it hides one of the same type from the builder.
        let [run, lasting] = [&self.run.object, &self.object];
        [run, lasting].into_iter().flatten().find_map(|object| object.downcast_ref())
    }

    /// Returns the object that was given with `.o(value)`, to change it.
    ///
    /// Changes to the builder's object last from run to run.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::looped;
    ///
    /// let counter = looped(|_tick, cx| {
    ///     let count = cx.o_mut::<u32>().expect("given to the builder");
    ///     *count += 1;
    ///     *count % 3 != 0
    /// })
    /// .o(0_u32)
    /// .build()?;
    /// for _ in 0..2 {
    ///     counter.start()?;
    ///     assert_eq!(counter.wait()?.turns, 3); // 1 to 3, then 4 to 6
    /// }
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn o_mut<T: 'static>(&mut self) -> Option<&mut T> {
        let [run, lasting] = [&mut self.run.object, &mut self.object];
        [run, lasting].into_iter().flatten().find_map(|object| object.downcast_mut())
    }

    /// Returns the number of this run, from 1. A restart is a run with the next number.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::looped;
    ///
    /// let worker = looped(|_tick, cx| cx.turn_number() < cx.run_number()).build()?;
    /// for run in 1..=3 {
    ///     worker.start()?;
    ///     assert_eq!(worker.wait()?.turns, run);
    /// }
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn run_number(&self) -> u64 {
        self.run.number
    }

    /// Returns the number of the current turn in this run, from 1; 0 before the first turn.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::looped;
    ///
    /// let five = looped(|_tick, cx| cx.turn_number() < 5).start()?;
    /// assert_eq!(five.wait()?.turns, 5);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn turn_number(&self) -> u64 {
        self.run.turns
    }

    /// Returns what the worker has counted so far, summed over all its runs.
    ///
    /// The current turn is not counted yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::queue;
    ///
    /// let worker = queue(|_task: u32, cx| {
    ///     if cx.stats().turns % 1000 == 0 {
    ///         println!("{} is alive: {:?}", cx.name(), cx.stats());
    ///     }
    /// })
    /// .start()?;
    /// worker.put(1)?;
    /// worker.drain()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn stats(&self) -> Stats {
        self.counters.stats()
    }

    /// The current time by the worker's clock.
    pub(crate) fn shared_name(&self) -> &Arc<str> {
        &self.run.name
    }

    #[inline]
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Sleeps until `deadline`, a control message, or news from the source. May wake for no reason.
    pub(crate) fn park(&self, deadline: Option<Instant>) {
        sync::park(&*self.clock, self.bell.parker(), deadline);
    }

    /// An error of this run, which says where it comes from.
    pub(crate) fn error(&self, place: Place, kind: WorkerErrorKind) -> WorkerError {
        WorkerError::new(&self.run.name, place, kind)
    }

    /// Records that no handler of the user's has seen the last error.
    pub(crate) fn set_unhandled(&mut self, unhandled: bool) {
        self.run.unhandled = unhandled;
    }

    pub(crate) fn is_unhandled(&self) -> bool {
        self.run.unhandled
    }

    #[inline]
    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    #[inline]
    pub(crate) fn level(&self) -> StopLevel {
        self.run.signal.level()
    }

    /// Takes the option of this run that is invalid.
    pub(crate) fn take_rejected(&mut self) -> Option<BuildError> {
        self.run.rejected.take()
    }

    /// The timing of this run; `None` for a worker that is not looped.
    pub(crate) fn timing(&self) -> Option<&Timing> {
        self.run.timing.as_ref()
    }

    pub(crate) fn signal(&self) -> &Arc<StopSignal> {
        &self.run.signal
    }

    pub(crate) fn unparker(&self) -> &Unparker {
        self.bell.unparker()
    }

    #[inline]
    pub(crate) fn turn_began(&mut self) {
        self.run.turns += 1;
        self.counters.turn_began();
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("name", &self.run.name)
            .field("run", &self.run.number)
            .field("turn", &self.run.turns)
            .finish_non_exhaustive()
    }
}
