//! What settles tasks that are lent out.

use crate::failure::WorkerError;
use crate::lease::Lease;
use crate::lease::info::TaskInfo;
use crate::lease::settlement::Settlement;

/// A queue that lends its tasks out, as the worker that has them in hand knows it. Nothing here panics or waits.
pub(crate) trait Lender: Send + Sync {
    /// Tells what became of tasks, of all of them at once.
    fn settle(&self, settlements: Vec<(Lease, Settlement)>);

    /// What is to become of a task whose turn has failed and has not said so itself; `None` if the queue finds out later.
    fn judge(&self, error: &WorkerError, info: &TaskInfo) -> Option<Settlement>;
}
