//! One answer to one question, and who waits for it.
//!
//! - [`asker`]: [`Reply`], the side that waits. [`answerer`]: [`ReplyTo`], the side that answers.
//! - [`slot`]: what the two share. [`ask_error`]: why there is no answer.
//! - [`readers`]: the workers that read a queue, whose end ends what they were asked. [`unanswered`]: what a worker has kept
//!   that is dropped at the end of its run.
//!
//! # Why each answer is given exactly once
//!
//! The slot has one state, under its lock. Everything that settles it (an answer, the drop of the [`ReplyTo`], the end of
//! who was asked, the drop of the [`Reply`]) is one step under that lock that does nothing unless the slot is still open.
//! So of two that come together one settles it, and the other sees that: an answer that comes too late goes back to who
//! sent it.
//!
//! # Why nobody who asks is left behind
//!
//! An open slot ends with its [`ReplyTo`], or with the era of the queue that was read (see [`readers`]) while the
//! [`ReplyTo`] lives on, in a task that is pending or anywhere else. The end of an era does not look for open slots. Whoever
//! waits does that: it puts its call into the slot, which it has seen open, and then registers with the era, under the era's
//! lock. If the era has ended by then, it closes the slot itself. If not, the end finds the registration, for it takes all
//! of them out in the step in which the era ends. An answer that comes meanwhile finds the call in the slot. What was asked
//! and is never waited for costs the era nothing.
//!
//! Threads are unparked, wakers called and dropped, channels disconnected and users' values dropped after the lock is
//! released, and no thread holds the locks of a slot and of an era at once.

pub(crate) mod answerer;
pub(crate) mod ask_error;
pub(crate) mod asker;
pub(crate) mod readers;
mod slot;
#[cfg(all(test, not(pyaltt_model)))]
mod tests;
pub(crate) mod unanswered;

use std::sync::Arc;

use answerer::ReplyTo;
use asker::Reply;
use readers::Era;
use slot::{Asked, Slot};

use crate::wait::wait_slot::WaitSlot;

/// Makes the two sides of one answer that belongs to no worker.
///
/// It is for what [`ask`](crate::queue::handle::BackgroundQueueWorker::ask) cannot do: an answer that some thread of the
/// program gives, or a task that is put in a way of its own. No worker's end ends it, so it is open until it is answered or
/// its [`ReplyTo`] is dropped.
///
/// # Examples
///
/// ```
/// use std::thread;
///
/// let (to, reply) = pyaltt::reply();
/// let helper = thread::spawn(move || to.send(6 * 7));
/// assert_eq!(reply.wait()?, 42);
/// assert!(helper.join().unwrap().is_ok());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn reply<R>() -> (ReplyTo<R>, Reply<R>) {
    pair(Slot::unbound())
}

/// Makes the two sides of an answer of a worker, which the end of the era ends.
pub(crate) fn reply_of<R: Send + 'static>(
    worker: &Arc<WaitSlot>,
    era: Option<Arc<Era>>,
) -> (ReplyTo<R>, Reply<R>) {
    pair(Slot::of_worker(Asked { worker: Some(Arc::clone(worker)), era }))
}

fn pair<R>(slot: Slot<R>) -> (ReplyTo<R>, Reply<R>) {
    let slot = Arc::new(slot);
    (ReplyTo::new(Arc::clone(&slot)), Reply::new(slot))
}
