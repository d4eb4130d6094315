//! The ends of many workers, one after the other.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::arrivals::Arrivals;
use crate::control::listening::Listening;
use crate::exit::Exit;
use crate::handle::Handle;
use crate::user_code;
use crate::wait::Wait;
use crate::worker::no_task::NoTask;

/// Waits for the ends of many workers, and gives them one after the other, in the order in which they ended.
///
/// The workers that were added and not yet given are its members. It holds a handle of each, so members live at least
/// until they are given or this is dropped; see [`Handle`] for what the drop of a last handle does.
///
/// It is told of ends, so nothing polls, and it does not matter whether a worker ends before, during or after the call
/// that asks for it.
///
/// # Examples
///
/// Workers that are started again as they end:
///
/// ```
/// use pyaltt::{ExitReason, Exits};
///
/// let mut exits = Exits::new();
/// for name in ["anna", "bert"] {
///     let worker = pyaltt::looped(|_tick, cx| cx.turn_number() < 5).name(name).start()?;
///     exits.add(&worker); // which keeps it alive
/// }
/// let mut ends = 0;
/// while let Ok((worker, exit)) = exits.next(None) {
///     println!("{} has ended: {}", worker.name(), exit.reason);
///     ends += 1;
///     if exit.run < 3 {
///         worker.wait()?; // until its thread is gone
///         worker.start()?;
///         exits.add(&worker);
///     }
/// }
/// assert_eq!(ends, 6); // three lives of each
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Default)]
#[must_use = "it does nothing until it is asked for the next end"]
pub struct Exits {
    arrivals: Arc<Arrivals>,
    members: BTreeMap<usize, Member>,
    /// The worker and the life of each member.
    lives: HashSet<(u64, u64)>,
    next_key: usize,
}

struct Member {
    /// `None` if the worker had ended when it was added. Dropped before the handle, whose drop may wait for the worker.
    _listening: Option<Listening>,
    worker: Handle,
    life: u64,
}

impl Exits {
    /// Makes one without members.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Exits, NoTask};
    ///
    /// assert_eq!(Exits::new().next(None).unwrap_err(), NoTask::Ended);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a worker, to be told of the end of its life in progress.
    ///
    /// If the worker is not running, its last exit is given at once, in the order of this call. That is
    /// [`NeverStarted`](crate::exit::ExitReason::NeverStarted) if there was none. Each life is given once: to add a worker
    /// again while it is a member with the same life changes nothing. A worker that was given is no member any more, and
    /// can be added again.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{ExitReason, Exits, NoTask};
    ///
    /// let mail = pyaltt::queue(|_letter: &str, _cx| ()).build()?;
    /// let mut exits = Exits::new();
    /// exits.add(&mail);
    /// exits.add(&mail);
    /// assert_eq!(exits.next(None)?.1.reason, ExitReason::NeverStarted);
    /// assert_eq!(exits.next(None).unwrap_err(), NoTask::Ended);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn add(&mut self, worker: &Handle) {
        let key = self.next_key;
        self.next_key += 1;
        let (listening, life, over) = match worker.control().listen(self.arrivals.listener(key)) {
            Ok(listening) => {
                let life = listening.life();
                (Some(listening), life, None)
            }
            Err(over) => (None, over.life, Some((over.listener, over.exit))),
        };
        if !self.lives.insert((worker.id(), life)) {
            return;
        }
        self.members.insert(key, Member { _listening: listening, worker: worker.clone(), life });
        if let Some((listener, exit)) = over {
            listener(&exit);
        }
    }

    /// Returns the member whose end is the next that was not given yet, with its exit. Waits for at most `timeout` if
    /// there is none; `None`: as long as it takes.
    ///
    /// A worker that failed has ended like any other. Its state is `Stopped`, but its thread may take a moment longer to be
    /// gone; [`Handle::wait`] waits for that too.
    ///
    /// # Errors
    ///
    /// - [`NoTask::NotYet`]: no member has ended in time. Also if this is a turn of a worker that was told to stop, which
    ///   cuts the wait.
    /// - [`NoTask::Ended`]: there are no members left.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Exits, NoTask};
    /// use std::time::Duration;
    ///
    /// let mail = pyaltt::queue(|_letter: &str, _cx| ()).start()?;
    /// let mut exits = Exits::new();
    /// exits.add(&mail);
    /// assert_eq!(exits.next(Duration::from_millis(5)).unwrap_err(), NoTask::NotYet);
    /// mail.stop()?;
    /// assert_eq!(exits.next(None)?.0, *mail);
    /// assert_eq!(exits.next(None).unwrap_err(), NoTask::Ended);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn next(&mut self, timeout: impl Into<Option<Duration>>) -> Result<(Handle, Exit), NoTask> {
        if self.members.is_empty() {
            return Err(NoTask::Ended);
        }
        let wait = timeout.into().map_or(Wait::Forever, Wait::within);
        let (worker, life, exit) = loop {
            let whom = self.members.values().next().map(|member| member.worker.control().wait_slot());
            let (key, exit) = self.arrivals.first(wait, whom).map_err(|_| NoTask::NotYet)?;
            match self.members.remove(&key) {
                Some(Member { worker, life, .. }) => break (worker, life, exit),
                // It was added a second time, and ended before that was taken back.
                None => user_code::discard(exit),
            }
        };
        self.lives.remove(&(worker.id(), life));
        Ok((worker, exit))
    }
}

impl fmt::Debug for Exits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exits").field("members", &self.members.len()).finish_non_exhaustive()
    }
}
