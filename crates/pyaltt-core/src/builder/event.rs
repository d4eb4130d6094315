//! The options of event workers.

use super::Builder;
use crate::handle::BackgroundEventWorker;
use crate::source::event::EventSource;
use crate::stats::Counters;
use crate::{BuildError, Event, StartError, Trigger, Worker};

/// Builds an event worker.
pub type EventBuilder<W> = Builder<W, EventOptions>;

/// The options that only event workers have.
#[derive(Debug, Default)]
pub struct EventOptions {
    event: Option<Event>,
}

impl<W: Worker<Task = Trigger>> EventBuilder<W> {
    pub(crate) fn event_worker(worker: W, default_name: Option<&str>) -> Self {
        Self::new(worker, EventOptions::default(), default_name)
    }

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
    pub fn build(self) -> Result<BackgroundEventWorker<W>, BuildError> {
        let Self { worker, common, kind } = self;
        let event = kind.event.unwrap_or_default();
        let counters = Counters::new(false, &common.clock);
        let source = Box::new(EventSource::new(event.clone()));
        Ok(BackgroundEventWorker::new(Self::assemble(worker, common, None, counters, source)?, event))
    }

    /// Makes the worker and starts it.
    ///
    /// # Errors
    ///
    /// Those of [`build`](Self::build) and those of [`Handle::start`](crate::Handle::start).
    pub fn start(self) -> Result<BackgroundEventWorker<W>, StartError> {
        let worker = self.build()?;
        worker.start()?;
        Ok(worker)
    }
}
