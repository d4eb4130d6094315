//! The options of queue workers.

use std::fmt;
use std::sync::Arc;

use super::Queue;
use super::constructors::check_capacity;
use super::handle::BackgroundQueueWorker;
use super::memory::{MemoryQueue, OnDropped};
use super::overflow::Overflow;
use crate::conflicts::{self, Given};
use crate::control::stats::Counters;
use crate::error::{BuildError, StartError};
use crate::failure::BoxError;
use crate::handle::builder::{Builder, DefaultName};
use crate::sync::counter::AtomicU64;
use crate::worker::Worker;

/// Builds a queue worker with tasks of type `T`.
///
/// It has the options that all builders have (see [`Builder`]), and those of the worker's queue. It does not name the
/// worker's type, so it can be stored and returned.
///
/// # Conflicts
///
/// Options that contradict each other are a [`BuildError`]. An option that is given twice has its last value.
///
#[doc = include_str!("../conflicts/queue.md")]
///
/// # Examples
///
/// ```
/// use pyaltt::QueueBuilder;
///
/// /// What all mail workers have in common.
/// fn mailer(name: &str) -> QueueBuilder<String> {
///     let name = name.to_owned();
///     pyaltt::queue(|letter: String, cx| println!("{}: {letter}", cx.name())).name(name).bounded(1024)
/// }
///
/// let mail = mailer("mail").start()?;
/// mail.put("dear Sir".into())?;
/// mail.drain()?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub type QueueBuilder<T> = Builder<T, QueueOptions<T>>;

/// The options that only queue workers have; part of [`QueueBuilder`].
///
/// # Examples
///
/// ```
/// use pyaltt::{Overflow, QueueBuilder};
///
/// fn lossy(builder: QueueBuilder<String>) -> QueueBuilder<String> {
///     builder.bounded(16).overflow(Overflow::DropOldest)
/// }
///
/// let mail = lossy(pyaltt::queue(|_letter: String, _cx| ())).build()?;
/// assert!(mail.is_empty());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct QueueOptions<T> {
    capacity: Option<usize>,
    overflow: Option<Overflow>,
    on_dropped: Option<OnDropped<T>>,
    /// Set when the order is not FIFO.
    order: Option<Order<T>>,
    /// An option that asked for another order after that.
    conflicting_order: Option<&'static str>,
    external: Option<Queue<T>>,
    /// The size of the batches of a worker that takes batches.
    batch: Option<usize>,
}

