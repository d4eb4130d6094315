//! The handle of a worker of any kind.
//!
//! The handles of each kind are in that kind's folder, and deref to this one.

pub(crate) mod builder;
pub(crate) mod end_future;
pub(crate) mod ending;
mod hooks;
mod pausing;
mod restarting;
#[cfg(feature = "sched")]
mod sched;
pub(crate) mod weak;

use crate::control::Control;
use crate::control::state::State;
use crate::control::stats::Stats;
use crate::error::StartError;
use crate::exit::Exit;
use crate::run::shared::Shared;
use crate::start::Start;
use crate::wait::waiting_on::WaitingOn;
use crate::worker::Worker;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

/// The handle of a worker of any kind: starts it, stops it and waits for it.
///
/// Handles do not name the type of their worker. Each kind has its own, with what only that kind can do:
/// [`BackgroundWorker`](crate::looped::handle::BackgroundWorker),
/// [`BackgroundQueueWorker<T>`](crate::queue::handle::BackgroundQueueWorker) and
/// [`BackgroundEventWorker`](crate::event::handle::BackgroundEventWorker). All of them deref to a `Handle`, and
/// convert into one with `Handle::from`.
///
/// Clones are handles of the same worker, and equal. When the last one is dropped, the worker is told to stop, and is not
/// restarted; if it is not a daemon, the drop also waits until it has. [`detach`](Handle::detach) lets it run on instead. A
/// [`WeakHandle`](weak::WeakHandle) does not count as a handle.
///
/// # Examples
///
/// ```
/// use pyaltt::{ExitReason, State, looped};
/// use std::time::Duration;
///
/// let worker = looped(|_tick, _cx| ()).interval(Duration::from_millis(1)).build()?;
/// assert_eq!(worker.state(), State::Stopped);
/// worker.start()?;
/// assert!(worker.is_active());
/// assert_eq!(worker.stop()?.reason, ExitReason::Stopped);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
///
/// Workers in a struct, and all of them in a `Vec`:
///
/// ```
/// use pyaltt::{BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, Handle};
/// use std::time::Duration;
///
/// struct App {
///     mail: BackgroundQueueWorker<String>,
///     beat: BackgroundWorker,
///     alarm: BackgroundEventWorker,
///     all: Vec<Handle>,
/// }
///
/// impl App {
///     fn start() -> Result<Self, BoxError> {
///         let mail = pyaltt::queue(|letter: String, _cx| println!("{letter}")).start()?;
///         let beat = pyaltt::looped(|_tick, _cx| ()).interval(Duration::from_secs(1)).start()?;
///         let alarm = pyaltt::event(|trigger, _cx| println!("{} alarms", trigger.count)).start()?;
///         let all = vec![Handle::from(&mail), Handle::from(&beat), Handle::from(&alarm)];
///         Ok(Self { mail, beat, alarm, all })
///     }
/// }
///
/// let app = App::start()?;
/// app.mail.put("dear Sir".into())?;
/// app.alarm.trigger();
/// app.mail.drain()?;
/// app.all.iter().for_each(Handle::signal_stop); // tell all of them first, then wait for each
/// for worker in &app.all {
///     worker.wait()?;
/// }
/// assert!(!app.beat.is_active());
/// # Ok::<(), BoxError>(())
/// ```
#[must_use = "the drop of the last handle stops the worker"]
#[derive(Clone)]
pub struct Handle {
    owner: Arc<Owner>,
}

/// Shared by all handles of a worker but not by its thread, so its drop is the drop of the last handle.
struct Owner {
    shared: Arc<Shared>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.control.abandon();
    }
}

