//! Which functions and handlers the current thread is inside of, so that a collection that runs itself ends.
//!
//! A function may run its own collection, and so may the closures given to `on_run` and `on_error`. Each of them is
//! entered under its [`Id`] while it runs, and nothing is entered twice. A thread that a run starts
//! [inherits](crate::inherited) the ids of the thread that started it.

use std::cell::RefCell;

use parking_lot::Mutex;

thread_local! {
    static ENTERED: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
}

/// Identifies something that can be entered. Unlike an address, an id is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id(u64);

impl Id {
    pub(crate) fn new() -> Self {
        // Not an atomic, because some 32-bit targets have none that is this wide.
        static NEXT: Mutex<u64> = Mutex::new(0);
        let mut next = NEXT.lock();
        *next += 1;
        Self(*next)
    }
}

/// Leaves the entered id when dropped.
#[derive(Debug)]
pub(crate) struct Entered(());

/// Enters `id`, or returns `None` if this thread is already inside it.
pub(crate) fn enter(id: Id) -> Option<Entered> {
    // A collection may run while the locals of the thread are being destroyed. Nothing is tracked then.
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

/// Returns the ids that this thread is inside of, for a thread that it starts.
pub(crate) fn entered() -> Vec<Id> {
    ENTERED.try_with(|entered| entered.borrow().clone()).unwrap_or_default()
}

/// Takes over the ids of the thread that started this one.
pub(crate) fn inherit(ids: Vec<Id>) {
    let _ = ENTERED.try_with(|entered| *entered.borrow_mut() = ids);
}