/// The option that asked for an order, and a function that makes such a queue.
type Order<T> = (&'static str, fn() -> MemoryQueue<T>);

impl<T> Default for QueueOptions<T> {
    fn default() -> Self {
        Self {
            capacity: None,
            overflow: None,
            on_dropped: None,
            order: None,
            conflicting_order: None,
            external: None,
            batch: None,
        }
    }
}

impl<T> QueueBuilder<T> {
    /// Bounds the queue to `capacity` tasks, at least 1. Default: no bound.
    ///
    /// What a put does when the queue is full is up to [`overflow`](Self::overflow).
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|_letter: &str, _cx| ()).bounded(1).build()?;
    /// mail.put("dear Sir")?;
    /// assert!(mail.try_put("dear Madam").is_err());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn bounded(mut self, capacity: usize) -> Self {
        self.kind.capacity = Some(capacity);
        self
    }

    /// Sets what a put does when the queue is full. Default: [`Overflow::Block`]. Requires
    /// [`bounded`](Self::bounded).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Overflow, PutErrorKind};
    ///
    /// let mail = pyaltt::queue(|_letter: &str, _cx| ()).bounded(1).overflow(Overflow::Reject).build()?;
    /// mail.put("dear Sir")?;
    /// assert_eq!(mail.put("dear Madam").unwrap_err().kind(), PutErrorKind::Full);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.kind.overflow = Some(overflow);
        self
    }

    /// Sets a function that is called with each task that [`Overflow::DropOldest`] or [`Overflow::DropNewest`] drops,
    /// on the thread that puts. Default: the task is just dropped. Requires [`bounded`](Self::bounded) and one of these
    /// two policies.
    ///
    /// A panic of the function is logged. A put that it makes into its own queue would drop the next task, and so on
    /// without end, so that put is refused with
    /// [`PutErrorKind::FromOnDropped`](super::put_error::PutErrorKind::FromOnDropped), also by way of other queues that
    /// drop tasks. The same holds for the destructor of a dropped task.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Overflow, Queue};
    ///
    /// let missed = Queue::unbounded();
    /// let display = pyaltt::queue(|_reading: u32, _cx| ())
    ///     .bounded(1)
    ///     .overflow(Overflow::DropOldest)
    ///     .on_dropped({
    ///         let missed = missed.clone();
    ///         move |reading| drop(missed.put(reading))
    ///     })
    ///     .build()?;
    /// display.put(20)?;
    /// display.put(21)?;
    /// assert_eq!((missed.take_pending(), display.take_pending()), (vec![20], vec![21]));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn on_dropped(mut self, on_dropped: impl Fn(T) + Send + Sync + 'static) -> Self {
        self.kind.on_dropped = Some(Box::new(on_dropped));
        self
    }

    /// Takes the highest task first, and equal tasks in the order of their arrival. Default: first in, first out.
    ///
    /// Tasks are compared on the threads that use the queue, never under a lock. A comparison that panics counts as
    /// equal, and is logged. A comparison may stop the worker, but must not `drain` it or `wait` for it: the worker
    /// needs the tasks that are being compared.
    ///
    /// # Examples
    ///
    /// ```
    /// let alarms = pyaltt::queue(|_alarm: (u8, &str), _cx| ()).priority().build()?;
    /// alarms.put((1, "door open"))?;
    /// alarms.put((9, "fire"))?;
    /// assert_eq!(alarms.take_pending(), [(9, "fire"), (1, "door open")]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn priority(self) -> Self
    where
        T: Ord,
    {
        self.ordered("priority", || MemoryQueue::priority(Ord::cmp))
    }

    /// Takes the newest task first. Default: first in, first out.
    ///
    /// # Examples
    ///
    /// ```
    /// let frames = pyaltt::queue(|_frame: u32, _cx| ()).lifo().build()?;
    /// (1..=3).try_for_each(|frame| frames.put(frame))?;
    /// assert_eq!(frames.take_pending(), [3, 2, 1]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn lifo(self) -> Self {
        self.ordered("lifo", MemoryQueue::lifo)
    }

    /// Takes the tasks from an existing queue: a [`Queue`], a crossbeam `Receiver<T>` or pair
    /// `(Sender<T>, Receiver<T>)`, or any [`TaskQueue`](super::task_queue::TaskQueue). Default: a queue of the
    /// worker's own.
    ///
    /// `bounded`, `overflow`, `on_dropped`, `priority` and `lifo` configure the worker's own queue, so they cannot be
    /// combined with this option.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::crossbeam_channel;
    ///
    /// let (sender, receiver) = crossbeam_channel::bounded(16);
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).queue(receiver).start()?;
    /// sender.send("dear Sir")?;
    /// drop(sender); // no more letters, so the worker finishes
    /// assert_eq!(mail.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn queue(mut self, queue: impl Into<Queue<T>>) -> Self {
        self.kind.external = Some(queue.into());
        self
    }

    /// Makes it the builder of a worker that takes batches.
    pub(super) fn of_batches(mut self, max: usize) -> Self {
        self.kind.batch = Some(max);
        self
    }

    fn ordered(mut self, option: &'static str, make: fn() -> MemoryQueue<T>) -> Self {
        match &self.kind.order {
            Some((first, _)) if *first != option => self.kind.conflicting_order = Some(option),
            _ => self.kind.order = Some((option, make)),
        }
        self
    }
}

impl<T: Send + 'static> QueueBuilder<T> {
    /// Builds the worker without starting it. Tasks can be put at once; they wait for the start.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] that names the option if
    ///
    /// - `bounded` is zero or more than memory can hold,
    /// - the batches of [`batch`](super::function::batch) are to have no task,
    /// - options contradict each other, which the table of [`QueueBuilder`](QueueBuilder#conflicts) lists,
    /// - `sched` asks for what no system could grant, or for a prefaulted stack that does not fit in `stack_size`.
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).build()?;
    /// mail.put("dear Sir")?;
    /// mail.start()?;
    /// assert_eq!(mail.drain()?.turns, 1);
    ///
    /// let error = pyaltt::queue(|_letter: &str, _cx| ()).bounded(0).build().unwrap_err();
    /// assert_eq!(error.option(), "bounded");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn build(self) -> Result<BackgroundQueueWorker<T>, BuildError> {
        let Self { common, kind } = self;
        let counters = Counters::new(false, &common.clock);
        let queue = kind.into_queue(&common.name, counters.dropped())?;
        let source = queue.source();
        let handle = common.assemble(None, counters, source)?;
        queue.built(handle.control());
        Ok(BackgroundQueueWorker::new(handle, queue))
    }

    /// Builds the worker and starts it.
    ///
    /// # Errors
    ///
    /// [`StartError::Option`] for the errors of [`build`](Self::build), and the errors of
    /// [`Handle::start`](crate::handle::Handle::start).
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).start()?;
    /// mail.put("dear Sir")?;
    /// mail.drain()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn start(self) -> Result<BackgroundQueueWorker<T>, StartError> {
        let worker = self.build()?;
        worker.start()?;
        Ok(worker)
    }
}

