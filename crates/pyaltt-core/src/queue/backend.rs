//! What a flavour of queue has to offer. Each is a folder of its own.

use std::sync::Arc;

use super::put_error::PutErrorKind;
use crate::wait::Wait;
use crate::worker::source::Source;

/// A flavour of queue: in memory, a crossbeam channel, a user's `TaskQueue`.
pub(super) trait Backend<T>: Send + Sync {
    /// The flavour, for `Debug`.
    fn flavour(&self) -> &'static str;

    /// Puts a task, and waits for room for as long as `wait` says.
    fn put(&self, task: T, wait: Wait) -> Result<(), (T, PutErrorKind)>;

    /// How many tasks wait.
    fn len(&self) -> usize;

    /// Takes no more tasks from now on.
    fn close(&self);

    /// Takes out everything that waits, in the order in which it would have run. What is put meanwhile stays.
    fn take_all(&self) -> Vec<T>;

    /// Remembers what a drain of `worker`, asked for now, has to take.
    fn begin_drain(&self, worker: u64);

    /// What a worker takes its turns from.
    fn source(self: Arc<Self>) -> Box<dyn Source<T>>;
}
