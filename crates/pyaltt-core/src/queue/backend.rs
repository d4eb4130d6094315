//! What every flavour of queue implements. Each flavour is a folder of its own.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::put_error::{PutError, PutErrorKind};
use crate::wait::Wait;
use crate::wait::wait_list::Ticket;
use crate::wait::wait_slot::WaitSlot;
use crate::worker::source::Source;

/// A flavour of queue: in memory, a crossbeam channel, a user's `TaskQueue`, or one that lends its tasks.
pub(super) trait Backend<T>: Send + Sync {
    /// The name of the flavour, for `Debug`.
    fn flavour(&self) -> &'static str;

    /// Puts a task. Waits for room for as long as `wait` says.
    fn put(&self, task: T, wait: Wait) -> PutResult<T>;

    /// Puts a task without waiting, whether there is room for it or not, and also if the last worker has failed: then it
    /// waits for the next run. A queue that is not ours takes only what it has room for.
    fn put_past_bound(&self, task: T) -> PutResult<T>;

    /// Puts a task for a future, without blocking the calling thread: takes it out of `task` if it is put. `Pending`: the
    /// future has a place now among those who wait for room, and its waker is called once when there may be some.
    fn poll_put(
        &self,
        task: &mut Option<T>,
        place: &mut Option<Ticket>,
        waker: &Waker,
    ) -> Poll<Result<(), PutErrorKind>>;

    /// A future that has a place gives up. If it was called, the call goes on to the next one.
    fn leave(&self, place: Ticket);

    /// Makes the error of a put that was refused on this thread just now.
    fn error(&self, task: T, kind: PutErrorKind) -> PutError<T> {
        PutError::new(task, kind)
    }

    /// Puts all tasks, in order, and waits for room for as long as `wait` says. What was refused stays in `tasks`.
    fn put_many(&self, tasks: &mut VecDeque<T>, wait: Wait) -> Result<(), PutErrorKind> {
        while let Some(task) = tasks.pop_front() {
            if let Err((task, kind)) = self.put(task, wait) {
                tasks.push_front(task);
                return Err(kind);
            }
        }
        Ok(())
    }

    /// The number of queued tasks.
    fn len(&self) -> usize;

    /// Accepts no more tasks.
    fn close(&self);

    /// Takes all queued tasks, in the order in which they would have run. Tasks that are put meanwhile stay.
    fn take_all(&self) -> Vec<T>;

    /// Records which tasks a drain of `worker`, requested now, has to run.
    fn begin_drain(&self, worker: u64);

    /// A worker was built with the queue, which says there whom it waits for. Those who wait for room name it until one begins to
    /// take.
    fn built(&self, slot: &Arc<WaitSlot>) {
        let _ = slot;
    }

    /// Makes the source that a worker takes its turns from.
    fn source(self: Arc<Self>) -> Box<dyn Source<T>>;
}

/// The result of a put. A task that was refused is handed back.
pub(super) type PutResult<T> = Result<(), (T, PutErrorKind)>;
