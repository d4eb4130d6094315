//! Questions that a worker has kept, and that go with it.
//!
//! A worker that a factory has made is dropped at the end of its run, before that end is published, and with it what it has
//! kept. Whether the life ends with the run, and how, is known only after that. So the askers are told when it is.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use super::ask_error::Closed;
use super::readers::Asker;
use super::slot::Slot;
use crate::sync::thread_local;

thread_local! {
    /// The questions whose places were dropped on this thread since it has begun to drop a worker; `None` at other times.
    static DROPPED: RefCell<Option<Vec<Question>>> = const { RefCell::new(None) };
}

struct Question {
    asker: Arc<dyn Asker>,
    why: Closed,
}

/// Questions whose places are gone and whose askers have not been told. The drop of this tells them.
#[derive(Default)]
#[must_use = "its drop tells the askers"]
pub(crate) struct Unanswered(Vec<Question>);

impl Unanswered {
    /// Calls `drop_worker`, which must not panic, and returns the questions that go with the worker.
    pub(crate) fn of(drop_worker: impl FnOnce()) -> Self {
        DROPPED.with(|dropped| *dropped.borrow_mut() = Some(Vec::new()));
        drop_worker();
        Self(DROPPED.with(RefCell::take).unwrap_or_default())
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        for Question { asker, why } in self.0.drain(..) {
            asker.dropped(why);
        }
    }
}

impl fmt::Debug for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unanswered").field(&self.0.len()).finish()
    }
}

/// The place of an answer is dropped. Tells the asker, at once or when the end of the worker is known that goes with it.
pub(super) fn dropped<R>(slot: Arc<Slot<R>>, why: Closed) {
    let Some(as_asker) = slot.as_asker else { return slot.dropped(why) };
    let mut question = Some(Question { asker: as_asker(slot), why });
    // A destructor of another thread-local may come after this one's.
    let _ = DROPPED.try_with(|dropped| {
        if let Some(dropped) = &mut *dropped.borrow_mut() {
            dropped.extend(question.take());
        }
    });
    if let Some(Question { asker, why }) = question {
        asker.dropped(why);
    }
}
