//! What the handler of signals leaves for threads.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};

use super::pipe::Pipe;

/// Wakes the callers of `wait_for_signal`.
pub(super) static WAITS: Pipe = Pipe::new();
/// Wakes the thread that listens.
pub(super) static LISTENS: Pipe = Pipe::new();

/// The first SIGINT or SIGTERM since `wait_for_signal` has set this to 0.
pub(super) static FIRST: AtomicI32 = AtomicI32::new(0);

/// No system that has names for its signals numbers them higher.
const NUMBERS: usize = 65;

/// What is to be known of one signal.
pub(super) struct Slot {
    /// How often it was caught, ever.
    pub(super) count: AtomicU32,
    /// Where the handler is that was there before: a place in the list of the dispositions, or one of two words there.
    pub(super) earlier: AtomicUsize,
    /// How many want it to be called no more.
    pub(super) replacing: AtomicUsize,
    /// It came when it was not known yet what was there before.
    pub(super) came_early: AtomicBool,
}

static SLOTS: [Slot; NUMBERS] = [const {
    Slot {
        count: AtomicU32::new(0),
        earlier: AtomicUsize::new(0),
        replacing: AtomicUsize::new(0),
        came_early: AtomicBool::new(false),
    }
}; NUMBERS];

pub(super) fn slot(number: i32) -> &'static Slot {
    usize::try_from(number).ok().and_then(|number| SLOTS.get(number)).unwrap_or(&SLOTS[0])
}

/// Tells all of a signal. The handler calls it.
pub(super) fn tell(number: i32, asks_for_the_end: bool) {
    slot(number).count.fetch_add(1, Ordering::SeqCst);
    if asks_for_the_end {
        let _ = FIRST.compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst);
    }
    WAITS.ring();
    LISTENS.ring();
}
