//! Turns from a leased queue.

use std::sync::Arc;
use std::time::Duration;

use super::LendingQueue;
use crate::control::stop_signal::StopLevel;
use crate::failure::{Panic, WorkerErrorKind};
use crate::lease::settlement::Settlement;
use crate::queue::drain::Takes;
use crate::queue::leased_queue::Take;
use crate::user_code;
use crate::wait::Wait;
use crate::worker::context::Context;
use crate::worker::lender::Lender;
use crate::worker::source::{Ending, Next, Source, Taken};

pub(super) struct LeasedSource<T: Send + 'static> {
    queue: Arc<LendingQueue<T>>,
    /// The worker, once it has run.
    worker: Option<u64>,
    takes: Arc<Takes>,
    /// Whether the queue has been told that a run takes from it, and not yet that it has ended.
    is_subscribed: bool,
    /// Which end the last look was for.
    looked_for: Option<End>,
    /// Whether there will be no further turn in this run.
    has_ended: bool,
    /// Whether there will never be a turn again, as this run has found.
    is_exhausted: bool,
    /// How many of the next tasks are handed out one by one.
    singly: usize,
}

/// What a look has to find nothing for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The drain of this number.
    OfDrain(usize),
    OfClosed,
}

impl<T: Send + 'static> LeasedSource<T> {
    pub(super) fn new(queue: Arc<LendingQueue<T>>) -> Self {
        Self {
            queue,
            worker: None,
            takes: Arc::default(),
            is_subscribed: false,
            looked_for: None,
            has_ended: false,
            is_exhausted: false,
            singly: 0,
        }
    }

    fn look(
        &mut self,
        cx: &Context,
        wait: Wait,
        max: usize,
        taken: &mut Taken<T>,
    ) -> Result<Next<()>, Panic> {
        loop {
            // Read before the take: what was put before the drain or the close is seen by the look after it.
            let level = cx.level();
            let end = match level {
                StopLevel::Pause => {
                    if self.rest(cx, wait)? {
                        continue;
                    }
                    return Ok(Next::NotYet);
                }
                StopLevel::Go => self.queue.is_closed().then_some(End::OfClosed),
                StopLevel::Drain => Some(End::OfDrain(cx.signal().drains())),
                StopLevel::Stop | StopLevel::Terminate => return Ok(Next::Ended),
            };
            let max = match level {
                StopLevel::Drain => {
                    max.min(self.queue.drains.left_or_begin(cx.id(), || self.queue.drain_limit())?)
                }
                _ => max,
            };
            if self.has_ended || max == 0 {
                return Ok(Next::Ended);
            }
            let has_looked = end.is_some() && self.looked_for == end;
            self.looked_for = end;
            match self.take(cx.id(), max, taken)? {
                Looked::Found => return Ok(Next::Turn(())),
                Looked::Nothing if has_looked => return Ok(self.end(cx, level == StopLevel::Drain)),
                // A look for the end begins with the next take.
                Looked::Nothing if end.is_some() => continue,
                Looked::Closed => return Ok(self.end(cx, false)),
                Looked::Nothing | Looked::NotYet => {}
            }
            if cx.is_wait_over(wait) {
                return Ok(Next::NotYet);
            }
            cx.park(wait.deadline());
        }
    }

    /// Rests, without a demand that the queue would fetch tasks for.
    fn rest(&self, cx: &Context, wait: Wait) -> Result<bool, Panic> {
        if wait != Wait::No {
            self.queue.rest(cx.id())?;
        }
        Ok(cx.rest(wait))
    }

    fn take(&mut self, worker: u64, max: usize, taken: &mut Taken<T>) -> Result<Looked, Panic> {
        let Self { queue, takes, singly, .. } = self;
        let answer = takes.count(
            || {
                let answer = queue.take(worker, max)?;
                if let Take::Tasks(tasks) = &answer {
                    // One of them is counted by `count`.
                    (1..tasks.len().min(max)).for_each(|_| takes.add_one());
                }
                Ok(answer)
            },
            |answer| matches!(answer, Ok(Take::Tasks(tasks)) if !tasks.is_empty()),
        )?;
        let tasks = match answer {
            Take::Tasks(tasks) if tasks.is_empty() => return Ok(Looked::NotYet),
            Take::Tasks(tasks) => tasks,
            Take::Idle => return Ok(Looked::NotYet),
            Take::Empty => return Ok(Looked::Nothing),
            Take::Closed => return Ok(Looked::Closed),
        };
        *singly = singly.saturating_sub(tasks.len());
        let mut too_many = Vec::new();
        for (index, lent) in tasks.into_iter().enumerate() {
            let (task, loan) = lent.into_parts();
            if index < max {
                taken.tasks.push(task);
                taken.loans.push(loan);
            } else {
                too_many.push((loan.lease, Settlement::HandBack(None)));
                user_code::discard(task);
            }
        }
        if !too_many.is_empty() {
            self.queue.settle(too_many);
        }
        Ok(Looked::Found)
    }

    fn end(&mut self, cx: &Context, is_drain: bool) -> Next<()> {
        if is_drain {
            self.queue.drains.end(cx.id());
        } else {
            self.is_exhausted = true;
        }
        self.has_ended = true;
        Next::Ended
    }

    fn leave_within(&mut self, worker: u64, grace: impl FnOnce(&LendingQueue<T>) -> Duration) -> usize {
        if !std::mem::take(&mut self.is_subscribed) {
            return 0;
        }
        self.queue.part(worker);
        let queue = &self.queue;
        user_code::call(|| queue.queue.leave(worker, grace(queue))).unwrap_or_else(|panic| {
            log!(error, %panic, "a queue's leave failed");
            0
        })
    }
}

