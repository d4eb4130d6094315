//! The queue as its users see it.
//!
//! - [`builder`]: its options. [`put`]: how a task is put. [`dead`]: the tasks that have failed for good.
//! - [`format`]: tasks as bytes. [`lending`]: the side of the workers. [`error`]: what an operator's request fails with.

pub(crate) mod builder;
pub(crate) mod dead;
pub(crate) mod error;
mod format;
mod lending;
pub(crate) mod put;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use pyaltt_core::layer;
use pyaltt_core::{BoxError, PutError, PutErrorKind, PutPatience, TaskId};

use crate::engine::admin::{Admin, AdminAnswer, Cancelled};
use crate::engine::contract::Engine;
use crate::engine::error::EngineError;
use crate::engine::name::QueueName;
use crate::engine::put::{Placed, RawPut};
use crate::engine::stats::{Finding, QueueStats};
use crate::engine::view::TaskView;
use crate::envelope::{Envelope, fresh_id};
use crate::link::PutFailure;
use crate::shared::Shared;
use error::QueueError;
use format::TaskFormat;
use put::Put;

/// A queue whose tasks outlive the process, of whatever engine. Its clones are the same queue.
///
/// Give it to a worker with [`queue(..)`](pyaltt_core::Builder::queue), or only put: a process needs no worker for that. A
/// program can have any number of workers of it, and so can any number of processes.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::{Durable, MemoryStore};
///
/// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
/// let id = mail.put("dear Sir".into())?;
/// let (delivered, seen) = std::sync::mpsc::channel();
/// let postman = pyaltt::queue(move |letter: String, cx| {
///     let task = cx.task().expect("the queue is durable");
///     delivered.send((letter, task.id)).is_ok()
/// })
/// .queue(mail.clone())
/// .start()?;
/// assert_eq!(seen.recv()?, ("dear Sir".to_owned(), id));
/// postman.drain()?;
/// assert_eq!(mail.find(id)?, None); // nothing is kept of what is done
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct Durable<T> {
    shared: Arc<Shared>,
    format: Arc<TaskFormat<T>>,
}

