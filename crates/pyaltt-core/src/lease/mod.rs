//! What is known of a task that a queue lends out and takes back: a leased task.
//!
//! - [`TaskInfo`](info::TaskInfo): what a turn can ask about its task. [`TaskId`](task_id::TaskId): its name.
//! - [`Lent`](lent::Lent): a task that is lent out, and [`Loss`](lent::Loss): the mark that its lease is lost.
//! - [`Lease`]: the claim to one task. [`Settlement`](settlement::Settlement): what became of it.
//! - [`verdict`]: what a turn can say is to become of its task.

pub(crate) mod info;
pub(crate) mod lent;
pub(crate) mod settlement;
pub(crate) mod task_id;
pub(crate) mod verdict;

/// The claim to one task of a leased queue, for the time that it is in hand.
///
/// What the numbers mean is up to the queue. The token tells two claims to the same task apart: it changes each time that
/// the task changes hands, so a settlement that comes late can be told from one that is valid.
///
/// # Examples
///
/// ```
/// use pyaltt::leased::Lease;
///
/// let lease = Lease::new(17, 3);
/// assert_eq!((lease.slot(), lease.token()), (17, 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    slot: i64,
    token: i64,
}

impl Lease {
    /// Makes a claim to the task in `slot`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::leased::Lease;
    ///
    /// assert_ne!(Lease::new(17, 3), Lease::new(17, 4));
    /// ```
    #[must_use]
    pub fn new(slot: i64, token: i64) -> Self {
        Self { slot, token }
    }

    /// Returns the queue's number of the task.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt::leased::Lease;
    /// assert_eq!(Lease::new(17, 3).slot(), 17);
    /// ```
    #[must_use]
    pub fn slot(&self) -> i64 {
        self.slot
    }

    /// Returns the number of this claim to the task.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt::leased::Lease;
    /// assert_eq!(Lease::new(17, 3).token(), 3);
    /// ```
    #[must_use]
    pub fn token(&self) -> i64 {
        self.token
    }
}
