//! A leased queue in memory, which a test looks into and lets fail.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};
use pyaltt::leased::{Lease, LeasedQueue, Lent, Loss, PutPatience, Settlement, Take};
use pyaltt::{PutError, PutErrorKind, TaskId, TaskInfo, Waker};

/// A leased queue of a test's own: first in, first out. Clones are the same queue.
///
/// A task that failed comes again at the end of the line until its attempts are used up, and is dead then; one that is
/// handed back comes again at its old place. [`Faults`] make it fail, and let a test hold the answers of its store.
///
/// # Examples
///
/// ```
/// use pyaltt::Queue;
/// use testkit::LendingQueue;
///
/// let tasks = LendingQueue::new();
/// let worker = pyaltt::queue(|_task: u8, _cx| ()).queue(Queue::leased(tasks.clone())).start()?;
/// worker.put(1)?;
/// worker.drain()?;
/// assert_eq!(tasks.texts(), ["0 Done"]);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct LendingQueue<T> {
    shared: Arc<(Mutex<Inner<T>>, Condvar)>,
}

/// What goes wrong in a [`LendingQueue`].
#[derive(Debug, Default)]
pub struct Faults {
    /// What a put fails with.
    pub put: Option<PutErrorKind>,
    /// `take`, `settle`, `depth`, `judge` or `leave` that panics.
    pub panics_in: Option<&'static str>,
    /// The store gives no answer: settlements stay under way, and no look comes back.
    pub is_stalled: bool,
    /// A look into the store takes until the test calls [`answer`](LendingQueue::answer).
    pub is_slow: bool,
    /// How many tasks a `take` gives beyond what it was asked for.
    pub excess: usize,
}

struct Inner<T> {
    ready: VecDeque<Stored<T>>,
    lent: BTreeMap<i64, Held<T>>,
    dead: Vec<T>,
    later: Vec<(Duration, T)>,
    slots: i64,
    attempts: u32,
    /// Each settlement, in order, and how many came at once.
    settled: Vec<(Lease, Settlement)>,
    rounds: Vec<usize>,
    /// What was settled while the store was stalled.
    under_way: usize,
    wakers: BTreeMap<u64, Waker>,
    /// The most that was asked for, by each take.
    asked: Vec<usize>,
    judgement: Option<Settlement>,
    /// The slow look that is under way, or has come back.
    look: Option<Look>,
    closed: bool,
    faults: Faults,
    grace: Duration,
    left: Vec<(u64, Duration)>,
    rested: Vec<u64>,
}

/// A slow look into the store.
#[derive(Clone, Copy)]
struct Look {
    /// What there was when it began.
    found: usize,
    is_back: bool,
    /// A worker has asked since it began.
    is_stale: bool,
}

#[derive(Clone)]
struct Stored<T> {
    slot: i64,
    token: i64,
    attempt: u32,
    task: T,
}

struct Held<T> {
    stored: Stored<T>,
    loss: Loss,
}

