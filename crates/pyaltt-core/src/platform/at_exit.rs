//! Non-daemon workers keep the process alive until they have exited, as in Python.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, Once, PoisonError};

use super::sys;
use crate::sync::IS_MODEL;

/// How many guards there are: the number of runs that the exit of the process waits for.
static GUARDS: Mutex<usize> = Mutex::new(0);
static DROPPED: Condvar = Condvar::new();

thread_local! {
    /// Whether one of the guards belongs to this thread.
    static HAS_GUARD: Cell<bool> = const { Cell::new(false) };
}

/// Keeps the process alive as long as it exists, also after `main` has returned or `process::exit` was called.
#[derive(Debug)]
pub(crate) struct ExitGuard(());

impl ExitGuard {
    pub(crate) fn new() -> Self {
        static REGISTER: Once = Once::new();
        REGISTER.call_once(|| {
            // A model that fails leaves threads behind that never end, and the process must not wait for them.
            if !IS_MODEL && !sys::at_exit(wait_for_guards) {
                log!(error, "the process will not wait for non-daemon workers");
            }
        });
        *lock() += 1;
        Self(())
    }

    /// Assigns the guard to the calling thread, which is the run's thread.
    pub(crate) fn bind_to_thread(self) -> Self {
        HAS_GUARD.set(true);
        self
    }
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        *lock() -= 1;
        DROPPED.notify_all();
    }
}

extern "C" fn wait_for_guards() {
    // A worker that calls `process::exit` runs this on its own thread, and must not wait for itself.
    let own = usize::from(HAS_GUARD.get());
    let mut guards = lock();
    while *guards > own {
        guards = DROPPED.wait(guards).unwrap_or_else(PoisonError::into_inner);
    }
}

/// The count stays correct when a thread panics, so a poisoned lock is as good as any.
fn lock() -> std::sync::MutexGuard<'static, usize> {
    GUARDS.lock().unwrap_or_else(PoisonError::into_inner)
}
