//! The one connection of a process to the engine of a queue.
//!
//! - [`lane`]: who has the connection, and whose turn is next. [`combine`]: puts of several producers as one;
//!   [`entry`]: one of them.
//!
//! The engine is called by whoever holds the connection: a producer, the clerk of the queue, or an operator. Whoever finds
//! it free takes it and calls it on its own thread, so that a put costs no hand-over to another one.

mod combine;
mod entry;
mod lane;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};
use pyaltt_core::layer::{self, CutWait};

use crate::engine::contract::Engine;
use crate::engine::error::EngineError;
use crate::engine::name::QueueName;
use lane::{Asker, Lane};

pub(crate) use entry::PutFailure;

/// Makes a connection.
pub(crate) type Opener = dyn Fn() -> Result<Box<dyn Engine>, EngineError> + Send + Sync;

pub(crate) struct Link {
    queue: QueueName,
    open: Arc<Opener>,
    lane: Mutex<Lane>,
}

impl Link {
    pub(crate) fn new(queue: QueueName, open: Arc<Opener>) -> Self {
        Self { queue, open, lane: Mutex::default() }
    }

    /// Calls the engine for the clerk, before the puts that wait.
    pub(crate) fn call_as_clerk<R>(
        &self,
        f: impl FnOnce(&mut dyn Engine) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        self.hold(Asker::Clerk)?.call(f)
    }

    /// Calls the engine for an operator. A stop of the worker that the calling thread belongs to cuts the wait for the
    /// connection.
    pub(crate) fn call<R>(
        &self,
        f: impl FnOnce(&mut dyn Engine) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        self.hold(Asker::Other)?.call(f)
    }

    fn hold(&self, asker: Asker) -> Result<Held<'_>, EngineError> {
        let mut lane = self.lane.lock();
        if lane.is_free_for(asker, None) {
            return Ok(self.take(lane, asker));
        }
        let wait = CutWait::new();
        let place = lane.join(asker, wait.waker(), None);
        loop {
            if lane.is_free_for(asker, Some(place)) {
                lane.leave(place);
                return Ok(self.take(lane, asker));
            }
            if wait.is_cut() {
                lane.leave(place);
                lane.wake_next();
                return Err(EngineError::NotSent("the worker that asks was told to stop".into()));
            }
            MutexGuard::unlocked(&mut lane, || wait.park(None));
        }
    }

    /// Takes the connection, which is free.
    fn take(&self, mut lane: MutexGuard<'_, Lane>, asker: Asker) -> Held<'_> {
        let engine = lane.lend(asker);
        Held { link: self, engine }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("queue", &self.queue).finish_non_exhaustive()
    }
}

/// The connection, in the hands of one thread. It goes to the next one when this is dropped.
struct Held<'a> {
    link: &'a Link,
    /// None if it is to be opened at the next call.
    engine: Option<Box<dyn Engine>>,
}

impl Held<'_> {
    /// Calls the engine, and connects before that if need be.
    ///
    /// After any error but a clear answer the connection is dropped: a late answer must not be read as that of the next
    /// call. A panic of the engine counts as a lost answer.
    fn call<R>(
        &mut self,
        f: impl FnOnce(&mut dyn Engine) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        let open = &self.link.open;
        let mut engine = match self.engine.take() {
            Some(engine) => engine,
            None => layer::call(|| open()).unwrap_or_else(|panic| Err(EngineError::NotSent(panic.into())))?,
        };
        let (answer, engine) = match layer::call(|| f(&mut *engine)) {
            Ok(answer) => (answer, engine),
            Err(panic) => {
                tracing::error!(queue = %self.link.queue, %panic, "an engine failed");
                layer::discard(engine);
                return Err(EngineError::NoAnswer(panic.into()));
            }
        };
        if matches!(answer, Err(EngineError::NotSent(_) | EngineError::NoAnswer(_))) {
            layer::discard(engine);
        } else {
            self.engine = Some(engine);
        }
        answer
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut lane = self.link.lane.lock();
        lane.give_back(self.engine.take());
        lane.wake_next();
    }
}

/// Whether the time is over.
fn is_over(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| Instant::now() >= deadline)
}
