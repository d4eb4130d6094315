//! Whom the thread of a worker waits for, so that a ring of workers can be named.
//!
//! Each worker has one slot. Its thread says there what it waits for before it parks, and takes that back afterwards, so a
//! worker that never waits for another one pays nothing. The slots refer to one another, and whoever looks follows them from
//! one worker to the next, under one slot's lock at a time. So what is seen may be a moment old in any place of the chain.

use std::fmt;
use std::sync::Arc;

use super::current_worker;
use crate::sync::Mutex;

/// What the thread of a worker waits for, and what that in turn waits for.
///
/// It is a look from outside, at one worker after the other, and no verdict: a chain that comes back to one of its workers is
/// no error, because a third thread may still take tasks out, close a queue or stop somebody. Each of these waits ends when the
/// worker that waits is told to stop.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use pyaltt::{Queue, StopError, WaitsFor, queue};
///
/// let letters = Queue::bounded(1)?;
/// let mail = queue(|_letter: u32, _cx| ()).name("mail").queue(letters.clone()).paused(true).start()?;
/// letters.put(1)?; // nobody takes it
/// let clerk = queue(move |letter: u32, _cx| letters.put(letter)).name("clerk").start()?;
/// clerk.put(2)?;
/// let on = loop {
///     if let Some(on) = clerk.waiting_on() {
///         break on;
///     }
///     std::thread::yield_now();
/// };
/// assert_eq!((on.what, &*on.worker), (WaitsFor::Room, "mail"));
/// assert_eq!(on.to_string(), "waits for room in the queue of worker \"mail\"");
/// clerk.stop()?; // which cuts the wait
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitingOn {
    /// What it waits for.
    pub what: WaitsFor,
    /// The name of the worker that it waits for: for room, the one that began last to take from that queue. Empty if no
    /// worker has ever taken from it; no worker has an empty name.
    pub worker: Arc<str>,
    /// What that worker waits for. `None` if it does not wait for another one, after 16 workers, and where the chain comes
    /// back to a worker that is in it already.
    pub then: Option<Box<Self>>,
    /// Whether `worker` is in the chain already.
    closes_ring: bool,
}

/// What a worker's thread waits for.
///
/// # Examples
///
/// ```
/// assert_eq!(pyaltt::WaitsFor::End.to_string(), "the end");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitsFor {
    /// Room in the queue of a worker.
    Room,
    /// The end of a worker, or that it comes to rest.
    End,
    /// The answer of a worker.
    Answer,
    /// A worker that it has started, until that one is ready.
    Start,
}

impl WaitingOn {
    /// Returns the names of the workers, in the order in which each waits for the next. In a ring, the last one is one of those
    /// before, or the worker that was asked about.
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|_letter: u32, _cx| ()).build()?;
    /// let names: Vec<String> = match mail.waiting_on() {
    ///     Some(on) => on.workers().map(str::to_owned).collect(),
    ///     None => Vec::new(), // it waits for nobody
    /// };
    /// assert!(names.is_empty());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn workers(&self) -> impl Iterator<Item = &str> {
        self.links().map(|link| &*link.worker)
    }

    /// Whether the chain comes back to one of its workers, so that each of a ring waited for the next when it was looked at.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::StopError;
    ///
    /// fn is_deadlock(error: &StopError) -> bool {
    ///     matches!(error, StopError::Timeout { waiting_on: Some(on), .. } if on.is_ring())
    /// }
    /// # let _ = is_deadlock;
    /// ```
    #[must_use]
    pub fn is_ring(&self) -> bool {
        self.links().any(|link| link.closes_ring)
    }

    fn links(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |link| link.then.as_deref())
    }
}

impl fmt::Display for WaitsFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Room => "room in the queue",
            Self::End => "the end",
            Self::Answer => "an answer",
            Self::Start => "the start",
        })
    }
}

impl fmt::Display for WaitingOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Self { what, worker, .. }) in self.links().enumerate() {
            f.write_str(if index == 0 { "waits for " } else { ", which waits for " })?;
            if worker.is_empty() {
                f.write_str("room in a queue that no worker takes from")?;
            } else {
                write!(f, "{what} of worker {worker:?}")?;
            }
        }
        Ok(())
    }
}

/// How many workers of a chain are named.
const MAX_LINKS: usize = 16;

/// Where a worker's thread says whom it waits for.
#[derive(Debug)]
pub(crate) struct WaitSlot {
    /// The worker's name. Empty for a queue without a worker.
    name: Arc<str>,
    waiting: Mutex<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    /// How many waits there were: a thread takes back only what it has said itself, because several threads may work for one
    /// worker.
    waits: u64,
    on: Option<(WaitsFor, Arc<WaitSlot>)>,
}

