//! The trait for queues that lend their tasks out.

use std::time::{Duration, Instant};

use super::put_error::PutError;
use crate::failure::WorkerError;
use crate::lease::Lease;
use crate::lease::info::TaskInfo;
use crate::lease::lent::Lent;
use crate::lease::settlement::Settlement;
use crate::worker::waker::Waker;

/// A queue that lends its tasks out and is told what became of each: a queue that outlives the process, for one.
///
/// Give it to a worker as [`Queue::leased(..)`](super::Queue::leased). The worker [takes](Self::take) a task, runs its turn
/// and [settles](Self::settle) the task by the result. All else, such as when a task that failed comes again, is up to the
/// queue.
///
/// No method may wait for anything but a short lock, except [`put`](Self::put), which may do what storing a task takes, and
/// [`leave`](Self::leave), within its limit. So a stop of a worker needs nothing from the queue's store. A panic in `take`
/// or `depth` fails the run, one in `put` reaches the caller of the put, and one in any other method is logged.
///
/// # Waking
///
/// When `take` gives no task, the worker's demand is noted, and the worker sleeps until its [`Waker`] is called. Call it
/// after each change that the worker has to see: tasks for it, or an [`Empty`](Take::Empty) that it does not know of yet.
/// A call in vain costs one more `take`.
///
/// # Examples
///
/// The simplest queue of this kind. A task that fails is forgotten, and one that is handed back comes again:
///
/// ```
/// use std::collections::{HashMap, VecDeque};
/// use std::sync::{Mutex, PoisonError};
/// use std::time::Duration;
///
/// use pyaltt::leased::{Lease, LeasedQueue, Lent, PutPatience, Settlement, Take};
/// use pyaltt::{PutError, PutErrorKind, Queue, TaskId, TaskInfo, Waker};
///
/// #[derive(Default)]
/// struct Desk(Mutex<Papers>);
///
/// #[derive(Default)]
/// struct Papers {
///     ready: VecDeque<(i64, String)>,
///     lent: HashMap<i64, String>,
///     count: i64,
///     closed: bool,
///     wakers: Vec<(u64, Waker)>,
/// }
///
/// impl LeasedQueue for Desk {
///     type Task = String;
///
///     fn put(&self, task: String, _patience: PutPatience) -> Result<(), PutError<String>> {
///         let mut papers = self.0.lock().unwrap();
///         if papers.closed {
///             return Err(PutError::new(task, PutErrorKind::Closed));
///         }
///         papers.count += 1;
///         let slot = papers.count;
///         papers.ready.push_back((slot, task));
///         papers.wakers.iter().for_each(|(_, waker)| waker.wake());
///         Ok(())
///     }
///
///     fn take(&self, _worker: u64, max: usize) -> Take<String> {
///         let mut papers = self.0.lock().unwrap();
///         let mut taken = Vec::new();
///         while taken.len() < max {
///             let Some((slot, task)) = papers.ready.pop_front() else { break };
///             let info = TaskInfo::new(TaskId::from_bytes(i128::from(slot).to_be_bytes()));
///             taken.push(Lent::new(task.clone(), info, Lease::new(slot, 0)));
///             papers.lent.insert(slot, task);
///         }
///         if taken.is_empty() { Take::Empty } else { Take::Tasks(taken) }
///     }
///
///     fn settle(&self, lease: Lease, settlement: Settlement) {
///         let mut papers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///         let task = papers.lent.remove(&lease.slot());
///         if let (Some(task), Settlement::HandBack(_)) = (task, settlement) {
///             papers.ready.push_front((lease.slot(), task));
///             papers.wakers.iter().for_each(|(_, waker)| waker.wake());
///         }
///     }
///
///     fn depth(&self) -> usize {
///         self.0.lock().unwrap().ready.len()
///     }
///
///     fn subscribe(&self, worker: u64, waker: Waker) {
///         self.0.lock().unwrap().wakers.push((worker, waker));
///     }
///
///     fn leave(&self, worker: u64, _grace: Duration) -> usize {
///         self.0.lock().unwrap().wakers.retain(|(other, _)| *other != worker);
///         0 // every settlement takes effect at once
///     }
///
///     fn close(&self) {
///         self.0.lock().unwrap().closed = true;
///     }
/// }
///
/// let mail = pyaltt::queue(|letter: String, cx| println!("{letter}: {:?}", cx.task().map(|task| task.id)))
///     .queue(Queue::leased(Desk::default()))
///     .start()?;
/// mail.put("dear Sir".into())?;
/// let exit = mail.drain()?;
/// assert_eq!((exit.turns, exit.unsettled), (1, 0));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub trait LeasedQueue: Send + Sync + 'static {
    /// The type of the tasks.
    type Task: Send + 'static;

    /// Stores a task. After `Ok` it is safe by what the queue promises.
    ///
    /// # Errors
    ///
    /// Hands the task back, with the reason: [`Unavailable`](super::put_error::PutErrorKind::Unavailable),
    /// [`Uncertain`](super::put_error::PutErrorKind::Uncertain) and so on.
    fn put(&self, task: Self::Task, patience: PutPatience) -> Result<(), PutError<Self::Task>>;

    /// Gives a worker what lies ready for it, up to `max` tasks, which is at least 1.
    fn take(&self, worker: u64, max: usize) -> Take<Self::Task>;

    /// Takes note of what became of a task. With a lease that holds no more it has no effect.
    fn settle(&self, lease: Lease, settlement: Settlement);

    /// Takes note of what became of several tasks, which had one turn. Override it if one message is cheaper than many.
    fn settle_all(&self, settlements: Vec<(Lease, Settlement)>) {
        for (lease, settlement) in settlements {
            self.settle(lease, settlement);
        }
    }

    /// What is to become of a task whose turn has failed with `error`, by a policy that has to see the error itself and not
    /// only its text. It is called on the worker's thread, with no lock of this library held, and not for a turn that says
    /// so itself. The worker logs when the next attempt is, if this returns
    /// [`RetryAfter`](Settlement::RetryAfter).
    ///
    /// The default leaves it to `settle`, which gets [`Failed`](Settlement::Failed) or [`Panicked`](Settlement::Panicked).
    fn judge(&self, error: &WorkerError, info: &TaskInfo) -> Option<Settlement> {
        let _ = (error, info);
        None
    }

    /// How many tasks are ready: as of the last look into the store, but at least those that were put by this queue and that
    /// no `take` has given out yet. A drain takes as many.
    fn depth(&self) -> usize;

    /// How many tasks a drain that begins now takes at most. The default is [`depth`](Self::depth). A queue that does not know
    /// whether more are ready may say a large number: the drain then ends when a look has found nothing.
    fn drain_limit(&self) -> usize {
        self.depth()
    }

    /// A run of this worker begins. Its waker is to be called as [above](Self#waking).
    fn subscribe(&self, worker: u64, waker: Waker);

    /// This worker is paused: it has no demand until its next [`take`](Self::take), though it may have tasks that are not
    /// settled yet. Tasks that lie ready for it go back. The default does nothing, so that they wait for it.
    fn rest(&self, worker: u64) {
        let _ = worker;
    }

    /// A run of this worker has ended: all that it had was settled, it has no demand any more, and its waker is to be called
    /// no more. Tasks that lie ready for it go back. Waits until its settlements have taken effect, for at most `grace`, and
    /// returns how many are still under way.
    fn leave(&self, worker: u64, grace: Duration) -> usize;

    /// How long the end of a run waits for settlements that are under way. Default: 100 ms. For a run that is terminated it
    /// is no time at all.
    fn stop_grace(&self) -> Duration {
        Duration::from_millis(100)
    }

    /// Refuses further puts by this queue. Called by [`Queue::close`](super::Queue::close); the workers then finish as soon as
    /// nothing is ready.
    fn close(&self);
}

