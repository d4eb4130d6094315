//! The side that answers.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::thread;

use super::ask_error::Closed;
use super::slot::Slot;
use super::unanswered;

/// Where an answer goes: the part of a question that travels in its task.
///
/// [`ask`](crate::queue::handle::BackgroundQueueWorker::ask) makes one, and so does [`reply`](super::reply). It can be
/// sent to another thread, kept in a field and answered later. Whatever becomes of it, the asker is told: its drop without
/// an answer is [`NoReply`](super::ask_error::AskError::NoReply), or
/// [`Panicked`](super::ask_error::AskError::Panicked) while its thread is panicking.
///
/// # Examples
///
/// ```
/// use std::collections::HashMap;
///
/// use pyaltt::ReplyTo;
///
/// enum Request {
///     Set(String, u32),
///     Get(String, ReplyTo<Option<u32>>),
/// }
///
/// let mut values = HashMap::new();
/// let store = pyaltt::queue(move |request, _cx| match request {
///     Request::Set(key, value) => drop(values.insert(key, value)),
///     Request::Get(key, to) => _ = to.send(values.get(&key).copied()),
/// })
/// .start()?;
/// store.put(Request::Set("answer".into(), 42))?;
/// assert_eq!(store.ask(|to| Request::Get("answer".into(), to))?.wait()?, Some(42));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "its drop tells the asker that there is no answer"]
pub struct ReplyTo<R> {
    /// `None` when it was answered.
    slot: Option<Arc<Slot<R>>>,
}

impl<R> ReplyTo<R> {
    pub(super) fn new(slot: Arc<Slot<R>>) -> Self {
        Self { slot: Some(slot) }
    }

    /// Gives the answer. It never waits.
    ///
    /// If the asker has [detached](super::asker::Reply::detach) its reply, the answer is dropped, and that is no error.
    ///
    /// # Errors
    ///
    /// Gives the value back if nobody waits for it any more: the [`Reply`](super::asker::Reply) is gone, after a timeout
    /// for example, or the asker was told that the worker has ended.
    ///
    /// # Examples
    ///
    /// ```
    /// let (to, reply) = pyaltt::reply();
    /// drop(reply);
    /// assert_eq!(to.send("too late"), Err("too late"));
    /// ```
    pub fn send(mut self, value: R) -> Result<(), R> {
        match self.slot.take() {
            Some(slot) => slot.answer(value),
            None => unreachable!("only this takes the slot out, and it consumes the `ReplyTo`"),
        }
    }

    /// Whether somebody may still take the answer. One atomic load.
    ///
    /// Long work can look at it from time to time and give up. It stays `true` after a
    /// [`detach`](super::asker::Reply::detach).
    ///
    /// # Examples
    ///
    /// ```
    /// let (to, reply) = pyaltt::reply::<u64>();
    /// assert!(to.is_wanted());
    /// reply.cancel();
    /// assert!(!to.is_wanted());
    /// ```
    pub fn is_wanted(&self) -> bool {
        self.slot.as_ref().is_some_and(|slot| slot.is_wanted())
    }
}

impl<R> Drop for ReplyTo<R> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            let why = if thread::panicking() { Closed::Panicked } else { Closed::NoReply };
            unanswered::dropped(slot, why);
        }
    }
}

// No user code runs under the lock of a slot, so a panic never leaves one in a broken state.
impl<R> UnwindSafe for ReplyTo<R> {}
impl<R> RefUnwindSafe for ReplyTo<R> {}

impl<R> fmt::Debug for ReplyTo<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyTo").field("is_wanted", &self.is_wanted()).finish_non_exhaustive()
    }
}
