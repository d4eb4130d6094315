//! The options of event workers.

use super::handle::BackgroundEventWorker;
use super::source::EventSource;
use super::{Event, Trigger};
use crate::control::stats::Counters;
use crate::error::{BuildError, StartError};
use crate::handle::builder::Builder;

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
