//! A task on loan, and what tells that the loan is over.

use std::sync::Arc;

use super::Lease;
use super::info::TaskInfo;
use crate::sync::atomic::{AtomicBool, Ordering};

/// A task that a leased queue lends to a worker, with what belongs to it.
///
/// # Examples
///
/// ```
/// use pyaltt::leased::{Lease, Lent};
/// use pyaltt::{TaskId, TaskInfo};
///
/// let info = TaskInfo::new(TaskId::from_bytes([1; 16]));
/// let lent = Lent::new("dear Sir", info, Lease::new(17, 3));
/// let kept = lent.loss.clone(); // the queue keeps it, to tell of a loss
/// assert!(!kept.is_marked());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Lent<T> {
    /// The task.
    pub task: T,
    /// What the queue knows of it.
    pub info: TaskInfo,
    /// The claim to it, with which it is settled.
    pub lease: Lease,
    /// What the queue marks when the lease is lost. Several tasks can share one.
    pub loss: Loss,
}

impl<T> Lent<T> {
    /// Lends a task, with a mark of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::leased::{Lease, Lent};
    /// use pyaltt::{TaskId, TaskInfo};
    ///
    /// let lent = Lent::new(42, TaskInfo::new(TaskId::from_bytes([1; 16])), Lease::new(17, 3));
    /// assert_eq!((lent.task, lent.info.attempt), (42, 1));
    /// ```
    pub fn new(task: T, info: TaskInfo, lease: Lease) -> Self {
        Self { task, info, lease, loss: Loss::new() }
    }

    pub(crate) fn into_parts(self) -> (T, Loan) {
        let Self { task, info, lease, loss } = self;
        (task, Loan { info, lease, loss })
    }
}

/// A mark that a lease is lost, shared by the queue, which sets it, and the turn, which sees it by
/// [`is_lost`](crate::worker::context::Context::is_lost). Clones are the same mark.
///
/// # Examples
///
/// ```
/// use pyaltt::leased::Loss;
///
/// let loss = Loss::new();
/// let seen = loss.clone();
/// loss.mark();
/// assert!(seen.is_marked());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Loss(Arc<AtomicBool>);

impl Loss {
    /// Makes a mark that is not set.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!pyaltt::leased::Loss::new().is_marked());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the mark: the lease is lost, and somebody else may have the task.
    ///
    /// # Examples
    ///
    /// ```
    /// let loss = pyaltt::leased::Loss::new();
    /// loss.mark();
    /// assert!(loss.is_marked());
    /// ```
    pub fn mark(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the mark is set. One atomic load.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!pyaltt::leased::Loss::new().is_marked());
    /// ```
    #[must_use]
    pub fn is_marked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What a worker keeps of a task in hand: all but the task.
#[derive(Debug)]
pub(crate) struct Loan {
    pub(crate) info: TaskInfo,
    pub(crate) lease: Lease,
    pub(crate) loss: Loss,
}
