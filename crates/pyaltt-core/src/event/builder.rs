//! The options of event workers.

use super::handle::BackgroundEventWorker;
use super::source::EventSource;
use super::{Event, Trigger};
use crate::control::stats::Counters;
use crate::error::{BuildError, StartError};
use crate::failure::BoxError;
use crate::handle::builder::{Builder, DefaultName};
use crate::worker::Worker;

/// Builds an event worker.
///
/// It has the options that all builders have (see [`Builder`]), and the event. It does not name the worker's type, so it
/// can be stored and returned.
///
/// # Examples
///
/// ```
/// use pyaltt::EventBuilder;
///
/// fn lamp(room: &'static str) -> EventBuilder {
///     pyaltt::event(move |_trigger, _cx| println!("light on in the {room}")).name(room)
/// }
///
/// let hall = lamp("hall").start()?;
/// hall.trigger();
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub type EventBuilder = Builder<Trigger, EventOptions>;

/// The options that only event workers have; part of [`EventBuilder`].
///
/// # Examples
///
/// ```
/// use pyaltt::{Event, EventBuilder};
///
/// fn on_door(builder: EventBuilder, door: &Event) -> EventBuilder {
///     builder.event(door.clone())
/// }
///
/// let door = Event::new();
/// let bell = on_door(pyaltt::event(|_trigger, _cx| false), &door).start()?;
/// door.set();
/// assert_eq!(bell.wait()?.turns, 1);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Debug, Default)]
pub struct EventOptions {
    event: Option<Event>,
}

impl EventBuilder {
    /// Sets the event that the worker takes its turns from. Default: an event of its own.
    ///
    /// The worker counts from when it is built, so it takes no turn for what was set before.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Event;
    ///
    /// let door = Event::new();
    /// let lamp = pyaltt::event(|_trigger, _cx| false).event(door.clone()).start()?;
    /// let bell = pyaltt::event(|_trigger, _cx| false).event(door.clone()).start()?;
    /// door.set(); // wakes both
    /// assert_eq!((lamp.wait()?.turns, bell.wait()?.turns), (1, 1));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn event(mut self, event: Event) -> Self {
        self.kind.event = Some(event);
        self
    }

    /// Builds the worker without starting it. It can be triggered at once, and takes the turn after its start.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] if `sched` asks for what no system could grant, or for a prefaulted stack that does not
    /// fit in `stack_size`.
    ///
    /// # Examples
    ///
    /// ```
    /// let alarm = pyaltt::event(|trigger, _cx| trigger.count < 1).build()?;
    /// alarm.trigger();
    /// alarm.start()?;
    /// # alarm.stop()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn build(self) -> Result<BackgroundEventWorker, BuildError> {
        let Self { common, kind } = self;
        let event = kind.event.unwrap_or_default();
        let counters = Counters::new(false, &common.clock);
        let source = Box::new(EventSource::new(event.clone()));
        Ok(BackgroundEventWorker::new(common.assemble(None, counters, source)?, event))
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
    /// let alarm = pyaltt::event(|_trigger, _cx| false).start()?;
    /// alarm.trigger();
    /// assert_eq!(alarm.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn start(self) -> Result<BackgroundEventWorker, StartError> {
        let worker = self.build()?;
        worker.start()?;
        Ok(worker)
    }
}

impl BackgroundEventWorker {
    /// Starts building a worker from one value, which serves all runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundEventWorker, Context, Flow, Trigger, Turn, Worker};
    ///
    /// struct Siren;
    ///
    /// impl Worker for Siren {
    ///     type Task = Trigger;
    ///
    ///     fn run(&mut self, trigger: Trigger, _cx: &mut Context) -> Turn {
    ///         println!("{} alarms", trigger.count);
    ///         Ok(Flow::Stop)
    ///     }
    /// }
    ///
    /// let siren = BackgroundEventWorker::builder(Siren).start()?;
    /// assert_eq!(siren.name(), "Siren");
    /// siren.trigger();
    /// assert_eq!(siren.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn builder<W: Worker<Task = Trigger> + Send>(worker: W) -> EventBuilder {
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
    /// use pyaltt::{BackgroundEventWorker, Context, Flow, Trigger, Turn, Worker};
    /// use std::rc::Rc;
    ///
    /// struct Bell(Rc<str>); // an `Rc` stays on its thread
    ///
    /// impl Worker for Bell {
    ///     type Task = Trigger;
    ///
    ///     fn run(&mut self, _trigger: Trigger, _cx: &mut Context) -> Turn {
    ///         println!("{} rings", self.0);
    ///         Ok(Flow::Stop)
    ///     }
    /// }
    ///
    /// let bell = BackgroundEventWorker::factory(|| Bell("door bell".into())).start()?;
    /// bell.trigger();
    /// assert_eq!(bell.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn factory<W, M>(mut make: M) -> EventBuilder
    where
        W: Worker<Task = Trigger>,
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
    /// use pyaltt::{BackgroundEventWorker, Context, Flow, StartError, Trigger, Turn, Worker};
    ///
    /// struct Siren;
    ///
    /// impl Worker for Siren {
    ///     type Task = Trigger;
    ///
    ///     fn run(&mut self, _trigger: Trigger, _cx: &mut Context) -> Turn {
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// let siren = BackgroundEventWorker::try_factory(|| Err::<Siren, _>("no siren is connected".into())).build()?;
    /// assert!(matches!(siren.start(), Err(StartError::Factory(_))));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn try_factory<W, M>(make: M) -> EventBuilder
    where
        W: Worker<Task = Trigger>,
        M: FnMut() -> Result<W, BoxError> + Send + 'static,
    {
        Builder::from_factory(make, DefaultName::TypeName)
    }
}