impl<T: Clone + Send + 'static> LendingQueue<T> {
    /// An empty queue, whose tasks have five attempts.
    pub fn new() -> Self {
        let inner = Inner {
            ready: VecDeque::new(),
            lent: BTreeMap::new(),
            dead: Vec::new(),
            later: Vec::new(),
            slots: 0,
            attempts: 5,
            settled: Vec::new(),
            rounds: Vec::new(),
            under_way: 0,
            wakers: BTreeMap::new(),
            asked: Vec::new(),
            judgement: None,
            look: None,
            closed: false,
            faults: Faults::default(),
            grace: Duration::from_millis(100),
            left: Vec::new(),
            rested: Vec::new(),
        };
        Self { shared: Arc::new((Mutex::new(inner), Condvar::new())) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.shared.0.lock()
    }

    /// Changes what goes wrong.
    pub fn set_faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.lock().faults);
        self.wake();
    }

    /// Sets how many attempts a task has.
    pub fn set_attempts(&self, attempts: u32) {
        self.lock().attempts = attempts;
    }

    /// Sets what becomes of tasks that failed.
    pub fn set_judgement(&self, settlement: Settlement) {
        self.lock().judgement = Some(settlement);
    }

    /// Sets how long the end of a run waits for settlements.
    pub fn set_grace(&self, grace: Duration) {
        self.lock().grace = grace;
    }

    /// Puts a task as another process would.
    pub fn add(&self, task: T) {
        let mut inner = self.lock();
        let slot = inner.slots;
        inner.slots += 1;
        inner.ready.push_back(Stored { slot, token: 0, attempt: 0, task });
        drop(inner);
        self.wake();
    }

    /// Calls the wakers of all workers that take from the queue.
    pub fn wake(&self) {
        let wakers: Vec<_> = self.lock().wakers.values().cloned().collect();
        wakers.iter().for_each(Waker::wake);
        self.shared.1.notify_all();
    }

    /// Lets the slow look come back that is under way.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn answer(&self) {
        self.lock().look.as_mut().expect("a look is under way").is_back = true;
        self.wake();
    }

    /// Lets a slow look come back, if one is under way.
    pub fn answer_any(&self) {
        if let Some(look) = &mut self.lock().look {
            look.is_back = true;
        }
        self.wake();
    }

    /// Waits until a worker has asked for tasks so many times.
    pub fn wait_for_takes(&self, count: usize) {
        let mut inner = self.lock();
        while inner.asked.len() < count {
            self.shared.1.wait(&mut inner);
        }
    }

    /// Tells all workers that they have lost what they have in hand.
    pub fn lose_all(&self) {
        self.lock().lent.values().for_each(|held| held.loss.mark());
    }

    /// The settlements so far, in order: the slot, from 0, and the settlement.
    pub fn settled(&self) -> Vec<(i64, Settlement)> {
        self.lock().settled.iter().map(|(lease, settlement)| (lease.slot(), settlement.clone())).collect()
    }

    /// The settlements so far as text: `0 Done`, `1 Failed(no paper)`.
    pub fn texts(&self) -> Vec<String> {
        let text = |(slot, settlement): (i64, Settlement)| match settlement {
            Settlement::Failed(error) => format!("{slot} Failed({error})"),
            Settlement::Panicked(error) => format!("{slot} Panicked({error})"),
            Settlement::GiveUp(error) => format!("{slot} GiveUp({error})"),
            Settlement::RetryAfter(delay, error) => format!("{slot} RetryAfter({delay:?}, {error})"),
            other => format!("{slot} {other:?}"),
        };
        self.settled().into_iter().map(text).collect()
    }

    /// Waits until there are at least this many settlements.
    pub fn wait_for(&self, count: usize) {
        let mut inner = self.lock();
        while inner.settled.len() < count {
            self.shared.1.wait(&mut inner);
        }
    }

    /// How many settlements came at once, for each time.
    pub fn rounds(&self) -> Vec<usize> {
        self.lock().rounds.clone()
    }

    /// How many tasks each take has asked for.
    pub fn asked(&self) -> Vec<usize> {
        self.lock().asked.clone()
    }

    /// The tasks that are ready.
    pub fn ready(&self) -> Vec<T> {
        self.lock().ready.iter().map(|stored| stored.task.clone()).collect()
    }

    /// The tasks whose attempts are used up, or that were given up.
    pub fn dead(&self) -> Vec<T> {
        self.lock().dead.clone()
    }

    /// The tasks that were put off, with their delays.
    pub fn later(&self) -> Vec<(Duration, T)> {
        self.lock().later.clone()
    }

    /// How many tasks are in a hand.
    pub fn lent(&self) -> usize {
        self.lock().lent.len()
    }

    /// How often runs have left, and the time that each gave it.
    pub fn left(&self) -> Vec<Duration> {
        self.lock().left.iter().map(|(_, grace)| *grace).collect()
    }

    /// The workers that were paused, in order.
    pub fn rested(&self) -> Vec<u64> {
        self.lock().rested.clone()
    }

    /// How many workers take from it now.
    pub fn workers(&self) -> usize {
        self.lock().wakers.len()
    }
}

impl<T: Clone> Inner<T> {
    fn fault(&self, place: &str) {
        assert!(self.faults.panics_in != Some(place), "{}{place}", crate::EXPECTED);
    }

    fn settle(&mut self, lease: Lease, settlement: &Settlement) {
        self.settled.push((lease, settlement.clone()));
        let is_held = self.lent.get(&lease.slot()).is_some_and(|held| held.stored.token == lease.token());
        let Some(Held { mut stored, .. }) = is_held.then(|| self.lent.remove(&lease.slot())).flatten() else {
            return;
        };
        let is_last = stored.attempt >= self.attempts;
        match *settlement {
            Settlement::Done => {}
            Settlement::HandBack(None) => {
                stored.attempt -= 1;
                let place = self.ready.partition_point(|other| other.slot < stored.slot);
                self.ready.insert(place, stored);
            }
            Settlement::HandBack(Some(delay)) => self.later.push((delay, stored.task)),
            Settlement::GiveUp(_) => self.dead.push(stored.task),
            _ if is_last => self.dead.push(stored.task),
            Settlement::RetryAfter(delay, _) => self.later.push((delay, stored.task)),
            _ => self.ready.push_back(stored),
        }
    }
}