impl<T: Send + 'static> Durable<T> {
    /// Puts a task. After `Ok` it is stored, by what the engine promises.
    ///
    /// Puts of several threads at once are stored as one, which is a lot faster.
    ///
    /// # Errors
    ///
    /// Hands the task back in a [`PutError`], which says why by its [`kind`](PutError::kind), and in words of the engine by
    /// its [`reason`](PutError::reason):
    ///
    /// - [`Unavailable`](PutErrorKind::Unavailable): the engine cannot be reached, and the task is not stored.
    /// - [`Uncertain`](PutErrorKind::Uncertain): the engine was reached and has not answered, so the task may be stored.
    ///   [`put_again`](Self::put_again) repeats the put without a danger of doubling it.
    /// - [`Rejected`](PutErrorKind::Rejected): the task is too large, or cannot be encoded, or its unique key or a header has a
    ///   NUL character. The log says which.
    /// - [`Stopping`](PutErrorKind::Stopping): this is a turn of a worker that was told to stop while it waited for others
    ///   that put.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// let id = mail.put("dear Sir".into())?;
    /// assert_eq!(mail.find(id)?.map(|task| task.attempt), Some(0));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn put(&self, task: T) -> Result<TaskId, PutError<T>> {
        self.put_with(task, Put::new()).map(Placed::id)
    }

    /// Puts a task with options: a delay, a priority, a unique key and so on.
    ///
    /// A task whose unique key is held by another one is not stored: the answer is [`Placed::Existing`].
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// use pyaltt::Priority;
    /// use pyaltt_durable::{Placed, Put};
    /// use std::time::Duration;
    ///
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// let how = Put::new().priority(Priority::High).delay(Duration::from_secs(60)).unique("newsletter of May");
    /// let first = mail.put_with("dear Sir".into(), how.clone())?;
    /// assert_eq!(mail.put_with("dear Sir".into(), how)?, Placed::Existing(first.id()));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "options are made for one put")]
    pub fn put_with(&self, task: T, how: Put) -> Result<Placed, PutError<T>> {
        let patience = how.patience.map(|patience| Instant::now().checked_add(patience));
        let patience = match patience {
            Some(Some(until)) => PutPatience::Until(until),
            _ => PutPatience::Forever,
        };
        self.put_within(task, &how, patience)
    }

    fn put_within(&self, task: T, how: &Put, patience: PutPatience) -> Result<Placed, PutError<T>> {
        let id = how.id.unwrap_or_else(fresh_id);
        let put = match self.encode(&task, how, id) {
            Ok(put) => put,
            Err(error) => return Err(self.rejected(task, id, &error)),
        };
        match self.put_raw(vec![put], patience) {
            Ok(placed) => Ok(placed.first().copied().unwrap_or(Placed::New(id))),
            Err(failure) => Err(self.put_error(task, id, &failure)),
        }
    }

    /// Puts several tasks, all or none, as one. Returns their ids, in order.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put). If one of the tasks is rejected, none is stored. What is uncertain is repeated with
    /// [`put_many_again`](Self::put_many_again).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// let ids = mail.put_many(vec!["dear Sir".into(), "dear Madam".into()])?;
    /// assert_eq!(ids.len(), 2);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn put_many(&self, tasks: Vec<T>) -> Result<Vec<TaskId>, PutError<Vec<T>>> {
        self.put_many_as(tasks, fresh_id())
    }

    fn put_many_as(&self, tasks: Vec<T>, first: TaskId) -> Result<Vec<TaskId>, PutError<Vec<T>>> {
        if tasks.is_empty() {
            return Ok(Vec::new());
        }
        let how = Put::new();
        let puts =
            tasks.iter().enumerate().map(|(index, task)| self.encode(task, &how, put::nth_id(first, index)));
        let puts: Vec<_> = match puts.collect() {
            Ok(puts) => puts,
            Err(error) => return Err(self.rejected(tasks, first, &error)),
        };
        match self.put_raw(puts, PutPatience::Forever) {
            Ok(placed) => Ok(placed.into_iter().map(Placed::id).collect()),
            Err(failure) => Err(self.put_error(tasks, first, &failure)),
        }
    }

    /// Repeats a put that was [`Uncertain`](PutErrorKind::Uncertain), or any other that failed, with the id that it had. So
    /// the task is stored once, also if it was stored the first time. The options of a [`put_with`](Self::put_with) are not
    /// in the error: repeat it with [`Put::id`].
    ///
    /// A task that was stored the first time and is done already is put again.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// use pyaltt::{PutError, PutErrorKind, TaskId};
    ///
    /// fn put(mail: &Durable<String>, letter: String) -> Result<TaskId, PutError<String>> {
    ///     mail.put(letter).or_else(|error| match error.kind() {
    ///         PutErrorKind::Uncertain => mail.put_again(error),
    ///         _ => Err(error),
    ///     })
    /// }
    ///
    /// let mail = MemoryStore::default().queue("mail").build()?;
    /// put(&mail, "dear Sir".into())?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn put_again(&self, error: PutError<T>) -> Result<TaskId, PutError<T>> {
        let how = error.id().map_or_else(Put::new, |id| Put::new().id(id));
        self.put_with(error.into_inner(), how).map(Placed::id)
    }

    /// Repeats a [`put_many`](Self::put_many) that failed, with the ids that it had.
    ///
    /// # Errors
    ///
    /// As [`put_many`](Self::put_many).
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// let letters = vec!["dear Sir".into(), "dear Madam".into()];
    /// mail.put_many(letters).or_else(|error| mail.put_many_again(error))?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn put_many_again(&self, error: PutError<Vec<T>>) -> Result<Vec<TaskId>, PutError<Vec<T>>> {
        let first = error.id().unwrap_or_else(fresh_id);
        self.put_many_as(error.into_inner(), first)
    }

    /// Returns what an engine stores of a task, for engines that store it in another way than by a put of this queue, such as in
    /// a transaction of the user. Most programs do not need it.
    ///
    /// # Errors
    ///
    /// If the task cannot be stored: it is too large, or cannot be encoded.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// use pyaltt_durable::Put;
    ///
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").kind("letter").build()?;
    /// let raw = mail.prepare(&"dear Sir".into(), &Put::new().unique("sir"))?;
    /// assert_eq!((raw.envelope.kind.as_str(), raw.unique.as_deref()), ("letter", Some("sir")));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn prepare(&self, task: &T, how: &Put) -> Result<RawPut, QueueError> {
        let id = how.id.unwrap_or_else(fresh_id);
        self.encode(task, how, id)
            .map_err(|error| QueueError::of_engine(self.name(), EngineError::Refused(error)))
    }

    fn encode(&self, task: &T, how: &Put, id: TaskId) -> Result<RawPut, BoxError> {
        let options = &self.shared.options;
        let body = self.format.encode(task)?;
        let mut envelope = Envelope::new(&*options.kind, options.version, body);
        envelope.headers.clone_from(&how.headers);
        envelope.check(options.max_body)?;
        let raw = how.raw(id, envelope);
        raw.check()?;
        Ok(raw)
    }

    /// Stores tasks. While the engine cannot be reached it tries again, if the producer has set a limit for that.
    fn put_raw(&self, puts: Vec<RawPut>, patience: PutPatience) -> Result<Vec<Placed>, PutFailure> {
        let PutPatience::Until(until) = patience else { return self.shared.put(puts, None) };
        put::with_patience(until, || self.shared.put(puts.clone(), Some(until)))
    }

    fn rejected<P>(&self, task: P, id: TaskId, error: &BoxError) -> PutError<P> {
        let text = layer::call(|| error.to_string()).unwrap_or_else(|panic| panic.to_string());
        self.put_error(task, id, &PutFailure::Refused(text.into()))
    }

    fn put_error<P>(&self, task: P, id: TaskId, failure: &PutFailure) -> PutError<P> {
        let (kind, reason) = match failure {
            PutFailure::NotSent(reason) => (PutErrorKind::Unavailable, &**reason),
            PutFailure::NoAnswer(reason) => {
                self.shared.repeats.put_is_uncertain();
                (PutErrorKind::Uncertain, &**reason)
            }
            PutFailure::Refused(reason) => (PutErrorKind::Rejected, &**reason),
            PutFailure::Cut => return PutError::new(task, PutErrorKind::Stopping).with_id(id),
            PutFailure::Timeout => return PutError::new(task, PutErrorKind::Timeout).with_id(id),
        };
        tracing::warn!(queue = %self.shared.options.queue, task = %id, error = reason, "a task was not put");
        PutError::new(task, kind).with_id(id).with_reason(reason)
    }

    /// Takes a task out of the queue. One that runs is not stopped: its turn is told by
    /// [`is_lost`](pyaltt_core::Context::is_lost) at the next round of its process, and whatever it comes to, the task is gone.
    ///
    /// # Errors
    ///
    /// If the engine does not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// use pyaltt_durable::Cancelled;
    ///
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// let id = mail.put("dear Sir".into())?;
    /// assert_eq!(mail.cancel(id)?, Cancelled::Removed);
    /// assert_eq!(mail.cancel(id)?, Cancelled::Unknown);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn cancel(&self, id: TaskId) -> Result<Cancelled, QueueError> {
        let cancelled = self.ask(Admin::Cancel(id), |answer| match answer {
            AdminAnswer::Cancelled(cancelled) => Some(cancelled),
            _ => None,
        })?;
        if cancelled == Cancelled::Running {
            // Perhaps it runs here: then it is told at once.
            self.shared.cancelled();
        }
        Ok(cancelled)
    }

    /// Looks for a task. One that is done is gone.
    ///
    /// # Errors
    ///
    /// If the engine does not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// use pyaltt_durable::TaskState;
    ///
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// let id = mail.put("dear Sir".into())?;
    /// assert_eq!(mail.find(id)?.map(|task| task.state), Some(TaskState::Ready));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn find(&self, id: TaskId) -> Result<Option<TaskView>, QueueError> {
        self.ask(Admin::Find(id), |answer| match answer {
            AdminAnswer::Task(task) => Some(task.map(|task| *task)),
            _ => None,
        })
    }

    /// Returns the name of the queue.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// assert_eq!(mail.name().as_str(), "mail");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &QueueName {
        &self.shared.options.queue
    }

    /// Counts the tasks, and tells of the processes that take them and of the engine.
    ///
    /// # Errors
    ///
    /// If the engine does not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// use pyaltt::Priority;
    ///
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// mail.put("dear Sir".into())?;
    /// assert_eq!(mail.stats()?.ready[Priority::Normal as usize], 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn stats(&self) -> Result<QueueStats, QueueError> {
        self.ask(Admin::Stats, |answer| match answer {
            AdminAnswer::Stats(stats) => Some(QueueStats { repeats: self.shared.repeats.view(), ..*stats }),
            _ => None,
        })
    }

    /// Makes that no process takes tasks any more, until [`resume`](Self::resume). Turns under way go on, and puts succeed.
    ///
    /// # Errors
    ///
    /// If the engine does not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// mail.pause()?;
    /// assert!(mail.stats()?.paused);
    /// mail.resume()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn pause(&self) -> Result<(), QueueError> {
        self.ask(Admin::Pause, |_| Some(()))
    }

    /// Ends a [`pause`](Self::pause).
    ///
    /// # Errors
    ///
    /// If the engine does not answer.
    ///
    /// # Examples
    ///
    /// [`pause`](Self::pause) shows its use.
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// mail.resume()?; // it was not paused: nothing happens
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn resume(&self) -> Result<(), QueueError> {
        self.ask(Admin::Resume, |_| Some(()))
    }

    /// Checks the settings and the consistency of the store. The settings are checked when the queue is built, too.
    ///
    /// # Errors
    ///
    /// If the engine does not answer. What it finds is no error.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// use pyaltt_durable::Severity;
    ///
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// assert_eq!(mail.check()?[0].severity, Severity::Breaks); // it is in memory
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn check(&self) -> Result<Vec<Finding>, QueueError> {
        let checked = self.shared.link.call(Engine::check);
        checked.map_err(|error| QueueError::of_engine(&self.shared.options.queue, error))
    }

    fn ask<R>(&self, request: Admin, read: impl FnOnce(AdminAnswer) -> Option<R>) -> Result<R, QueueError> {
        let queue = &self.shared.options.queue;
        let answer = self.shared.link.call(|engine| engine.admin(queue, request));
        let answer = answer.map_err(|error| QueueError::of_engine(queue, error))?;
        read(answer).ok_or_else(|| QueueError::confused(queue))
    }

    /// Reads a task that was stored.
    fn decode(&self, envelope: &Envelope) -> Result<T, BoxError> {
        self.format.decode(envelope, self.shared.options.version)
    }
}

impl<T> Clone for Durable<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), format: Arc::clone(&self.format) }
    }
}

impl<T> fmt::Debug for Durable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Durable").field("queue", &self.shared.options.queue).finish_non_exhaustive()
    }
}
