//! A worker under test, as the threads that use it hold it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crossbeam_channel::Sender;
use pyaltt::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Event, Exit, Start, StartError, State,
    Stats, StopError,
};

use crate::task::{Book, Task};
use crate::workers::{Eater, Listener, Looper, Subject};

/// A worker under test: clones are handles of the same.
#[derive(Clone)]
pub(crate) enum Member {
    Looped(BackgroundWorker),
    Queue(QueueMember),
    Event(EventMember),
}

#[derive(Clone)]
pub(crate) struct QueueMember {
    pub(crate) worker: BackgroundQueueWorker<Task>,
    pub(crate) book: Arc<Book>,
    /// Of a channel that the worker has only the receiver of.
    pub(crate) sender: Option<Sender<Task>>,
    /// A put into the full queue waits.
    pub(crate) blocks: bool,
    pub(crate) is_shared: bool,
}

#[derive(Clone)]
pub(crate) struct EventMember {
    pub(crate) worker: BackgroundEventWorker,
    pub(crate) bell: Arc<Bell>,
    /// How often the bell had been rung when the worker was built.
    pub(crate) since: u64,
    pub(crate) heard: Arc<AtomicU64>,
}

impl EventMember {
    /// How many rings the worker has still to hear of.
    pub(crate) fn unheard(&self) -> i64 {
        let rung = self.bell.rung.load(Ordering::SeqCst) - self.since;
        rung.cast_signed() - self.heard.load(Ordering::SeqCst).cast_signed()
    }
}

/// Calls the handle that every kind has.
macro_rules! on_handle {
    ($member:expr, $handle:ident => $call:expr) => {
        match $member {
            Member::Looped($handle) => $call,
            Member::Queue(QueueMember { worker: $handle, .. }) => $call,
            Member::Event(EventMember { worker: $handle, .. }) => $call,
        }
    };
}

impl Member {
    pub(crate) fn start(&self) -> Result<(), StartError> {
        on_handle!(self, handle => handle.start())
    }

    pub(crate) fn start_with(&self, start: Start) -> Result<(), StartError> {
        on_handle!(self, handle => handle.start_with(start))
    }

    pub(crate) fn stop(&self) -> Result<Exit, StopError> {
        on_handle!(self, handle => handle.stop())
    }

    pub(crate) fn stop_timeout(&self, timeout: Duration) -> Result<Exit, StopError> {
        on_handle!(self, handle => handle.stop_timeout(timeout))
    }

    pub(crate) fn wait_timeout(&self, timeout: Duration) -> Result<Exit, StopError> {
        on_handle!(self, handle => handle.wait_timeout(timeout))
    }

    pub(crate) fn signal_stop(&self) {
        on_handle!(self, handle => handle.signal_stop());
    }

    pub(crate) fn terminate(&self) {
        on_handle!(self, handle => handle.terminate());
    }

    pub(crate) fn detach(&self) {
        on_handle!(self, handle => handle.detach());
    }

    pub(crate) fn state(&self) -> State {
        on_handle!(self, handle => handle.state())
    }

    pub(crate) fn name(&self) -> &str {
        on_handle!(self, handle => handle.name())
    }

    pub(crate) fn stats(&self) -> Stats {
        on_handle!(self, handle => handle.stats())
    }

    pub(crate) fn last_exit(&self) -> Exit {
        on_handle!(self, handle => handle.last_exit())
    }

    /// What the worker itself counted as its turns, when it is stopped.
    pub(crate) fn into_turns(self) -> Option<u64> {
        match self {
            Self::Looped(worker) => {
                worker.into_inner::<Subject<Looper>>().ok().map(|subject| subject.turns())
            }
            Self::Queue(QueueMember { worker, .. }) => {
                worker.into_inner::<Subject<Eater>>().ok().map(|subject| subject.turns())
            }
            Self::Event(EventMember { worker, .. }) => {
                worker.into_inner::<Subject<Listener>>().ok().map(|subject| subject.turns())
            }
        }
    }
}

impl fmt::Display for Member {
    /// For the report of a stall.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stats = self.stats();
        write!(f, "{}: {:?}, {} runs, {} turns", self.name(), self.state(), stats.runs, stats.turns)?;
        if let Err(StopError::Timeout { stuck_turn: Some(turn), .. }) =
            self.wait_timeout(Duration::from_millis(1))
        {
            write!(f, ", turn {turn} in hand")?;
        }
        match self {
            Self::Looped(_) => Ok(()),
            Self::Queue(member) => write!(f, ", {} tasks wait", member.worker.len()),
            Self::Event(member) => write!(f, ", {} rings unheard", member.unheard()),
        }
    }
}

/// An event, and how often it was set.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    event: Event,
    rung: AtomicU64,
    /// Held shared to ring, and alone to build a worker, which then knows how often it was rung before.
    silence: RwLock<()>,
}

impl Bell {
    pub(crate) fn ring(&self) {
        let ringing = self.silence.read().unwrap_or_else(PoisonError::into_inner);
        self.rung.fetch_add(1, Ordering::SeqCst);
        self.event.set();
        drop(ringing);
    }

    /// Calls `f` while nobody rings; gives the number of rings before as well.
    pub(crate) fn while_silent<R>(&self, f: impl FnOnce(&Event) -> R) -> (R, u64) {
        let silence = self.silence.write().unwrap_or_else(PoisonError::into_inner);
        let result = f(&self.event);
        let rung = self.rung.load(Ordering::SeqCst);
        drop(silence);
        (result, rung)
    }
}