impl<T: Send + 'static> QueueOptions<T> {
    fn into_queue(self, worker: &Arc<str>, dropped: &Arc<AtomicU64>) -> Result<Queue<T>, BuildError> {
        conflicts::check(conflicts::QUEUE, worker, &self.given())?;
        if self.batch == Some(0) {
            return Err(BuildError::new(worker, "batch", "0".to_owned(), "at least 1 task".to_owned()));
        }
        if let Some(queue) = self.external {
            return Ok(queue);
        }
        let queue = self.order.map_or_else(MemoryQueue::fifo, |(_, make)| make());
        let queue = match self.capacity {
            Some(capacity) => {
                check_capacity(capacity, worker)?;
                queue.bounded(capacity, self.overflow.unwrap_or_default(), self.on_dropped, dropped)
            }
            None => queue,
        };
        Ok(Queue::in_memory(queue))
    }

    /// The options that are set and that the table of conflicts speaks of.
    fn given(&self) -> Vec<Given> {
        [
            self.order.map(|(option, _)| Given::set(option)),
            self.conflicting_order.map(Given::set),
            self.external.as_ref().map(|_| Given::set("queue")),
            self.capacity.map(|_| Given::set("bounded")),
            self.overflow.map(|overflow| Given::set_to("overflow", format!("{overflow:?}"))),
            self.on_dropped.as_ref().map(|_| Given::set("on_dropped")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl<T: Send + 'static> BackgroundQueueWorker<T> {
    /// Starts building a worker from one value, which serves all runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, Context, Flow, Turn, Worker};
    ///
    /// #[derive(Default)]
    /// struct Postman {
    ///     delivered: Vec<String>,
    /// }
    ///
    /// impl Worker for Postman {
    ///     type Task = String;
    ///
    ///     fn run(&mut self, letter: String, _cx: &mut Context) -> Turn {
    ///         self.delivered.push(letter);
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// let mail = BackgroundQueueWorker::builder(Postman::default()).bounded(1024).start()?;
    /// mail.put("dear Sir".into())?;
    /// mail.drain()?;
    /// assert_eq!(mail.into_inner::<Postman>().unwrap().delivered, ["dear Sir"]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn builder<W: Worker<Task = T> + Send>(worker: W) -> QueueBuilder<T> {
        Builder::from_worker(worker, DefaultName::TypeName)
    }

    /// Starts building a worker that `make` makes anew for each run, on the worker's own thread.
    ///
    /// The worker is dropped there at the end of the run, before the run's exit is published. It never leaves its
    /// thread, so it need not be `Send`. A panic of `make` fails the start with
    /// [`StartError::Factory`](crate::error::StartError::Factory); a panic of the worker's destructor is logged.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, Context, Flow, Turn, Worker};
    /// use std::rc::Rc;
    ///
    /// struct Printer(Rc<str>); // an `Rc` stays on its thread
    ///
    /// impl Worker for Printer {
    ///     type Task = String;
    ///
    ///     fn run(&mut self, page: String, _cx: &mut Context) -> Turn {
    ///         println!("{}: {page}", self.0);
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// let printer = BackgroundQueueWorker::factory(|| Printer("tray 1".into())).start()?;
    /// printer.put("page 1".into())?;
    /// assert_eq!(printer.drain()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn factory<W, M>(mut make: M) -> QueueBuilder<T>
    where
        W: Worker<Task = T>,
        M: FnMut() -> W + Send + 'static,
    {
        Self::try_factory(move || Ok(make()))
    }

    /// Like [`factory`](Self::factory), but `make` can fail, as opening a device can. Then the start fails with
    /// [`StartError::Factory`](crate::error::StartError::Factory), and the worker can be started again.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, Context, Flow, StartError, Turn, Worker};
    /// use std::net::TcpStream;
    ///
    /// struct Uplink(TcpStream);
    ///
    /// impl Worker for Uplink {
    ///     type Task = Vec<u8>;
    ///
    ///     fn run(&mut self, packet: Vec<u8>, _cx: &mut Context) -> Turn {
    ///         std::io::Write::write_all(&mut self.0, &packet)?;
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// // Nothing listens on this port, so no run can begin.
    /// let uplink = BackgroundQueueWorker::try_factory(|| Ok(Uplink(TcpStream::connect("127.0.0.1:9")?))).build()?;
    /// assert!(matches!(uplink.start(), Err(StartError::Factory(_))));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn try_factory<W, M>(make: M) -> QueueBuilder<T>
    where
        W: Worker<Task = T>,
        M: FnMut() -> Result<W, BoxError> + Send + 'static,
    {
        Builder::from_factory(make, DefaultName::TypeName)
    }
}

impl<T> fmt::Debug for QueueOptions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueOptions")
            .field("bounded", &self.capacity)
            .field("overflow", &self.overflow)
            .field("order", &self.order.map(|(option, _)| option))
            .field("queue", &self.external)
            .finish_non_exhaustive()
    }
}
