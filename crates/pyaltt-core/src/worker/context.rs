//! What a turn knows of its worker.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyaltt_timing::{Clock, WaitContext, Waited};

use super::flow::Flow;
use crate::control::stats::{Counters, Stats};
use crate::control::stop_signal::{StopLevel, StopSignal};
use crate::control::stop_token::StopToken;
use crate::pace::Timing;
use crate::sync::{self, Parker, Unparker};
use crate::user_code;

/// What a worker knows of itself while it runs: its name, its objects and arguments, and whether to stop.
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
/// .o("bind_to_thread 1")
/// .build()?;
/// blink.start_with(Start::new().arg(Pin(7)))?;
/// blink.wait()?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub struct Context {
    id: u64,
    clock: Arc<dyn Clock>,
    counters: Arc<Counters>,
    parker: Parker,
    object: Option<Object>,
    run: RunData,
}

/// Any value of a user, found again by its type.
pub(crate) type Object = Box<dyn Any + Send>;

/// The part of a context that is new in every run.
pub(crate) struct RunData {
    pub(crate) name: Arc<str>,
    pub(crate) number: u64,
    pub(crate) signal: Arc<StopSignal>,
    /// The timing of a looped worker.
    pub(crate) timing: Option<Timing>,
    pub(crate) object: Option<Object>,
    pub(crate) args: Vec<Object>,
    pub(crate) turns: u64,
}

/// One by one, so that a destructor that panics keeps no other from running; also where no thread could be had.
impl Drop for RunData {
    fn drop(&mut self) {
        self.args.drain(..).for_each(user_code::discard);
        user_code::discard(self.object.take());
    }
}

impl Context {
    pub(crate) fn new(
        id: u64,
        clock: Arc<dyn Clock>,
        counters: Arc<Counters>,
        parker: Parker,
        object: Option<Object>,
        run: RunData,
    ) -> Self {
        Self { id, clock, counters, parker, object, run }
    }

    /// The parts that outlive the run. What was given for the run alone is dropped here.
    pub(crate) fn into_lasting(self) -> (Parker, Option<Object>) {
        (self.parker, self.object)
    }

    /// The worker's name in this run, which is also its thread's name.
    pub fn name(&self) -> &str {
        &self.run.name
    }

    /// The worker's number, unique in the process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Whether the run goes on: `false` as soon as the worker was told to stop or to terminate.
    pub fn is_active(&self) -> bool {
        !self.run.signal.is_stopped()
    }

    /// Ends the run after the turn in hand, without `before_stop`.
    pub fn terminate(&self) {
        self.run.signal.raise(StopLevel::Terminate);
    }

    /// Sleeps for `duration`, or until the worker is told to stop, and says which: [`Flow::Continue`] when the
    /// time has passed.
    pub fn sleep(&self, duration: Duration) -> Flow {
        let deadline = self.now().checked_add(duration);
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

    /// What tells other code, on any thread, that this run was told to stop.
    pub fn stop_token(&self) -> StopToken {
        StopToken::new(&self.run.signal)
    }

    /// The object that was given with `.o(value)`; `None` when there is none of this type.
    ///
    /// One that was given to [`Start::o`](crate::run::start::Start::o) comes before that of the builder.
    pub fn o<T: 'static>(&self) -> Option<&T> {
        let [run, lasting] = [&self.run.object, &self.object];
        [run, lasting].into_iter().flatten().find_map(|object| object.downcast_ref())
    }

    /// The object that was given with `.o(value)`, to change it. Changes last from run to run.
    pub fn o_mut<T: 'static>(&mut self) -> Option<&mut T> {
        let [run, lasting] = [&mut self.run.object, &mut self.object];
        [run, lasting].into_iter().flatten().find_map(|object| object.downcast_mut())
    }

    /// The first argument of this type that was given at the start; `None` when there is none.
    pub fn arg<T: 'static>(&self) -> Option<&T> {
        self.run.args.iter().find_map(|arg| arg.downcast_ref())
    }

    /// The first argument of this type that was given at the start, to change it.
    pub fn arg_mut<T: 'static>(&mut self) -> Option<&mut T> {
        self.run.args.iter_mut().find_map(|arg| arg.downcast_mut())
    }

    /// Takes the first argument of this type out of the context, to keep it in the worker.
    pub fn take_arg<T: 'static>(&mut self) -> Option<T> {
        let index = self.run.args.iter().position(|arg| arg.is::<T>())?;
        self.run.args.remove(index).downcast().ok().map(|arg| *arg)
    }

    /// The number of this run, from 1.
    pub fn run_number(&self) -> u64 {
        self.run.number
    }

    /// The number of the turn in this run, from 1; 0 before the first.
    pub fn turn_number(&self) -> u64 {
        self.run.turns
    }

    /// What the worker has counted so far, over all its runs.
    pub fn stats(&self) -> Stats {
        self.counters.stats()
    }

    /// The time by the worker's clock.
    #[inline]
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Sleeps until the worker is told something, its source has news, or `deadline`; may wake for nothing.
    pub(crate) fn park(&self, deadline: Option<Instant>) {
        sync::park(&*self.clock, &self.parker, deadline);
    }

    #[inline]
    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    #[inline]
    pub(crate) fn level(&self) -> StopLevel {
        self.run.signal.level()
    }

    /// The timing of this run; `None` for a worker that is not looped.
    pub(crate) fn timing(&self) -> Option<&Timing> {
        self.run.timing.as_ref()
    }

    pub(crate) fn signal(&self) -> &Arc<StopSignal> {
        &self.run.signal
    }

    pub(crate) fn unparker(&self) -> &Unparker {
        self.parker.unparker()
    }

    #[inline]
    pub(crate) fn turn_began(&mut self) {
        self.run.turns += 1;
        self.counters.turn_began();
    }
}

/// A strategy waits until the worker is told anything: any control message interrupts it.
impl WaitContext for StrategyContext<'_> {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn epoch(&self) -> Instant {
        self.0.clock.epoch()
    }

    fn is_interrupted(&self) -> bool {
        self.0.level() > StopLevel::Go
    }

    fn park(&self, deadline: Option<Instant>) {
        self.0.park(deadline);
    }

    fn spin(&self, until: Instant) -> Waited {
        self.0.counters().warm();
        sync::spin(&*self.0.clock, &self.0.parker, until, &|| self.is_interrupted())
    }
}

/// Keeps the methods of a wait context off the context that users see.
pub(crate) struct StrategyContext<'a>(pub(crate) &'a Context);

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("name", &self.run.name)
            .field("run", &self.run.number)
            .field("turn", &self.run.turns)
            .finish_non_exhaustive()
    }
}