impl Handle {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { owner: Arc::new(Owner { shared: Arc::new(shared) }) }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.owner.shared
    }

    pub(crate) fn control(&self) -> &Arc<Control> {
        &self.shared().control
    }

    /// Starts the worker with the options that it was built with, and returns when its `before_start` has returned.
    ///
    /// That begins a life: one run, and the further runs that a [`Restart`](crate::restart::Restart) policy lets follow it.
    /// A worker that is [`Waiting`](State::Waiting) for such a run begins it at once, with the options and arguments of its
    /// life.
    ///
    /// # Errors
    ///
    /// - [`StartError::AlreadyRunning`]: a run is in progress.
    /// - [`StartError::FromWorker`]: this is the worker's own thread between two runs, or as it ends, such as in a destructor
    ///   of a thread-local.
    /// - [`StartError::Spawn`]: the system gives no thread.
    /// - [`StartError::Factory`]: the worker's factory failed or panicked.
    /// - `StartError::Sched` (feature `sched`): the system does not grant what the worker's `sched` requires.
    /// - [`StartError::Hook`]: `before_start` failed or panicked, or the user's own queue, strategy or clock panicked.
    /// - [`StartError::Taken`]: the worker was taken out by [`into_inner`](Handle::into_inner).
    /// - [`StartError::Stopping`]: this is a turn of another worker, which was told to stop meanwhile.
    ///
    /// After an error the worker is stopped, as it was before (or still runs, with `AlreadyRunning`). A life that waited for
    /// its next run goes on waiting, if its policy allows one more. The queue is intact, and the worker can be started
    /// again, unless it was taken out.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::StartError;
    ///
    /// let worker = pyaltt::event(|_trigger, _cx| ()).build()?;
    /// worker.start()?;
    /// assert!(matches!(worker.start(), Err(StartError::AlreadyRunning { .. })));
    /// worker.stop()?;
    /// worker.start()?; // a worker can have many runs
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn start(&self) -> Result<(), StartError> {
        self.shared().start(None)
    }

    /// Starts the worker with options and arguments for this start only: for the life that it begins, with all its
    /// restarts. For a worker that is [`Waiting`](State::Waiting) they replace those of its life.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Handle::start), and [`StartError::Option`] if an option is invalid.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Start, StartError};
    /// use std::time::Duration;
    ///
    /// let sampler = pyaltt::looped(|_tick, cx| {
    ///     println!("channel {:?}", cx.arg::<u8>());
    ///     cx.turn_number() < 3
    /// })
    /// .interval(Duration::from_secs(1))
    /// .build()?;
    /// sampler.start_with(Start::new().interval(Duration::from_millis(1)).arg(7_u8))?;
    /// assert_eq!(sampler.wait()?.turns, 3);
    ///
    /// let zero = Start::new().interval(Duration::ZERO);
    /// assert!(matches!(sampler.start_with(zero), Err(StartError::Option(_))));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn start_with(&self, start: Start) -> Result<(), StartError> {
        self.shared().start(Some(start))
    }

    /// Whether the worker has started and was not told to stop. A worker that drains still takes turns, but is no longer
    /// active.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = pyaltt::event(|_trigger, _cx| ()).build()?;
    /// assert!(!worker.is_active());
    /// worker.start()?;
    /// assert!(worker.is_active());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn is_active(&self) -> bool {
        self.state() == State::Active
    }

    /// Returns the state that the worker is in.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::State;
    ///
    /// let worker = pyaltt::event(|_trigger, _cx| ()).start()?;
    /// assert_eq!(worker.state(), State::Active);
    /// worker.stop()?;
    /// assert_eq!(worker.state(), State::Stopped);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn state(&self) -> State {
        self.shared().control.state()
    }

    /// Returns the name that the worker was built with.
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|_letter: String, _cx| ()).name("mail").build()?;
    /// assert_eq!(mail.name(), "mail");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn name(&self) -> &str {
        self.shared().control.name()
    }

    /// Returns the worker's id, a number that is unique in the process. Handles are compared and hashed by it.
    ///
    /// # Examples
    ///
    /// ```
    /// let first = pyaltt::event(|_trigger, _cx| ()).build()?;
    /// let second = pyaltt::event(|_trigger, _cx| ()).build()?;
    /// assert_ne!(first.id(), second.id());
    /// assert_eq!(first.id(), first.clone().id());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn id(&self) -> u64 {
        self.shared().id
    }

    /// Returns what the worker has counted so far, over all its runs and lives.
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|_letter: &str, _cx| ()).start()?;
    /// mail.put("dear Sir")?;
    /// mail.drain()?;
    /// mail.start()?;
    /// mail.put("dear Madam")?;
    /// mail.drain()?;
    /// let stats = mail.stats();
    /// assert_eq!((stats.runs, stats.turns), (2, 2));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn stats(&self) -> Stats {
        self.shared().control.counters().stats()
    }

    /// Returns whom the worker's thread waits for now: for room in the queue of another worker, for its answer, its start or its
    /// end, by a call of this library that has put the thread to sleep. `None` if it does not, which is so for nearly all workers
    /// at nearly all times, and for waits in other code. If several threads of the worker wait, it is whom the last to begin waits
    /// for.
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).name("mail").start()?;
    /// if let Some(on) = mail.waiting_on() {
    ///     println!("{} {on}", mail.name());
    /// }
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn waiting_on(&self) -> Option<WaitingOn> {
        self.control().waiting_on()
    }

    /// Returns how the last run ended. Before the end of the first run the reason is
    /// [`ExitReason::NeverStarted`](crate::exit::ExitReason::NeverStarted).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::ExitReason;
    ///
    /// let mail = pyaltt::queue(|_letter: &str, _cx| Err::<(), _>("no stamps")).build()?;
    /// assert_eq!(mail.last_exit().reason, ExitReason::NeverStarted);
    /// mail.put("dear Sir")?;
    /// mail.start()?;
    /// mail.wait().unwrap_err();
    /// let exit = mail.last_exit();
    /// assert_eq!(exit.reason, ExitReason::Failed);
    /// assert!(exit.error.unwrap().to_string().ends_with("turn 1: no stamps"));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn last_exit(&self) -> Exit {
        self.shared().control.last_exit()
    }

    /// Takes the worker back if it is stopped and of type `W`. Its handles cannot start it again, and its queue is closed,
    /// unless another worker has it too.
    ///
    /// # Errors
    ///
    /// Gives the handle back, and changes nothing, if the worker is running or waits for a restart, if it is of another
    /// type, if it was taken before, or if there is none because a factory makes one for each run.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, Context, Flow, Handle, Turn, Worker};
    ///
    /// struct Sum(u32);
    ///
    /// impl Worker for Sum {
    ///     type Task = u32;
    ///
    ///     fn run(&mut self, task: u32, _cx: &mut Context) -> Turn {
    ///         self.0 += task;
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// let worker = BackgroundQueueWorker::builder(Sum(0)).start()?;
    /// worker.put(5)?;
    /// let running = Handle::from(&worker).into_inner::<Sum>();
    /// assert!(running.is_err());
    /// worker.drain()?;
    /// let sum = Handle::from(&worker).into_inner::<Sum>().unwrap();
    /// assert_eq!(sum.0, 5);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn into_inner<W: Worker + Send>(self) -> Result<W, Self> {
        self.shared().take_worker().ok_or(self)
    }

    pub(crate) fn shared_name(&self) -> &Arc<str> {
        self.shared().control.name()
    }
}

impl AsRef<Self> for Handle {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// Two handles are equal if they belong to the same worker.
impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Handle {}

impl Hash for Handle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

// Panics of user code are caught on the worker's thread, and user code never runs under a lock of ours. So no panic
// leaves a worker in a state that a handle must not see.
impl UnwindSafe for Handle {}
impl RefUnwindSafe for Handle {}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
