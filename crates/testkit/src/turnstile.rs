//! Holding a worker in its turn.

use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

/// Holds a worker in its turn: the turn calls [`pass`](Self::pass), the test lets it go on. Clones are the same
/// turnstile.
///
/// # Examples
///
/// ```
/// use testkit::Turnstile;
///
/// let turnstile = Turnstile::new();
/// let held = turnstile.clone();
/// let worker = pyaltt::queue(move |_task: u8, _cx| held.pass()).start()?;
/// worker.put(1)?;
/// turnstile.wait();
/// worker.signal_stop();
/// turnstile.release();
/// assert_eq!(worker.wait()?.turns, 1);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Turnstile {
    shared: Arc<(Mutex<Counts>, Condvar)>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Arrivals that nobody has waited for yet.
    arrived: usize,
    /// Releases that nobody has used yet.
    released: usize,
}

impl Turnstile {
    /// A turnstile that holds everyone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Called by the worker: reports that it is here, and waits to be released.
    pub fn pass(&self) {
        let (counts, changed) = &*self.shared;
        let mut counts = counts.lock();
        counts.arrived += 1;
        changed.notify_all();
        changed.wait_while(&mut counts, |counts| counts.released == 0);
        counts.released -= 1;
    }

    /// Waits until the worker is here.
    pub fn wait(&self) {
        let (counts, changed) = &*self.shared;
        let mut counts = counts.lock();
        changed.wait_while(&mut counts, |counts| counts.arrived == 0);
        counts.arrived -= 1;
    }

    /// Whether the worker is here: `true` once for each time that it arrives.
    fn is_taken(&self) -> bool {
        let mut counts = self.shared.0.lock();
        let is_taken = counts.arrived > 0;
        counts.arrived -= usize::from(is_taken);
        is_taken
    }

    /// Lets everyone pass who arrives, until `is_so` returns `true`.
    pub fn release_until(&self, mut is_so: impl FnMut() -> bool) {
        while !is_so() {
            if self.is_taken() {
                self.release();
            }
            std::thread::yield_now();
        }
    }

    /// Lets the worker go on: the one that is here, or the next to arrive.
    pub fn release(&self) {
        self.shared.0.lock().released += 1;
        self.shared.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_may_come_first_and_each_lets_one_pass() {
        let turnstile = Turnstile::new();
        turnstile.release();
        turnstile.release();
        turnstile.pass();
        turnstile.pass();
        assert_eq!([(); 3].map(|()| turnstile.is_taken()), [true, true, false]);
        let other = turnstile.clone();
        let held = std::thread::spawn(move || other.pass());
        turnstile.wait();
        assert!(!held.is_finished());
        turnstile.release();
        held.join().unwrap();
    }
}
