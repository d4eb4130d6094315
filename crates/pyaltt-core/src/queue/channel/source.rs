//! Turns from a user's crossbeam channel.
//!
//! The channel's senders know nothing of the worker's parker. So here, and only here, the worker sleeps in crossbeam's
//! own `Select`, over the channel and others that a stop disconnects, and a pause and a waker send to.
//!
//! Where several workers share the channel, each selects the receive itself and does not only wait until there is a task:
//! so a send wakes one of them and no other. So it is with a channel of capacity 0, which hands over its tasks in this way
//! alone. What was received was taken at a moment when no stop and no pause was seen, for those come first among what is
//! selected.

use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::{Receiver, Select, TryRecvError};
use pyaltt_timing::SystemClock;

use super::ChannelQueue;
use crate::control::stop_signal::StopLevel;
use crate::queue::drain::Takes;
use crate::wait::Wait;
use crate::worker::context::Context;
use crate::worker::ring::Ring;
use crate::worker::source::{Ending, Next, Source};

pub(super) struct ChannelSource<T> {
    queue: Arc<ChannelQueue<T>>,
    /// The worker, once it has run.
    worker: Option<u64>,
    takes: Arc<Takes>,
    /// All senders are gone and there are no tasks left, as this worker has seen.
    has_ended: bool,
}

impl<T> ChannelSource<T> {
    pub(super) fn new(queue: Arc<ChannelQueue<T>>) -> Self {
        queue.lives.lock().consumers.attach();
        Self { queue, worker: None, takes: Arc::default(), has_ended: false }
    }

    fn receiver(&self) -> &Receiver<T> {
        &self.queue.receiver
    }

    fn all_senders_are_gone(&mut self, cx: &Context) -> Next<T> {
        self.has_ended = true;
        log!(info, worker = cx.name(), "all senders of the worker's channel are gone");
        Next::Ended
    }

    /// Whether the run may take a task.
    fn may_take(&self, cx: &Context, level: StopLevel) -> bool {
        match level {
            StopLevel::Go => true,
            StopLevel::Drain => self.queue.left_of_drain(cx.id()) > 0,
            StopLevel::Pause | StopLevel::Stop | StopLevel::Terminate => false,
        }
    }

    /// Waits for a task, or returns `None` for another look.
    // Out of line, so that a take from a channel with tasks need not save registers for it.
    #[cold]
    fn wait_for_task(&mut self, cx: &Context, wait: Wait) -> Option<Next<T>> {
        let ring = cx.ring_of(wait).map(Ring::receiver);
        // After the receiver is there, so that a ring is seen here or there.
        if cx.take_ring(wait) || wait.is_over(Instant::now) {
            return Some(Next::NotYet);
        }
        let (interrupted, pauses) = (cx.signal().interrupted(), cx.signal().pauses());
        let mut select = Select::new_biased();
        let stop = select.recv(interrupted);
        let pause = select.recv(pauses);
        let ring = ring.map(|ring| (select.recv(ring), ring));
        select.recv(self.receiver());
        if !self.takes_while_it_sleeps() {
            // Why it returns does not matter, because the caller checks everything again.
            match wait.deadline() {
                Some(deadline) => drop(select.ready_deadline(deadline)),
                None => drop(select.ready()),
            }
            let _ = pauses.try_recv();
            if let Some((_, ring)) = ring {
                let _ = ring.try_recv();
            }
            return None;
        }
        let selected = match wait.deadline() {
            Some(deadline) => match select.select_deadline(deadline) {
                Ok(selected) => selected,
                Err(_) => return Some(Next::NotYet),
            },
            None => select.select(),
        };
        // A selected operation has to be completed.
        let index = selected.index();
        if index == stop {
            let _ = selected.recv(interrupted);
            return None;
        }
        if index == pause {
            let _ = selected.recv(pauses);
            return None;
        }
        if let Some((ring_index, ring)) = ring
            && index == ring_index
        {
            let _ = selected.recv(ring);
            return None;
        }
        let Ok(task) = selected.recv(self.receiver()) else { return Some(self.all_senders_are_gone(cx)) };
        // A drain that began between the receive and here leaves one task too many to another worker of the channel.
        self.takes.add_one();
        Some(Next::Turn(task))
    }

    /// Whether the worker receives while it sleeps: then a send wakes one worker, where several sleep, and the two ends of
    /// a channel without room meet. Otherwise it is told that there is a task, and receives it when it is awake: a drain
    /// knows what was received before it, and a send wakes one worker anyway.
    fn takes_while_it_sleeps(&self) -> bool {
        self.receiver().capacity() == Some(0) || self.queue.lives.lock().consumers.are_several()
    }
}

impl<T> Drop for ChannelSource<T> {
    fn drop(&mut self) {
        self.queue.lives.lock().consumers.detach();
        if let Some(worker) = self.worker {
            self.queue.drains.remove(worker);
        }
    }
}

impl<T: Send + 'static> Source<T> for ChannelSource<T> {
    fn open(&mut self, cx: &Context) {
        self.worker = Some(cx.id());
        self.takes = self.queue.drains.takes(cx.id());
        self.queue.register_consumer(cx.id(), cx.shared_name());
    }

    fn begin(&mut self, cx: &Context) {
        self.queue.reopen(cx.id());
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<T> {
        loop {
            // Read only once: if a task and then a drain came between two reads, an empty channel seen before the task
            // would be taken for a drained one.
            let level = cx.level();
            if level == StopLevel::Pause {
                // As the sleep in the select, by the machine's clock.
                if cx.rest_by(&SystemClock, wait) {
                    continue;
                }
                return Next::NotYet;
            }
            if !self.may_take(cx, level) {
                return Next::Ended;
            }
            match self.takes.count(|| self.receiver().try_recv(), Result::is_ok) {
                Ok(task) => return Next::Turn(task),
                Err(TryRecvError::Disconnected) => return self.all_senders_are_gone(cx),
                Err(TryRecvError::Empty) if level == StopLevel::Drain => {
                    self.queue.drains.end(cx.id());
                    return Next::Ended;
                }
                Err(TryRecvError::Empty) => {}
            }
            if let Some(next) = self.wait_for_task(cx, wait) {
                return next;
            }
        }
    }

    fn close(&mut self, cx: &Context, ending: Ending) {
        self.queue.end_run(cx.id(), ending);
    }

    fn leave_queue(&mut self, worker: u64) {
        self.queue.end_run(worker, Ending::Rest);
    }

    fn pending(&self) -> usize {
        self.receiver().len()
    }

    fn is_exhausted(&self) -> bool {
        self.has_ended
    }

    fn left_of_drain(&self, cx: &Context) -> usize {
        self.queue.drains.left(cx.id()).min(self.receiver().len())
    }

    fn retire(&mut self) {
        if self.queue.lives.lock().consumers.is_last() {
            self.queue.close_sender();
        }
    }
}
