//! What the two sides of an answer share: one state, one lock, one allocation.

use std::convert::Infallible;
use std::mem;
use std::sync::Arc;
use std::task::Waker;

use crossbeam_channel::Sender;

use super::ask_error::{AskError, Closed};
use super::readers::{Asker, Era};
use crate::exit::Exit;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, Unparker};
use crate::user_code;
use crate::wait::call;
use crate::wait::wait_slot::WaitSlot;

pub(super) struct Slot<R> {
    inner: Mutex<Inner<R>>,
    /// Whether the state is no longer `Open`; for whoever spins. It says only that a look under the lock is worth it, so no
    /// ordering is needed.
    is_settled: AtomicBool,
    /// Whether somebody may still take the answer; for whoever works on it. What counts is the state.
    is_wanted: AtomicBool,
    pub(super) asked: Asked,
    /// Makes an asker of the slot. `None` for a pair that belongs to no worker, whose answer may be of any type.
    pub(super) as_asker: Option<AsAsker<R>>,
}

type AsAsker<R> = fn(Arc<Slot<R>>) -> Arc<dyn Asker>;

/// Who was asked.
pub(super) struct Asked {
    /// `None` for a pair that belongs to no worker.
    pub(super) worker: Option<Arc<WaitSlot>>,
    pub(super) era: Option<Arc<Era>>,
}

struct Inner<R> {
    state: State<R>,
    waiting: Waiting,
}

/// ```text
///   Open ---- answer ------> Answered ---- take ----> Taken
///     |                          '----- drop of the Reply ---> Taken
///     |------ ReplyTo dropped, end of the era ---> Closed
///     |------ drop of the Reply ---> Taken
///     '------ detach ---> Detached
/// ```
enum State<R> {
    Open,
    Answered(R),
    Closed(Closed),
    /// Nobody waits any more, because the answer was taken or its `Reply` is gone.
    Taken,
    /// Nobody waits, and the answer is welcome all the same.
    Detached,
}

/// Who is to be called when the slot is settled.
#[derive(Default)]
#[must_use = "they wait until they are called"]
pub(super) struct Waiting {
    thread: Option<Unparker>,
    waker: Option<Waker>,
    /// Its drop disconnects a receiver.
    sender: Option<Sender<Infallible>>,
}

impl Waiting {
    /// Calls them, outside locks. A waker is user code.
    pub(super) fn wake(self) {
        if let Some(thread) = self.thread {
            thread.unpark();
        }
        drop(self.sender);
        if let Some(waker) = self.waker {
            call::wake(waker);
        }
    }

    /// Lets go of them, because the one who waits knows.
    fn discard(self) {
        user_code::discard(self.waker);
    }
}

impl<R> Slot<R> {
    /// The slot of a pair that belongs to no worker.
    pub(super) fn unbound() -> Self {
        Self::new(Asked { worker: None, era: None }, None)
    }

    pub(super) fn of_worker(asked: Asked) -> Self
    where
        R: Send + 'static,
    {
        Self::new(asked, Some(|slot| slot))
    }

    fn new(asked: Asked, as_asker: Option<AsAsker<R>>) -> Self {
        Self {
            inner: Mutex::new(Inner { state: State::Open, waiting: Waiting::default() }),
            is_settled: AtomicBool::new(false),
            is_wanted: AtomicBool::new(true),
            asked,
            as_asker,
        }
    }

    #[inline]
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn is_wanted(&self) -> bool {
        self.is_wanted.load(Ordering::Relaxed)
    }

    // ----- settling -----

    /// Gives the answer, or returns it if nobody waits for it any more.
    pub(super) fn answer(&self, value: R) -> Result<(), R> {
        let mut inner = self.inner.lock();
        match inner.state {
            State::Open => {
                inner.state = State::Answered(value);
                let waiting = mem::take(&mut inner.waiting);
                drop(inner);
                // After the lock is released, or whoever spins would run into it.
                self.is_settled.store(true, Ordering::Relaxed);
                waiting.wake();
                Ok(())
            }
            State::Detached => {
                drop(inner);
                user_code::discard(value);
                Ok(())
            }
            State::Answered(_) | State::Closed(_) | State::Taken => Err(value),
        }
    }