impl WaitSlot {
    pub(crate) fn new(name: &Arc<str>) -> Arc<Self> {
        Arc::new(Self { name: Arc::clone(name), waiting: Mutex::default() })
    }

    /// Whom the worker's thread waits for now, and whom that worker waits for, and so on.
    pub(crate) fn look(self: &Arc<Self>) -> Option<WaitingOn> {
        let mut seen = vec![Arc::clone(self)];
        let mut links = Vec::new();
        while links.len() < MAX_LINKS
            && let Some((what, next)) = seen.last().and_then(|slot| slot.waiting.lock().on.clone())
        {
            let closes_ring = seen.iter().any(|slot| Arc::ptr_eq(slot, &next));
            links.push((what, Arc::clone(&next.name), closes_ring));
            if closes_ring {
                break;
            }
            seen.push(next);
        }
        links.into_iter().rev().fold(None, |then, (what, worker, closes_ring)| {
            Some(WaitingOn { what, worker, then: then.map(Box::new), closes_ring })
        })
    }
}

/// A wait of the calling thread for another worker, which is named in the slot of the worker that the thread belongs to for
/// as long as this lives. On any other thread it does nothing.
///
/// Make it where the thread is about to park for the first time, not where it only looks or spins, and drop it when the wait
/// is over, however it has ended. The slot's lock is taken for a moment in both, and nothing else is taken under it.
#[derive(Debug)]
#[must_use = "the wait is named as long as this lives"]
pub(crate) struct Waiting {
    slot: Option<(Arc<WaitSlot>, u64)>,
}

impl Waiting {
    pub(crate) fn on(what: WaitsFor, whom: &Arc<WaitSlot>) -> Self {
        let slot = current_worker::slot().map(|slot| {
            let (number, old) = {
                let mut waiting = slot.waiting.lock();
                waiting.waits += 1;
                (waiting.waits, waiting.on.replace((what, Arc::clone(whom))))
            };
            drop(old);
            (slot, number)
        });
        Self { slot }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some((slot, number)) = self.slot.take() else { return };
        let mut waiting = slot.waiting.lock();
        let old = if waiting.waits == number { waiting.on.take() } else { None };
        drop(waiting);
        drop(old);
    }
}

#[cfg(all(test, not(pyaltt_model)))]
mod tests {
    use super::*;

    fn slots<const N: usize>(names: [&str; N]) -> [Arc<WaitSlot>; N] {
        names.map(|name| WaitSlot::new(&name.into()))
    }

    fn wait(slot: &WaitSlot, what: WaitsFor, whom: &Arc<WaitSlot>) {
        slot.waiting.lock().on = Some((what, Arc::clone(whom)));
    }

    #[test]
    fn a_chain_is_named_in_order() {
        let [a, b, c] = slots(["a", "b", "c"]);
        assert_eq!(a.look(), None);
        wait(&a, WaitsFor::Room, &b);
        wait(&b, WaitsFor::End, &c);
        let on = a.look().unwrap();
        assert_eq!(on.workers().collect::<Vec<_>>(), ["b", "c"]);
        assert!(!on.is_ring());
        let text = "waits for room in the queue of worker \"b\", which waits for the end of worker \"c\"";
        assert_eq!(on.to_string(), text);
    }

    #[test]
    fn a_ring_ends_where_it_closes_also_if_it_does_not_come_back_to_its_first_worker() {
        let [a, b, c] = slots(["a", "b", "c"]);
        wait(&a, WaitsFor::Room, &b);
        wait(&b, WaitsFor::Answer, &c);
        wait(&c, WaitsFor::End, &b);
        for (slot, names) in [(&a, vec!["b", "c", "b"]), (&b, vec!["c", "b"])] {
            let on = slot.look().unwrap();
            assert_eq!(on.workers().collect::<Vec<_>>(), names);
            assert!(on.is_ring());
        }
        // The slots of a ring keep one another alive until a wait of it has ended.
        b.waiting.lock().on = None;
    }

    #[test]
    fn a_chain_of_any_length_is_named_up_to_a_bound() {
        let chain: Vec<_> = (0..40).map(|number| WaitSlot::new(&format!("{number}").into())).collect();
        for pair in chain.windows(2) {
            wait(&pair[0], WaitsFor::End, &pair[1]);
        }
        let on = chain[0].look().unwrap();
        assert_eq!((on.workers().count(), on.is_ring()), (MAX_LINKS, false));
    }
}
