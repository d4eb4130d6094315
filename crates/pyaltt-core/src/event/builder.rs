//! The options of event workers.

use super::handle::BackgroundEventWorker;
use super::source::EventSource;
use super::{Event, Trigger};
use crate::control::stats::Counters;
use crate::error::{BuildError, StartError};
use crate::handle::builder::Builder;

/// Builds an event worker.
pub type EventBuilder = Builder<Trigger, EventOptions>;

/// The options that only event workers have.
#[derive(Debug, Default)]
pub struct EventOptions {
    event: Option<Event>,
}

impl EventBuilder {
    /// Sets the event; default one of the worker's own. Settings before the worker is built do not count.
    pub fn event(mut self, event: Event) -> Self {
        self.kind.event = Some(event);
        self
    }

    /// Makes the worker, not started.
    ///
    /// # Errors
    ///
    /// A `sched` that cannot be used is refused.
    pub fn build(self) -> Result<BackgroundEventWorker, BuildError> {
        let Self { common, kind } = self;
        let event = kind.event.unwrap_or_default();
        let counters = Counters::new(false, &common.clock);
        let source = Box::new(EventSource::new(event.clone()));
        Ok(BackgroundEventWorker::new(common.assemble(None, counters, source)?, event))
    }

    /// Makes the worker and starts it.
    ///
    /// # Errors
    ///
    /// Those of [`build`](Self::build) and those of [`Handle::start`](crate::handle::Handle::start).
    pub fn start(self) -> Result<BackgroundEventWorker, StartError> {
        let worker = self.build()?;
        worker.start()?;
        Ok(worker)
    }
}
