//! A user's `TaskQueue` as a [`Backend`].

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::CustomQueue;
use super::source::CustomSource;
use crate::queue::backend::{Backend, PutResult};
use crate::queue::put_error::PutErrorKind;
use crate::wait::Wait;
use crate::wait::wait_list::Ticket;
use crate::wait::wait_slot::WaitSlot;
use crate::worker::source::Source;

impl<T: Send + 'static> Backend<T> for CustomQueue<T> {
    fn flavour(&self) -> &'static str {
        "custom"
    }

    fn put(&self, task: T, wait: Wait) -> PutResult<T> {
        // Read before the attempt, so that room that is made after it ends the wait at once.
        let changes = self.room.changes();
        match self.try_put(task) {
            Err((task, PutErrorKind::Full)) if wait != Wait::No => self.put_later(task, changes, wait),
            result => result,
        }
    }

    fn put_past_bound(&self, task: T) -> PutResult<T> {
        self.offer(task)
    }

    fn poll_put(
        &self,
        task: &mut Option<T>,
        place: &mut Option<Ticket>,
        waker: &Waker,
    ) -> Poll<Result<(), PutErrorKind>> {
        self.poll_put(task, place, waker)
    }

    fn leave(&self, place: Ticket) {
        self.room.future_gone(Some(place));
    }

    fn len(&self) -> usize {
        self.queue.len()
    }

    fn close(&self) {
        self.shut();
    }

    /// Takes only as many tasks as there are now. With those that arrive meanwhile it might never end.
    fn take_all(&self) -> Vec<T> {
        self.drains.end_all();
        let tasks = std::iter::from_fn(|| self.take().ok().flatten()).take(self.queue.len()).collect();
        // A drain that waits for a task of which it has no longer to wait.
        self.sleepers.wake_those_at_the_end();
        tasks
    }

    fn begin_drain(&self, worker: u64) {
        // A panic of the user's `len` is the caller's.
        let Ok(()) = self.drains.begin(worker, || Ok::<_, Infallible>(self.queue.len()));
    }

    fn built(&self, slot: &Arc<WaitSlot>) {
        self.consumers.lock().built(slot);
    }

    fn source(self: Arc<Self>) -> Box<dyn Source<T>> {
        Box::new(CustomSource::new(self))
    }
}
