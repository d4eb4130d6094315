//! The clerk of a queue: the one thread of a process that takes tasks from the engine and settles them.
//!
//! - [`state`]: what it does next, as a pure function. [`step`]: doing it. [`bell_listener`]: the thread that waits for the bell.
//!
//! It is a worker of this library itself. Its event is set by workers that ask for tasks or settle some, and by the bell;
//! on each wake-up it makes one round of all that has come meanwhile. It is started by the first worker that takes tasks
//! and ends by itself after the last one has left and all is settled. Nobody has a handle of it.

mod bell_listener;
#[cfg(test)]
mod simulation;
pub(crate) mod state;
pub(crate) mod step;

use std::sync::Arc;
use std::time::Instant;

use pyaltt_core::{
    BackgroundEventWorker, BoxError, Context, Inbox, NoTask, Restart, StartError, Trigger, Turn, Worker, done,
};

use crate::shared::Shared;
use step::Clerk;

/// Starts the clerk of a queue, which has been noted as running.
pub(crate) fn start(shared: &Arc<Shared>) -> Result<(), StartError> {
    let clerk = OnThread(Clerk::new(Arc::clone(shared)));
    let worker = BackgroundEventWorker::builder(clerk)
        .name(format!("clerk of {}", shared.options.queue))
        .event(shared.ring.clone())
        .daemon(true)
        // If a step panics, the clerk goes on with what it knows.
        .restart(Restart::on_failure())
        .build()?;
    worker.detach();
    match worker.start() {
        // It was not waited for, because this thread's own worker is told to stop, but it starts.
        Ok(()) | Err(StartError::Stopping { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

struct OnThread(Clerk);

impl Worker for OnThread {
    type Task = Trigger;

    fn run(&mut self, _: Trigger, _: &mut Context) -> Turn {
        done()
    }

    fn r#loop(&mut self, inbox: &mut Inbox<Trigger>) -> Result<(), BoxError> {
        self.0.begin();
        loop {
            match self.0.step(Instant::now()) {
                step::Next::Step => {}
                step::Next::Sleep(until) => {
                    let woken = match until {
                        Some(until) => inbox.next_deadline(until).map(drop),
                        None => inbox.next().map(drop).ok_or(NoTask::Ended),
                    };
                    if woken == Err(NoTask::Ended) {
                        return Ok(());
                    }
                }
                step::Next::End => return Ok(()),
            }
        }
    }
}