    /// Closes the slot if it is open. Returns who is to be called, outside locks.
    pub(super) fn close(&self, why: Closed) -> Waiting {
        let mut inner = self.inner.lock();
        if !matches!(inner.state, State::Open) {
            drop(inner);
            // It may hold the last reference to a user's error.
            user_code::discard(why);
            return Waiting::default();
        }
        inner.state = State::Closed(why);
        let waiting = mem::take(&mut inner.waiting);
        drop(inner);
        self.is_wanted.store(false, Ordering::Relaxed);
        self.is_settled.store(true, Ordering::Relaxed);
        waiting
    }

    /// The place of the answer was dropped. If who was asked had ended before that, the question has ended with them, whether
    /// its asker has learned of it or not.
    pub(super) fn dropped(&self, why: Closed) {
        let ended = self.asked.era.as_ref().and_then(|era| era.exit());
        self.close(ended.map_or(why, Closed::Ended)).wake();
    }

    /// As [`close`](Self::close), by the one who would be called.
    pub(super) fn close_here(&self, why: Closed) {
        self.close(why).discard();
    }

    /// The `Reply` is gone. `is_detached`: it does not mind.
    pub(super) fn abandon(&self, is_detached: bool) {
        if !is_detached {
            self.is_wanted.store(false, Ordering::Relaxed);
        }
        let (state, waiting) = {
            let mut inner = self.inner.lock();
            let gone = if is_detached { State::Detached } else { State::Taken };
            (mem::replace(&mut inner.state, gone), mem::take(&mut inner.waiting))
        };
        user_code::discard(state);
        waiting.discard();
    }

    // ----- waiting -----

    /// Takes the answer out, or says why there is none; `None` while the slot is open.
    pub(super) fn take(&self) -> Option<Result<R, AskError>> {
        let closed = {
            let mut inner = self.inner.lock();
            match mem::replace(&mut inner.state, State::Taken) {
                State::Answered(value) => return Some(Ok(value)),
                State::Closed(why) => {
                    inner.state = State::Closed(why.clone());
                    why
                }
                // It was taken before.
                State::Taken => Closed::NoReply,
                open @ (State::Open | State::Detached) => {
                    inner.state = open;
                    return None;
                }
            }
        };
        Some(Err(self.asked.error(closed)))
    }

    /// Has a thread unparked when the slot is settled. It checks the slot afterwards and before it parks.
    pub(super) fn wake_thread(&self, unparker: Unparker) {
        let mut inner = self.inner.lock();
        if let State::Open = inner.state {
            inner.waiting.thread = Some(unparker);
        }
    }

    /// The thread does not wait any more.
    pub(super) fn forget_thread(&self) {
        self.inner.lock().waiting.thread = None;
    }

    /// Has a waker called when the slot is settled, in place of the one before. The caller checks the slot afterwards.
    pub(super) fn wake_task(&self, waker: &Waker) {
        // A comparison is no user code. A clone and a drop are.
        let is_known = |known: &Waker| known.will_wake(waker);
        if self.inner.lock().waiting.waker.as_ref().is_some_and(is_known) {
            return;
        }
        let waker = waker.clone();
        let mut inner = self.inner.lock();
        let unused = match inner.state {
            State::Open => inner.waiting.waker.replace(waker),
            _ => Some(waker),
        };
        drop(inner);
        user_code::discard(unused);
    }

    /// Has a channel disconnected when the slot is settled.
    pub(super) fn disconnect(&self, sender: Sender<Infallible>) {
        let mut inner = self.inner.lock();
        let too_late = match inner.state {
            State::Open => inner.waiting.sender.replace(sender),
            _ => Some(sender),
        };
        drop(inner);
        drop(too_late);
    }
}

impl<R: Send> Asker for Slot<R> {
    fn ended(&self, exit: &Arc<Exit>) {
        self.close(Closed::Ended(Arc::clone(exit))).wake();
    }

    fn dropped(&self, why: Closed) {
        Self::dropped(self, why);
    }
}

impl<R> Drop for Slot<R> {
    fn drop(&mut self) {
        // A value that nobody has taken, or the error in an exit.
        let state = mem::replace(&mut self.inner.get_mut().state, State::Taken);
        user_code::discard(state);
    }
}

impl Asked {
    /// The name of the worker; empty if there is none.
    pub(super) fn name(&self) -> Arc<str> {
        self.worker.as_ref().map_or_else(Arc::default, |worker| Arc::clone(worker.name()))
    }

    fn error(&self, closed: Closed) -> AskError {
        let worker = self.name();
        match closed {
            Closed::NoReply => AskError::NoReply { worker },
            Closed::Panicked => AskError::Panicked { worker },
            Closed::Ended(exit) => AskError::Ended { worker, exit: (*exit).clone() },
        }
    }
}