impl<T: Clone + Send + 'static> LeasedQueue for LendingQueue<T> {
    type Task = T;

    fn put(&self, task: T, _patience: PutPatience) -> Result<(), PutError<T>> {
        let inner = self.lock();
        let kind = if inner.closed { Some(PutErrorKind::Closed) } else { inner.faults.put };
        drop(inner);
        if let Some(kind) = kind {
            return Err(PutError::new(task, kind).with_id(id_of(7)));
        }
        self.add(task);
        Ok(())
    }

    fn take(&self, _worker: u64, max: usize) -> Take<T> {
        let mut inner = self.lock();
        inner.fault("take");
        inner.asked.push(max);
        self.shared.1.notify_all();
        if inner.faults.is_stalled {
            return Take::Idle;
        }
        let mut count = inner.ready.len();
        if inner.faults.is_slow {
            match &mut inner.look {
                // Whoever asked while it was under way is to hear of a later one, if it has found nothing.
                Some(look) if look.is_back && (look.found > 0 || !look.is_stale) => {
                    count = count.min(look.found);
                    inner.look = None;
                }
                Some(look) if !look.is_back => {
                    look.is_stale = true;
                    return Take::Idle;
                }
                _ => {
                    inner.look = Some(Look { found: count, is_back: false, is_stale: false });
                    return Take::Idle;
                }
            }
        }
        let count = count.min(max + inner.faults.excess);
        let attempts = inner.attempts;
        let next: Vec<_> = inner.ready.drain(..count).collect();
        let lend = |mut stored: Stored<T>| {
            stored.token += 1;
            stored.attempt += 1;
            let mut info = TaskInfo::new(id_of(stored.slot));
            (info.attempt, info.attempts) = (stored.attempt, attempts);
            let lent = Lent::new(stored.task.clone(), info, Lease::new(stored.slot, stored.token));
            inner.lent.insert(stored.slot, Held { stored, loss: lent.loss.clone() });
            lent
        };
        let tasks: Vec<_> = next.into_iter().map(lend).collect();
        if tasks.is_empty() { Take::Empty } else { Take::Tasks(tasks) }
    }

    fn settle(&self, lease: Lease, settlement: Settlement) {
        self.settle_all(vec![(lease, settlement)]);
    }

    fn settle_all(&self, settlements: Vec<(Lease, Settlement)>) {
        let mut inner = self.lock();
        inner.fault("settle");
        inner.rounds.push(settlements.len());
        if inner.faults.is_stalled {
            inner.under_way += settlements.len();
        }
        for (lease, settlement) in settlements {
            inner.settle(lease, &settlement);
        }
        drop(inner);
        self.wake();
    }

    fn judge(&self, _error: &pyaltt::WorkerError, _info: &TaskInfo) -> Option<Settlement> {
        let inner = self.lock();
        inner.fault("judge");
        inner.judgement.clone()
    }

    fn depth(&self) -> usize {
        let inner = self.lock();
        inner.fault("depth");
        inner.ready.len()
    }

    fn rest(&self, worker: u64) {
        self.lock().rested.push(worker);
    }

    fn subscribe(&self, worker: u64, waker: Waker) {
        self.lock().wakers.insert(worker, waker);
    }

    fn leave(&self, worker: u64, grace: Duration) -> usize {
        let mut inner = self.lock();
        inner.wakers.remove(&worker);
        inner.left.push((worker, grace));
        inner.fault("leave");
        std::mem::take(&mut inner.under_way)
    }

    fn stop_grace(&self) -> Duration {
        self.lock().grace
    }

    fn close(&self) {
        self.lock().closed = true;
    }
}

/// The id of the task in a slot.
fn id_of(slot: i64) -> TaskId {
    TaskId::from_bytes(i128::from(slot).to_be_bytes())
}

impl<T: Clone + Send + 'static> Default for LendingQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for LendingQueue<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> fmt::Debug for LendingQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.shared.0.lock();
        f.debug_struct("LendingQueue")
            .field("ready", &inner.ready.len())
            .field("lent", &inner.lent.len())
            .finish()
    }
}
