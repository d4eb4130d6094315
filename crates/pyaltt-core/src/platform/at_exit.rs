//! Non-daemon workers keep the process alive until they have exited, as in Python.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::time::Instant;

use super::sys;
use crate::sync::IS_MODEL;

static GUARDS: Mutex<Guards> = Mutex::new(Guards::new());
/// Notified when a guard is added or removed, and when the exit code is decided.
static CHANGED: Condvar = Condvar::new();
/// The exit code of the first call of `pyaltt::exit`.
static CODE: OnceLock<i32> = OnceLock::new();
/// The process that the guards belong to. The threads of a forked child's parent are not in the child, and the child
/// may have inherited a locked lock, so this is asked before the lock is taken.
static PROCESS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// Whether this thread has decided the exit code and has nothing left to do but end the process.
    static DECIDES: Cell<bool> = const { Cell::new(false) };
}

/// The lives of non-daemon workers.
struct Guards {
    next: u64,
    awaited: BTreeMap<u64, Awaited>,
    /// Whether the exit code holds: the call that has set it waits no longer.
    decided: bool,
}

/// A life of a non-daemon worker, as the end of the process sees it.
pub(crate) trait NonDaemon: Send + Sync {
    /// Tells the run to stop.
    fn stop(&self);

    /// Ends the life of the worker at the next moment at which it takes no turns: it is not restarted any more.
    fn end_backoffs(&self);

    /// The worker whose life it is; `None` if it is none of a worker.
    fn worker(&self) -> Option<u64>;

    /// Whether the calling thread belongs to the worker. It may be another thread that works for a turn.
    fn is_current(&self) -> bool;
}

/// A run that the process waits for.
struct Awaited {
    run: Arc<dyn NonDaemon>,
    /// Whether the run was told to stop because of `pyaltt::exit`.
    told: bool,
    /// Whether it was told that it is not restarted any more, because `main` has returned.
    is_last: bool,
}

impl Guards {
    const fn new() -> Self {
        Self { next: 1, awaited: BTreeMap::new(), decided: false }
    }

    /// Ends the wait for the worker that the calling thread belongs to: it cannot end before this thread does.
    fn leave(&mut self) {
        self.awaited.retain(|_, awaited| !awaited.run.is_current());
    }

    /// Returns the runs that were not told to stop yet. The caller has to tell them, outside the lock.
    fn untold(&mut self) -> Vec<Arc<dyn NonDaemon>> {
        let untold = self.awaited.values_mut().filter(|awaited| !awaited.told);
        untold
            .map(|awaited| {
                awaited.told = true;
                Arc::clone(&awaited.run)
            })
            .collect()
    }

    /// The lives that may still be restarted, which will be told that they are not.
    fn restartable(&mut self) -> Vec<Arc<dyn NonDaemon>> {
        let restartable = self.awaited.values_mut().filter(|awaited| !awaited.is_last);
        restartable
            .map(|awaited| {
                awaited.is_last = true;
                Arc::clone(&awaited.run)
            })
            .collect()
    }
}

/// Keeps the process alive as long as it exists, also after `main` has returned or `process::exit` was called.
pub(crate) struct ExitGuard(u64);

impl ExitGuard {
    pub(crate) fn new(run: impl NonDaemon + 'static) -> Self {
        register();
        let mut guards = lock();
        let process = process::id();
        if PROCESS.swap(process, Ordering::Relaxed) != process {
            // A forked child inherits the guards, but not the threads that would drop them.
            guards.awaited.clear();
        }
        let id = guards.next;
        guards.next += 1;
        guards.awaited.insert(id, Awaited { run: Arc::new(run), told: false, is_last: false });
        // A worker that starts while `pyaltt::exit` waits has to be told to stop as well.
        CHANGED.notify_all();
        Self(id)
    }
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        lock().awaited.remove(&self.0);
        CHANGED.notify_all();
    }
}

impl fmt::Debug for ExitGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ExitGuard").field(&self.0).finish()
    }
}

/// Makes the end of the process wait for the guards.
pub(super) fn register() {
    static REGISTER: Once = Once::new();
    REGISTER.call_once(|| {
        // A model that fails leaves threads behind that never end, and the process must not wait for them.
        if !IS_MODEL && !sys::at_exit(wait_for_guards) {
            log!(error, "the process will not wait for non-daemon workers");
        }
    });
}

/// Tells every run that has a guard to stop, and waits until `limit` for all of them to end.
pub(super) fn stop_all(limit: Instant) {
    let mut guards = lock();
    loop {
        let untold = guards.untold();
        if !untold.is_empty() {
            drop(guards);
            for run in untold {
                run.stop();
            }
            guards = lock();
            continue;
        }
        let left = limit.saturating_duration_since(Instant::now());
        if guards.awaited.is_empty() || left.is_zero() {
            return;
        }
        guards = CHANGED.wait_timeout(guards, left).unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// The end of the process waits for this worker no more.
pub(crate) fn release(worker: u64) {
    lock().awaited.retain(|_, awaited| awaited.run.worker() != Some(worker));
    CHANGED.notify_all();
}

/// Ends the wait for the worker that the calling thread belongs to.
pub(super) fn leave() {
    lock().leave();
    CHANGED.notify_all();
}

/// Sets the exit code, unless it is set. Returns whether it was set by this call. From now on the hook waits until
/// [`decide`] is called.
pub(super) fn set_code(code: i32) -> bool {
    CODE.set(code).is_ok()
}

/// Returns the exit code that holds, which is `code` if there is no other.
pub(super) fn code_or(code: i32) -> i32 {
    *CODE.get_or_init(|| code)
}

/// Ends all waits. Whichever thread runs the hook from now on ends the process with the code that was set.
pub(super) fn decide() {
    DECIDES.set(true);
    lock().decided = true;
    CHANGED.notify_all();
}

/// The hook: runs on the thread that ends the process, while the other threads go on.
fn wait_for_guards() {
    // A thread of `pyaltt::exit` has waited already, and the process ends with its code anyway.
    if is_foreign() || DECIDES.get() {
        return;
    }
    let mut guards = lock();
    // A worker that calls `process::exit` runs this on its own thread, and must not wait for itself.
    guards.leave();
    CHANGED.notify_all();
    loop {
        // A worker that fails from now on, or waits for a restart, would keep the process from its end.
        let restartable = guards.restartable();
        if !restartable.is_empty() {
            drop(guards);
            for life in restartable {
                life.end_backoffs();
            }
            guards = lock();
            continue;
        }
        match CODE.get() {
            Some(code) if guards.decided => {
                drop(guards);
                sys::end(*code);
            }
            None if guards.awaited.is_empty() => return,
            _ => {}
        }
        guards = CHANGED.wait(guards).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Whether the guards belong to another process, from which this one was forked.
pub(super) fn is_foreign() -> bool {
    let process = PROCESS.load(Ordering::Relaxed);
    process != 0 && process != process::id()
}

/// What is locked stays correct when a thread panics, so a poisoned lock is as good as any.
fn lock() -> MutexGuard<'static, Guards> {
    GUARDS.lock().unwrap_or_else(PoisonError::into_inner)
}
