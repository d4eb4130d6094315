//! How a task is put.

use std::time::{Duration, Instant, SystemTime};

use pyaltt_core::{Headers, Priority, TaskId};

use crate::engine::put::{RawPut, When};
use crate::envelope::Envelope;
use crate::link::PutFailure;
use crate::random::random;

/// The options of one put.
///
/// # Examples
///
/// ```
/// use pyaltt::Priority;
/// use pyaltt_durable::{Durable, MemoryStore, Put};
///
/// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
/// mail.put_with("dear Sir".into(), Put::new().priority(Priority::Urgent).attempts(10))?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "these options do nothing without a put"]
pub struct Put {
    when: When,
    priority: Priority,
    unique: Option<String>,
    replace: bool,
    attempts: Option<u32>,
    pub(super) headers: Headers,
    pub(super) patience: Option<Duration>,
    pub(super) id: Option<TaskId>,
}

impl Put {
    /// Makes the options of a plain put: at once, of normal priority, with the attempts of the queue.
    ///
    /// # Examples
    ///
    /// [`Put`] shows its use.
    ///
    /// ```
    /// let how = pyaltt_durable::Put::new();
    /// # drop(how);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the task wait before it is ready. It waits in the engine, in no process's memory.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::Put;
    /// let how = Put::new().delay(std::time::Duration::from_secs(60));
    /// # drop(how);
    /// ```
    pub fn delay(self, delay: Duration) -> Self {
        Self { when: When::In(delay), ..self }
    }

    /// Makes the task wait until a time, by the engine's clock.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::Put;
    /// use std::time::{Duration, SystemTime};
    ///
    /// let how = Put::new().at(SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000));
    /// # drop(how);
    /// ```
    pub fn at(self, time: SystemTime) -> Self {
        Self { when: When::At(time), ..self }
    }

    /// Sets the level. Tasks of a higher one run first, but [none starves](crate::DurableBuilder::fair_share). The default is
    /// [`Priority::Normal`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::Put;
    /// let how = Put::new().priority(pyaltt::Priority::Low);
    /// # drop(how);
    /// ```
    pub fn priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Gives the task a key. While a task with this key waits or runs, no other one with it is stored.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::Put;
    /// let how = Put::new().unique("newsletter of May");
    /// # drop(how);
    /// ```
    pub fn unique(self, key: impl Into<String>) -> Self {
        Self { unique: Some(key.into()), ..self }
    }

    /// Makes a task with the same [unique](Self::unique) key that waits take this one's payload, time and options.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::Put;
    /// let how = Put::new().unique("newsletter of May").replace();
    /// # drop(how);
    /// ```
    pub fn replace(self) -> Self {
        Self { replace: true, ..self }
    }

    /// Sets how many attempts the task has, instead of as many as the queue's [`Retry`](crate::Retry) says.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::Put;
    /// let how = Put::new().attempts(1);
    /// # drop(how);
    /// ```
    pub fn attempts(self, attempts: u32) -> Self {
        Self { attempts: Some(attempts.max(1)), ..self }
    }

    /// Adds something that goes with the task, such as a trace id. The turn finds it in `cx.task()`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::Put;
    /// let how = Put::new().header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    /// # drop(how);
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sets for how long the put tries again while the engine cannot be reached. By default it does not try again.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::Put;
    /// let how = Put::new().patience(std::time::Duration::from_secs(5));
    /// # drop(how);
    /// ```
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// Sets the id, so that a put can be repeated: while a task with this id is there, no other one is stored.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::{Durable, MemoryStore, Placed, Put, fresh_id};
    ///
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// let how = Put::new().id(fresh_id());
    /// let first = mail.put_with("dear Sir".into(), how.clone())?;
    /// assert_eq!(mail.put_with("dear Sir".into(), how)?, Placed::Existing(first.id()));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn id(self, id: TaskId) -> Self {
        Self { id: Some(id), ..self }
    }

    pub(super) fn raw(&self, id: TaskId, envelope: Envelope) -> RawPut {
        let mut put = RawPut::new(id, envelope);
        put.when = self.when;
        put.priority = self.priority;
        put.attempts = self.attempts;
        put.unique.clone_from(&self.unique);
        put.replace = self.replace;
        put
    }
}

/// The id of the nth of several tasks that are put as one: all follow from the first, so that the put can be repeated.
pub(super) fn nth_id(first: TaskId, n: usize) -> TaskId {
    let number = u128::from_be_bytes(first.to_bytes());
    TaskId::from_bytes(number.wrapping_add(n as u128).to_be_bytes())
}

/// The pauses between attempts of a put.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Tries again while nothing was sent, until the time is over. A stop of the worker that the thread belongs to ends it.
pub(super) fn with_patience<R>(
    until: Instant,
    mut put: impl FnMut() -> Result<R, PutFailure>,
) -> Result<R, PutFailure> {
    let wait = pyaltt_core::layer::CutWait::new();
    let mut pause = SHORTEST_PAUSE;
    loop {
        let failure = match put() {
            Err(failure @ PutFailure::NotSent(_)) => failure,
            other => return other,
        };
        let end = Instant::now() + pause.mul_f64(0.75 + 0.25 * random());
        if end >= until {
            return Err(failure);
        }
        while !wait.is_cut() && !wait.park(Some(end)) {}
        if wait.is_cut() {
            return Err(PutFailure::Cut);
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
