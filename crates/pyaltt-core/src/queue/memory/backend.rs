//! The in-memory queue as a [`Backend`].

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::MemoryQueue;
use super::source::MemorySource;
use crate::queue::backend::{Backend, PutResult};
use crate::queue::put_error::PutErrorKind;
use crate::wait::Wait;
use crate::wait::wait_list::Ticket;
use crate::wait::wait_slot::WaitSlot;
use crate::worker::source::Source;

impl<T: Send + 'static> Backend<T> for MemoryQueue<T> {
    fn flavour(&self) -> &'static str {
        "memory"
    }

    fn put(&self, task: T, wait: Wait) -> PutResult<T> {
        self.put(task, wait)
    }

    fn put_past_bound(&self, task: T) -> PutResult<T> {
        self.put_past_bound(task)
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
        self.leave(place);
    }

    fn put_many(&self, tasks: &mut VecDeque<T>, wait: Wait) -> Result<(), PutErrorKind> {
        self.put_many(tasks, wait)
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn close(&self) {
        self.close();
    }

    fn take_all(&self) -> Vec<T> {
        self.take_all()
    }

    fn begin_drain(&self, worker: u64) {
        self.begin_drain(worker);
    }

    fn built(&self, slot: &Arc<WaitSlot>) {
        self.tail.lock().consumers.built(slot);
    }

    fn source(self: Arc<Self>) -> Box<dyn Source<T>> {
        Box::new(MemorySource::new(self))
    }
}
