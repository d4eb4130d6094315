//! Which thread makes a worker that is a static.
//!
//! One thread makes it; others that come meanwhile wait until that has worked or failed. The lock here is held for
//! looks at a short list, never while a worker is made.
//!
//! The options of one worker may use another one, so a thread that makes a worker may have to wait as well. Threads
//! that wait in a circle would wait for ever, so the one that would close the circle gets [`Claim::Circle`] instead. The
//! shortest circle is a thread that waits for itself.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

static MAKERS: Mutex<Vec<Maker>> = Mutex::new(Vec::new());
static CHANGED: Condvar = Condvar::new();

/// A thread that makes a worker.
struct Maker {
    worker: usize,
    thread: ThreadId,
    /// The other worker that the thread waits for, in order to make this one.
    waits_for: Option<usize>,
}

/// What a thread that needs a worker is to do.
pub(super) enum Claim {
    /// Make it, and then drop this.
    Granted(Guard),
    /// Look again: another thread has made it, or failed to.
    Over,
    /// Give up, because the wait would never end.
    Circle,
}

/// Ends the claim when dropped, also by a panic of what makes the worker.
pub(super) struct Guard {
    worker: usize,
}

/// Claims the making of `worker`, or waits while another thread makes it.
pub(super) fn claim(worker: usize) -> Claim {
    let mut makers = lock();
    let this = thread::current().id();
    let Some(maker) = thread_that_makes(&makers, worker) else {
        makers.push(Maker { worker, thread: this, waits_for: None });
        return Claim::Granted(Guard { worker });
    };
    if leads_to(&makers, maker, this) {
        return Claim::Circle;
    }
    set_wait(&mut makers, this, Some(worker));
    while thread_that_makes(&makers, worker) == Some(maker) {
        makers = CHANGED.wait(makers).unwrap_or_else(PoisonError::into_inner);
    }
    set_wait(&mut makers, this, None);
    Claim::Over
}

impl Drop for Guard {
    fn drop(&mut self) {
        lock().retain(|maker| maker.worker != self.worker);
        CHANGED.notify_all();
    }
}

/// Nothing panics under the lock, so what it protects is whole.
fn lock() -> MutexGuard<'static, Vec<Maker>> {
    MAKERS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn thread_that_makes(makers: &[Maker], worker: usize) -> Option<ThreadId> {
    makers.iter().find(|maker| maker.worker == worker).map(|maker| maker.thread)
}

/// Whether `thread` is `target`, or waits for a thread of which that is true.
fn leads_to(makers: &[Maker], mut thread: ThreadId, target: ThreadId) -> bool {
    // There is no circle yet, so every step leads to another thread, and the walk ends.
    loop {
        if thread == target {
            return true;
        }
        let waits_for = makers.iter().find(|maker| maker.thread == thread && maker.waits_for.is_some());
        let next = waits_for.and_then(|maker| thread_that_makes(makers, maker.waits_for?));
        match next {
            Some(next) => thread = next,
            None => return false,
        }
    }
}

/// A thread may make several workers, one inside the other, and then all of them wait.
fn set_wait(makers: &mut [Maker], thread: ThreadId, worker: Option<usize>) {
    makers.iter_mut().filter(|maker| maker.thread == thread).for_each(|maker| maker.waits_for = worker);
}
