//! Taking a batch.

use std::time::Duration;

use super::Batch;
use crate::control::stop_signal::StopLevel;
use crate::failure::WorkerErrorKind;
use crate::user_code;
use crate::wait::Wait;
use crate::worker::inbox::Inbox;
use crate::worker::no_task::NoTask;
use crate::worker::source::{Next, Taken};

impl<T: Send + 'static> Inbox<T> {
    /// Waits for at least one task, and takes up to `max` (0 counts as 1).
    ///
    /// `within` says how long to gather more once there is one, by the worker's clock; zero takes what is there. It runs
    /// from the first task, so a steady trickle cannot hold the batch back. A full batch, a pause, a stop, and the end of a
    /// drain or of a closed queue end the gathering at once. What was taken by then is returned also after a stop, for it has
    /// left the queue.
    ///
    /// Returns `None` when the worker was told to stop, or when there will never be another task: then the loop has to
    /// return.
    ///
    /// # Examples
    ///
    /// There is a whole loop at [`Batch`].
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use pyaltt::{BoxError, Inbox};
    ///
    /// fn write_lines(inbox: &mut Inbox<String>) -> Result<(), BoxError> {
    ///     while let Some(lines) = inbox.next_batch(100, Duration::from_millis(10)) {
    ///         println!("{}", lines.join("\n"));
    ///         lines.done();
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn next_batch(&mut self, max: usize, within: Duration) -> Option<Batch<T>> {
        let max = self.source.batch_limit(max.max(1));
        let mut taken = Taken { tasks: Vec::new(), loans: Vec::new() };
        self.take_some(max, Wait::Forever, &mut taken).ok()?;
        // The clock is the user's and may panic. What was taken by then is not lost.
        self.cx.set_gathering(true);
        let gathered = user_code::call(|| self.gather(max, within, &mut taken));
        self.cx.set_gathering(false);
        if let Err(panic) = gathered {
            self.take_failed(WorkerErrorKind::Panicked(panic));
        }
        Some(Batch::new(taken, self.source.lender(), self.cx.shared_name()))
    }

    /// Takes what is there, and what comes within the time.
    fn gather(&mut self, max: usize, within: Duration, taken: &mut Taken<T>) {
        // A time that ends beyond what the clock can represent has no end.
        let wait = if within.is_zero() {
            Wait::No
        } else {
            self.cx.now().checked_add(within).map_or(Wait::Forever, Wait::Until)
        };
        let mut was_rung = false;
        while taken.tasks.len() < max {
            match self.take_some(max - taken.tasks.len(), wait, taken) {
                Ok(()) => {}
                Err(NoTask::Ended) => break,
                Err(NoTask::NotYet) if wait.is_over(|| self.cx.now()) => break,
                // What was taken is to be run before the worker rests.
                Err(NoTask::NotYet) if self.cx.level() == StopLevel::Pause => break,
                // A waker has rung, for a wait of the loop's own.
                Err(NoTask::NotYet) => was_rung = true,
            }
        }
        if was_rung && let Some(ring) = self.cx.ring_of(wait) {
            ring.put_back();
        }
    }

    fn take_some(&mut self, max: usize, wait: Wait, taken: &mut Taken<T>) -> Result<(), NoTask> {
        match self.source.next_some(&self.cx, wait, max, taken) {
            Next::Turn(()) | Next::Lent((), _) => Ok(()),
            Next::NotYet => Err(NoTask::NotYet),
            Next::Ended => Err(NoTask::Ended),
            Next::Failed(kind) => Err(self.take_failed(kind)),
        }
    }
}
