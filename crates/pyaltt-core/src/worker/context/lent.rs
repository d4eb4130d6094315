//! The leased tasks that a worker has in hand.

use super::Context;
use crate::lease::info::TaskInfo;
use crate::lease::lent::Loan;

impl Context {
    /// Returns what a leased queue knows of the turn's task: its id, which attempt this is, and so on.
    ///
    /// `None` for a task of any other queue, and in a turn that has a whole batch of them.
    ///
    /// # Examples
    ///
    /// A function that works with any queue:
    ///
    /// ```
    /// use pyaltt::Context;
    ///
    /// fn deliver(letter: &str, cx: &mut Context) {
    ///     match cx.task() {
    ///         Some(task) => println!("{letter}: attempt {} of {}", task.attempt, task.attempts),
    ///         None => println!("{letter}: the only attempt"),
    ///     }
    /// }
    ///
    /// let mail = pyaltt::queue(deliver).start()?;
    /// mail.put("dear Sir")?;
    /// mail.drain()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn task(&self) -> Option<&TaskInfo> {
        match &*self.run.hand {
            [loan] => Some(&loan.info),
            _ => None,
        }
    }

    /// Whether the lease of the turn's task is lost, so that somebody else may have the task by now: then the turn should
    /// have no more effects, and it does not matter how it ends. Of a batch, whether any lease is lost.
    ///
    /// One atomic load, or one for each task of a batch. Always `false` for a task of a queue that is not leased.
    ///
    /// # Examples
    ///
    /// ```
    /// let copier = pyaltt::queue(|blocks: u32, cx| {
    ///     for block in 0..blocks {
    ///         if cx.is_lost() {
    ///             return; // another machine copies it
    ///         }
    ///         println!("block {block}");
    ///     }
    /// })
    /// .start()?;
    /// copier.put(3)?;
    /// copier.drain()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn is_lost(&self) -> bool {
        self.run.hand.iter().any(|loan| loan.loss.is_marked())
    }

    /// Whether leased tasks are in hand, which have to be settled.
    #[inline]
    pub(crate) fn has_loans(&self) -> bool {
        !self.run.hand.is_empty()
    }

    pub(crate) fn loans(&self) -> &[Loan] {
        &self.run.hand
    }

    /// Takes leased tasks in hand. Those before them were settled.
    pub(crate) fn hold(&mut self, loans: impl IntoIterator<Item = Loan>) {
        self.run.hand.clear();
        self.run.hand.extend(loans);
    }

    /// Lets go of the tasks in hand, once they are settled.
    pub(crate) fn let_go(&mut self) {
        self.run.hand.clear();
    }
}
