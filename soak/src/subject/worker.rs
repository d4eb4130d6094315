//! A worker under test, as the threads that drive it hold it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::Sender;
use pyaltt::{BackgroundQueueWorker, StopError};
use testkit::AnyWorker;

use crate::account::queue_account::QueueAccount;
use crate::account::task::Task;
use crate::subject::counted_event::CountedEvent;
use crate::subject::part::{Consumer, Listener, Looper};
use crate::subject::restarts::Ends;
use crate::subject::tested::Tested;

/// A worker under test. Clones are handles of the same worker.
#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) worker: AnyWorker<Task>,
    pub(crate) source: Source,
    pub(crate) ends: Arc<Ends>,
}

/// Where its turns come from.
#[derive(Clone)]
pub(crate) enum Source {
    Clock,
    Queue(QueueSource),
    Event(EventSource),
}

#[derive(Clone)]
pub(crate) struct QueueSource {
    pub(crate) account: Arc<QueueAccount>,
    /// The sender of a channel, if the worker has only the receiver.
    pub(crate) sender: Option<Sender<Task>>,
    /// Whether a put into the full queue waits.
    pub(crate) blocks: bool,
    pub(crate) is_shared: bool,
}

#[derive(Clone)]
pub(crate) struct EventSource {
    pub(crate) event: Arc<CountedEvent>,
    /// How often the event had been set when the worker was built.
    pub(crate) since: u64,
    pub(crate) heard: Arc<AtomicU64>,
}

impl EventSource {
    /// How many triggers the worker has not heard of yet.
    pub(crate) fn unheard(&self) -> i64 {
        let set = self.event.count() - self.since;
        set.cast_signed() - self.heard.load(Ordering::SeqCst).cast_signed()
    }
}

impl Subject {
    /// The queue worker and its source, if it is one.
    pub(crate) fn queue(&self) -> Option<(&BackgroundQueueWorker<Task>, &QueueSource)> {
        match (&self.worker, &self.source) {
            (AnyWorker::Queue(worker), Source::Queue(source)) => Some((worker, source)),
            _ => None,
        }
    }

    pub(crate) fn event(&self) -> Option<&EventSource> {
        if let Source::Event(source) = &self.source { Some(source) } else { None }
    }

    /// Whether nothing waits for the worker.
    pub(crate) fn is_idle(&self) -> bool {
        let has_no_task = self.queue().is_none_or(|(worker, _)| worker.is_empty());
        has_no_task && self.event().is_none_or(|source| source.unheard() == 0)
    }

    /// What the worker itself counted as its turns; only when it is stopped.
    pub(crate) fn into_turns(self) -> Option<u64> {
        match self.worker {
            AnyWorker::Looped(worker) => worker.into_inner::<Tested<Looper>>().ok().map(|it| it.turns()),
            AnyWorker::Queue(worker) => worker.into_inner::<Tested<Consumer>>().ok().map(|it| it.turns()),
            AnyWorker::Event(worker) => worker.into_inner::<Tested<Listener>>().ok().map(|it| it.turns()),
        }
    }
}

impl fmt::Display for Subject {
    /// For the report of a stall.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = self.worker.stats();
        let (name, state) = (self.worker.name(), self.worker.state());
        write!(f, "{name}: {state:?}, {} runs, {} turns", counted.runs, counted.turns)?;
        if self.worker.is_paused() {
            write!(f, ", paused")?;
        }
        if let Err(StopError::Timeout { stuck_turn: Some(turn), .. }) =
            self.worker.wait_timeout(Duration::from_millis(1))
        {
            write!(f, ", in turn {turn}")?;
        }
        match (self.queue(), self.event()) {
            (Some((worker, _)), _) => write!(f, ", {} tasks wait", worker.len()),
            (_, Some(source)) => write!(f, ", {} triggers unheard", source.unheard()),
            _ => Ok(()),
        }
    }
}
