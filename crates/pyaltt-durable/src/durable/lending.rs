//! The side of the workers.

use std::time::Duration;

use pyaltt_core::layer;
use pyaltt_core::{
    BoxError, ErrorText, LeasedQueue, Lent, Loss, PutError, PutPatience, Queue, Settlement, Take, TaskInfo,
    Waker, WorkerError, WorkerErrorKind,
};

use super::Durable;
use super::put::Put;
use crate::dispatch::Taken;
use crate::engine::round::{Fate, RawTask};
use crate::random::random;

/// A durable queue, as the core knows it.
struct Lending<T>(Durable<T>);

impl<T: Send + 'static> From<Durable<T>> for Queue<T> {
    fn from(durable: Durable<T>) -> Self {
        Self::leased(Lending(durable))
    }
}

impl<T: Send + 'static> Lending<T> {
    /// Reads a task. One that cannot be read is dead at once: it would not get better by attempts.
    fn read(&self, raw: &RawTask, loss: Loss) -> Option<Lent<T>> {
        let shared = &self.0.shared;
        match self.0.decode(&raw.envelope) {
            Ok(task) => {
                let info = raw.info(shared.options.retry.max_attempts());
                let mut lent = Lent::new(task, info, raw.lease);
                lent.loss = loss;
                Some(lent)
            }
            Err(error) => {
                let text = text_of(&error);
                report(raw, shared.options.queue.as_str(), &text);
                shared.mark_dead(raw.lease, ErrorText::new(text));
                None
            }
        }
    }
}

impl<T: Send + 'static> LeasedQueue for Lending<T> {
    type Task = T;

    fn put(&self, task: T, patience: PutPatience) -> Result<(), PutError<T>> {
        self.0.put_within(task, &Put::new(), patience).map(drop)
    }

    fn take(&self, worker: u64, max: usize) -> Take<T> {
        loop {
            match self.0.shared.take(worker, max) {
                Some(Taken::Tasks(tasks)) => {
                    let tasks: Vec<_> =
                        tasks.into_iter().filter_map(|(raw, loss)| self.read(&raw, loss)).collect();
                    if !tasks.is_empty() {
                        return Take::Tasks(tasks);
                    }
                }
                Some(Taken::Asked) => return Take::Idle,
                Some(Taken::Empty) => return Take::Empty,
                None => return Take::Closed,
            }
        }
    }

    fn settle(&self, lease: pyaltt_core::Lease, settlement: Settlement) {
        self.0.shared.settle(vec![(lease, settlement)]);
    }

    fn settle_all(&self, settlements: Vec<(pyaltt_core::Lease, Settlement)>) {
        self.0.shared.settle(settlements);
    }

    fn judge(&self, error: &WorkerError, info: &TaskInfo) -> Option<Settlement> {
        let failed = match error.kind() {
            WorkerErrorKind::Failed(error) => Settlement::Failed(ErrorText::new(text_of(error))),
            WorkerErrorKind::Panicked(panic) => Settlement::Panicked(ErrorText::new(panic.to_string())),
            // The core knows what it is.
            _ => return None,
        };
        Some(match self.0.shared.options.retry.fate(&failed, info, Some(error), random()) {
            Fate::Retry { after, error } => Settlement::RetryAfter(after, error),
            Fate::Dead { error } => Settlement::GiveUp(error),
            Fate::HandBack { after } => Settlement::HandBack(after),
            Fate::Done => failed,
        })
    }

    fn depth(&self) -> usize {
        self.0.shared.depth()
    }

    fn drain_limit(&self) -> usize {
        self.0.shared.drain_limit()
    }

    fn rest(&self, worker: u64) {
        self.0.shared.rest(worker);
    }

    fn subscribe(&self, worker: u64, waker: Waker) {
        self.0.shared.join(worker, waker);
    }

    fn leave(&self, worker: u64, grace: Duration) -> usize {
        self.0.shared.leave(worker, grace)
    }

    /// The core refuses the puts of this queue from here on. Others go on putting.
    fn close(&self) {}
}

/// The text of an error, which is user code and may panic.
fn text_of(error: &BoxError) -> String {
    layer::call(|| error.to_string())
        .unwrap_or_else(|panic| format!("an error whose text cannot be printed: {panic}"))
}

/// Says that a task is dead because it cannot be read: on stderr if nobody listens to the log.
fn report(raw: &RawTask, queue: &str, error: &str) {
    let RawTask { id, envelope, .. } = raw;
    let (kind, version) = (&*envelope.kind, envelope.version);
    if layer::call(|| tracing::enabled!(tracing::Level::ERROR)).unwrap_or(false) {
        let log =
            || tracing::error!(queue, task = %id, kind, version, error, "a task cannot be read, and is dead");
        drop(layer::call(log));
    } else {
        layer::print_error(&format_args!(
            "queue {queue:?}: task {id} of kind {kind:?}, version {version}, cannot be read, and is dead: {error}"
        ));
    }
}
