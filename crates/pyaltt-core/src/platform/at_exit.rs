//! Workers that are no daemons keep the process alive until they have exited, as in Python.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, Once, PoisonError};

use super::sys;
use crate::sync::IS_MODEL;

/// How many runs the end of the process waits for.
static GUESTS: Mutex<usize> = Mutex::new(0);
static LEFT: Condvar = Condvar::new();

thread_local! {
    /// Whether this thread is one of the guests: it cannot wait for itself.
    static IS_GUEST: Cell<bool> = const { Cell::new(false) };
}

/// Keeps the process from ending, after `main` has returned or `process::exit` was called, while it exists.
#[derive(Debug)]
pub(crate) struct ExitGuard(());

impl ExitGuard {
    pub(crate) fn new() -> Self {
        static REGISTER: Once = Once::new();
        REGISTER.call_once(|| {
            // A model that fails leaves threads behind that never end.
            if !IS_MODEL && !sys::at_exit(wait_for_guests) {
                log!(error, "the process will not wait for workers that are no daemons");
            }
        });
        *lock() += 1;
        Self(())
    }

    /// Hands the guest to the thread that it stands for: the calling one.
    pub(crate) fn bind_to_thread(self) -> Self {
        IS_GUEST.set(true);
        self
    }
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        *lock() -= 1;
        LEFT.notify_all();
    }
}

extern "C" fn wait_for_guests() {
    let own = usize::from(IS_GUEST.get());
    let mut guests = lock();
    while *guests > own {
        guests = LEFT.wait(guests).unwrap_or_else(PoisonError::into_inner);
    }
}

fn lock() -> std::sync::MutexGuard<'static, usize> {
    GUESTS.lock().unwrap_or_else(PoisonError::into_inner)
}
