//! Batches: many tasks at once.
//!
//! - [`gather`]: how an inbox takes one.
//! - [`function`]: the worker of [`batch`](crate::queue::function::batch).

pub(crate) mod function;
mod gather;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::lender::Lender;
use super::settle::log_attempt;
use super::source::Taken;
use crate::failure::BoxError;
use crate::lease::info::TaskInfo;
use crate::lease::lent::Loan;
use crate::lease::settlement::{ErrorText, Settlement};
use crate::lease::verdict::Verdict;

/// Tasks that [`Inbox::next_batch`](super::inbox::Inbox::next_batch) took at once: a slice of them, and of a leased queue
/// what settles them.
///
/// A batch of a leased queue has to be settled by [`done`](Self::done). If it is dropped without that, also by a panic, all
/// its tasks count as failed, because they may have had a part of their effects.
///
/// # Examples
///
/// A loop that writes many lines at once, and works with any queue:
///
/// ```
/// use std::time::Duration;
///
/// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, Inbox, Turn, Worker};
///
/// #[derive(Default)]
/// struct Table(Vec<u32>);
///
/// impl Worker for Table {
///     type Task = u32;
/// #   fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
/// #       Ok(Flow::Continue)
/// #   }
///
///     fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
///         while let Some(mut batch) = inbox.next_batch(100, Duration::ZERO) {
///             self.0.extend_from_slice(&batch);
///             if let Some(index) = batch.iter().position(|row| *row == 13) {
///                 batch.fail(index, "an unlucky number");
///             }
///             batch.done();
///         }
///         Ok(())
///     }
/// }
///
/// let table = BackgroundQueueWorker::builder(Table::default()).start()?;
/// table.put_many(0..1000)?;
/// table.drain()?;
/// assert_eq!(table.into_inner::<Table>().unwrap().0.len(), 1000);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "a batch that is dropped has failed"]
pub struct Batch<T> {
    tasks: Vec<T>,
    leases: Option<Leases>,
}

/// What settles a batch of a leased queue.
struct Leases {
    worker: Arc<str>,
    lender: Arc<dyn Lender>,
    loans: Vec<Loan>,
    /// What was said of each task; `None` if nothing was.
    failed: Vec<Option<Settlement>>,
}

impl<T> Batch<T> {
    fn new(taken: Taken<T>, lender: Option<Arc<dyn Lender>>, worker: &Arc<str>) -> Self {
        let Taken { tasks, loans } = taken;
        let failed = loans.iter().map(|_| None).collect();
        let leases = lender.map(|lender| Leases { worker: Arc::clone(worker), lender, loans, failed });
        Self { tasks, leases }
    }

    /// The tasks apart from their loans, for whoever settles these.
    fn into_parts(mut self) -> (Vec<T>, Vec<Loan>) {
        let loans = self.leases.take().map_or_else(Vec::new, |mut leases| std::mem::take(&mut leases.loans));
        (std::mem::take(&mut self.tasks), loans)
    }

    /// Returns what a leased queue knows of the task at `index`; `None` for any other queue, and beyond the end.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Batch;
    ///
    /// fn print(batch: &Batch<String>) {
    ///     for (index, letter) in batch.iter().enumerate() {
    ///         println!("{letter}, attempt {}", batch.info(index).map_or(1, |info| info.attempt));
    ///     }
    /// }
    /// ```
    pub fn info(&self, index: usize) -> Option<&TaskInfo> {
        Some(&self.leases.as_ref()?.loans.get(index)?.info)
    }

    /// Whether the lease of any of its tasks is lost, so that somebody else may have the task by now. Always `false` for a
    /// queue that is not leased.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Batch;
    ///
    /// fn write(batch: Batch<u32>) {
    ///     if !batch.is_lost() {
    ///         println!("{:?}", &*batch);
    ///         batch.done();
    ///     }
    /// }
    /// ```
    pub fn is_lost(&self) -> bool {
        self.leases.as_ref().is_some_and(|leases| leases.loans.iter().any(|loan| loan.loss.is_marked()))
    }