/// The answer of a leased queue to a worker that asks for tasks.
///
/// # Examples
///
/// ```
/// use pyaltt::leased::{Lent, Take};
///
/// fn answer(lent: Vec<Lent<String>>) -> Take<String> {
///     if lent.is_empty() { Take::Empty } else { Take::Tasks(lent) }
/// }
///
/// assert!(matches!(answer(Vec::new()), Take::Empty));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Take<T> {
    /// Tasks, at least one.
    Tasks(Vec<Lent<T>>),
    /// None is here yet. The demand is noted, and the worker's waker will be called when there is news.
    Idle,
    /// A look into the store that began after the `take` of this worker before this one has found nothing. As with `Idle`,
    /// the demand is noted. A look that was under way at that `take` does not count, because a drain, and the run of a queue
    /// that was closed, end by this answer to their second `take`.
    Empty,
    /// There will never be a task again. The run finishes.
    Closed,
}

/// How long a put into a leased queue may take.
///
/// # Examples
///
/// ```
/// use std::time::Instant;
///
/// use pyaltt::leased::PutPatience;
///
/// fn deadline(patience: PutPatience, now: Instant) -> Option<Instant> {
///     match patience {
///         PutPatience::Forever => None,
///         PutPatience::Until(deadline) => Some(deadline),
///         PutPatience::Once => Some(now),
///     }
/// }
///
/// let now = Instant::now();
/// assert_eq!(deadline(PutPatience::Once, now), Some(now));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutPatience {
    /// As long as it takes: [`put`](super::Queue::put).
    Forever,
    /// Until then: [`put_timeout`](super::Queue::put_timeout).
    Until(Instant),
    /// One attempt, and no wait for room or for the return of a store that is gone: [`try_put`](super::Queue::try_put).
    Once,
}