/// What came of a take.
enum Looked {
    Found,
    NotYet,
    Nothing,
    Closed,
}

impl<T: Send + 'static> Source<T> for LeasedSource<T> {
    fn open(&mut self, cx: &Context) {
        self.worker = Some(cx.id());
        self.looked_for = None;
        self.has_ended = false;
        self.is_exhausted = false;
        self.takes = self.queue.drains.takes(cx.id());
        self.queue.join(cx.id(), cx.unparker());
        self.is_subscribed = true;
        self.queue.queue.subscribe(cx.id(), cx.waker());
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<T> {
        let mut taken = Taken { tasks: Vec::with_capacity(1), loans: Vec::with_capacity(1) };
        match self.next_some(cx, wait, 1, &mut taken) {
            Next::NotYet => Next::NotYet,
            Next::Ended => Next::Ended,
            Next::Failed(kind) => Next::Failed(kind),
            Next::Turn(()) | Next::Lent((), _) => match (taken.tasks.pop(), taken.loans.pop()) {
                (Some(task), Some(loan)) => Next::Lent(task, Box::new(loan)),
                _ => Next::NotYet,
            },
        }
    }

    fn next_some(&mut self, cx: &Context, wait: Wait, max: usize, taken: &mut Taken<T>) -> Next<()> {
        if cx.has_loans() {
            // By no guess: one that it is done could lose the task, and one that it is not could repeat it for ever.
            self.has_ended = true;
            return Next::Failed(WorkerErrorKind::Failed(
                "a leased task was taken without a turn; use turn or next_batch".into(),
            ));
        }
        let next = self.look(cx, wait, max, taken);
        next.unwrap_or_else(|panic| Next::Failed(WorkerErrorKind::Panicked(panic)))
    }

    fn lender(&self) -> Option<Arc<dyn Lender>> {
        Some(Arc::<LendingQueue<T>>::clone(&self.queue))
    }

    fn hand_out_singly(&mut self, tasks: usize) {
        self.singly = self.singly.saturating_add(tasks);
        // A drain has to take them again.
        self.takes.take_back(tasks);
    }

    fn batch_limit(&self, max: usize) -> usize {
        if self.singly > 0 { 1 } else { max }
    }

    fn settle_up(&mut self, cx: &Context) -> usize {
        let is_terminated = cx.level() == StopLevel::Terminate;
        self.leave_within(
            cx.id(),
            |queue| {
                if is_terminated { Duration::ZERO } else { queue.queue.stop_grace() }
            },
        )
    }

    fn close(&mut self, cx: &Context, _ending: Ending) {
        // A run that failed to start has not left.
        self.leave_within(cx.id(), |_| Duration::ZERO);
        self.queue.drains.forget(cx.id());
    }

    fn pending(&self) -> usize {
        self.queue.queue.depth()
    }

    fn is_exhausted(&self) -> bool {
        self.is_exhausted
    }

    fn left_of_drain(&self, cx: &Context) -> usize {
        self.queue.drains.left(cx.id()).min(self.queue.queue.depth())
    }
}

/// The worker is gone for good.
impl<T: Send + 'static> Drop for LeasedSource<T> {
    fn drop(&mut self) {
        if let Some(worker) = self.worker {
            self.queue.drains.remove(worker);
        }
    }
}