    /// Says that the task at `index` has failed, so that [`done`](Self::done) does not settle it as done. The errors of
    /// [`give_up`](crate::lease::verdict::give_up), [`retry_after`](crate::lease::verdict::retry_after) and
    /// [`later`](crate::lease::verdict::later) mean what they mean in a turn.
    ///
    /// It has no effect beyond the end of the batch, or in a batch of a queue that is not leased.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Batch;
    ///
    /// fn check(batch: &mut Batch<String>) {
    ///     for index in 0..batch.len() {
    ///         if batch[index].is_empty() {
    ///             batch.fail(index, "an empty letter");
    ///         }
    ///     }
    /// }
    /// ```
    pub fn fail(&mut self, index: usize, error: impl Into<BoxError>) {
        let Some(failed) = self.leases.as_mut().and_then(|leases| leases.failed.get_mut(index)) else {
            return;
        };
        let (verdict, error) = Verdict::split(error.into());
        let text = ErrorText::new(error.to_string());
        *failed = Some(match verdict {
            Some(Verdict::GiveUp) => Settlement::GiveUp(text),
            Some(Verdict::RetryAfter(delay)) => Settlement::RetryAfter(delay, text),
            Some(Verdict::Later(delay)) => Settlement::HandBack(Some(delay)),
            None => Settlement::Failed(text),
        });
    }

    /// Settles the batch: all tasks that did not [fail](Self::fail) are done. The leased queue gets all that at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Batch;
    ///
    /// fn write(batch: Batch<u32>) {
    ///     println!("{:?}", &*batch);
    ///     let settled = batch.done();
    ///     println!("{} written, {} were not ours any more", settled.done, settled.refused);
    /// }
    /// ```
    #[expect(clippy::must_use_candidate, reason = "it is called for its effect")]
    pub fn done(mut self) -> Settled {
        match self.leases.take() {
            Some(mut leases) => leases.settle(&Settlement::Done),
            None => Settled { done: self.tasks.len(), ..Settled::default() },
        }
    }

    /// Returns the tasks: of a batch that is not leased, for which there is nothing to settle.
    ///
    /// Those of a leased queue count as failed, as by a drop.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Batch;
    ///
    /// fn total(batch: Batch<String>) -> usize {
    ///     batch.into_vec().into_iter().map(|letter| letter.len()).sum()
    /// }
    /// ```
    #[must_use = "the tasks are dropped if they are not used"]
    pub fn into_vec(mut self) -> Vec<T> {
        std::mem::take(&mut self.tasks)
    }
}

impl Leases {
    /// Settles each task by what was said of it, and all others by `rest`.
    fn settle(&mut self, rest: &Settlement) -> Settled {
        let mut settled = Settled::default();
        let mut settlements = Vec::with_capacity(self.loans.len());
        for (loan, failed) in std::mem::take(&mut self.loans).into_iter().zip(self.failed.drain(..)) {
            let settlement = failed.unwrap_or_else(|| rest.clone());
            let count = match settlement {
                _ if loan.loss.is_marked() => &mut settled.refused,
                Settlement::Done => &mut settled.done,
                _ => &mut settled.failed,
            };
            *count += 1;
            log_attempt(&self.worker, &loan.info, &settlement, true);
            settlements.push((loan.lease, settlement));
        }
        if !settlements.is_empty() {
            self.lender.settle(settlements);
        }
        settled
    }
}

/// The tasks of a batch that was dropped may have had a part of their effects.
impl Drop for Leases {
    fn drop(&mut self) {
        self.settle(&if std::thread::panicking() {
            Settlement::Panicked(ErrorText::new("a panic ended its batch"))
        } else {
            Settlement::Failed(ErrorText::new("taken and not finished"))
        });
    }
}

impl<T> Deref for Batch<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.tasks
    }
}

impl<T> DerefMut for Batch<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.tasks
    }
}

impl<T: fmt::Debug> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("tasks", &self.tasks).finish_non_exhaustive()
    }
}

/// How many tasks of a batch were settled, and how.
///
/// # Examples
///
/// ```
/// use pyaltt::leased::Settled;
///
/// assert_eq!(Settled::default().refused, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settled {
    /// How many are done.
    pub done: usize,
    /// How many have failed or were put off.
    pub failed: usize,
    /// How many had lost their lease before, so that what is said of them counts no more.
    pub refused: usize,
}
