//! A shared record of what worker code saw.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// How long a waiting test goes on before it fails. A fuse: far longer than anything takes.
const LIMIT: Duration = Duration::from_secs(100);

/// A record of what turns, hooks and handlers saw, in order, with a condition to wait on. Clones are the same record.
///
/// A test takes values out one by one with [`next`](Self::next), or all at once with [`all`](Self::all).
///
/// # Examples
///
/// ```
/// use testkit::Probe;
///
/// let ran = Probe::new();
/// let seen = ran.clone();
/// let worker = pyaltt::queue(move |task: u32, _cx| seen.add(task)).start()?;
/// worker.put(1)?;
/// worker.put(2)?;
/// assert_eq!([ran.next(), ran.next()], [1, 2]);
/// worker.stop()?;
/// assert!(ran.is_empty());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct Probe<T> {
    shared: Arc<(Mutex<VecDeque<T>>, Condvar)>,
}

impl<T> Probe<T> {
    /// An empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value.
    pub fn add(&self, value: T) {
        self.shared.0.lock().push_back(value);
        self.shared.1.notify_all();
    }

    /// Takes the oldest value out; waits for it if there is none.
    ///
    /// # Panics
    ///
    /// If nothing is added for 100 seconds.
    #[track_caller]
    pub fn next(&self) -> T {
        self.next_within(LIMIT).unwrap_or_else(|| panic!("nothing was recorded within {LIMIT:?}"))
    }

    /// Takes the oldest value out; waits for it at most this long.
    pub fn next_within(&self, limit: Duration) -> Option<T> {
        let mut values = self.shared.0.lock();
        self.shared.1.wait_while_for(&mut values, |values| values.is_empty(), limit);
        values.pop_front()
    }

    /// Waits until the record holds at least this many values.
    ///
    /// # Panics
    ///
    /// If that takes longer than 100 seconds.
    #[track_caller]
    pub fn wait_for(&self, count: usize) {
        let mut values = self.shared.0.lock();
        let waited = self.shared.1.wait_while_for(&mut values, |values| values.len() < count, LIMIT);
        assert!(!waited.timed_out(), "{} of {count} values were recorded within {LIMIT:?}", values.len());
    }

    /// Takes everything out that is there now.
    pub fn all(&self) -> Vec<T> {
        self.shared.0.lock().drain(..).collect()
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.shared.0.lock().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Probe<String> {
    /// Adds a line.
    pub fn note(&self, line: impl Into<String>) {
        self.add(line.into());
    }
}

impl<T> Clone for Probe<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Default for Probe<T> {
    fn default() -> Self {
        Self { shared: Arc::new((Mutex::new(VecDeque::new()), Condvar::new())) }
    }
}

impl<T> fmt::Debug for Probe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("len", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_out_once_and_in_order() {
        let probe = Probe::new();
        let other = probe.clone();
        let adder = std::thread::spawn(move || (0..5).for_each(|number| other.add(number)));
        assert_eq!((probe.next(), probe.next()), (0, 1));
        probe.wait_for(3);
        assert_eq!(probe.all(), [2, 3, 4]);
        adder.join().unwrap();
        assert_eq!(probe.next_within(Duration::ZERO), None);
    }
}
