//! What the current thread is in the middle of, so that a collection that comes back to itself ends.
//!
//! A function may run the collection that it is in, and so may what was given to `on_run` and `on_error`.
//! Each of them is entered under its [`Id`] while it runs; what finds itself entered already does not go
//! deeper. Threads that a run starts inherit the ids of the thread that started them.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local! {
    static ENTERED: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
}

/// Tells apart everything that can be entered. Never given twice, unlike an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id(u64);

impl Id {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Leaves what was entered when it is dropped.
#[derive(Debug)]
pub(crate) struct Entered(());

/// Enters `id`, or returns `None` where this thread is inside it already.
pub(crate) fn enter(id: Id) -> Option<Entered> {
    // A collection may run while the thread's locals are being destroyed; then nothing is tracked.
    let entered = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        let free = !entered.contains(&id);
        if free {
            entered.push(id);
        }
        free
    });
    entered.unwrap_or(true).then(|| Entered(()))
}

impl Drop for Entered {
    fn drop(&mut self) {
        let _ = ENTERED.try_with(|entered| entered.borrow_mut().pop());
    }
}

/// Returns what this thread is inside of, for a thread that it starts.
pub(crate) fn entered() -> Vec<Id> {
    ENTERED.try_with(|entered| entered.borrow().clone()).unwrap_or_default()
}

/// Takes over what the starting thread was inside of.
pub(crate) fn inherit(ids: Vec<Id>) {
    let _ = ENTERED.try_with(|entered| *entered.borrow_mut() = ids);
}
