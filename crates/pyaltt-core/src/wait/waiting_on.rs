//! Whom the thread of a worker waits for, as programs see it.

use std::fmt;
use std::sync::Arc;

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
    /// The name of the worker that it waits for: for room, the one that began last to take from that queue; if none has ever
    /// done so, one that was built with it. Empty if there is none either; no worker has an empty name.
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

    pub(super) fn new(what: WaitsFor, worker: Arc<str>, then: Option<Self>, closes_ring: bool) -> Self {
        Self { what, worker, then: then.map(Box::new), closes_ring }
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
