//! Puts that wait for room without a thread.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Queue;
use super::handle::BackgroundQueueWorker;
use super::put_error::{PutError, PutErrorKind};
use crate::wait::wait_list::Ticket;

/// A put that waits for room in the queue without blocking a thread. Made by
/// [`put_async`](BackgroundQueueWorker::put_async).
///
/// It does nothing until it is polled, and puts the task in a poll. It belongs to no runtime: whatever polls it is woken when
/// there may be room. It waits in one line with the threads that do so in [`put`](BackgroundQueueWorker::put), in the order of
/// their arrival, and is called once for a place that has come free. If it is dropped after that, the call goes on to the next
/// in the line. Before it enters the line it may yield the processor to the worker, a few times at most and only where that has
/// brought room lately; then it is polled again at once.
///
/// # Called and not polled
///
/// A future that was called is to be polled soon. One that is kept without being polled, or leaked, does not keep its place
/// free: any put may take it, and the next task that a worker takes calls the next in the line. If no other task is taken, a
/// *thread* in the line goes on nevertheless, some hundredths of a second later, also if the very thread that is to poll the
/// future waits there. A *future* in the line does not: it is called at the next take, or when a put leaves room.
///
/// So the order of arrival holds for those that are polled before the next task is taken. All that is for queues in memory; on
/// a [`TaskQueue`](super::task_queue::TaskQueue) each change calls one in the line, and the first thread tries by itself.
///
/// Dropped before it is ready, it takes the task with it, which is never put then. [`cancel`](Self::cancel) gives the task back
/// instead.
///
/// # Panics
///
/// If it is polled again after it was ready.
///
/// # Examples
///
/// Ten letters through a queue for two, by the smallest executor that there is:
///
/// ```
/// use std::pin::pin;
/// use std::sync::Arc;
/// use std::task::{Context, Poll, Wake, Waker};
/// use std::thread::{self, Thread};
///
/// struct Unpark(Thread);
///
/// impl Wake for Unpark {
///     fn wake(self: Arc<Self>) {
///         self.0.unpark();
///     }
/// }
///
/// fn block_on<F: Future>(future: F) -> F::Output {
///     let mut future = pin!(future);
///     let waker = Waker::from(Arc::new(Unpark(thread::current())));
///     loop {
///         match future.as_mut().poll(&mut Context::from_waker(&waker)) {
///             Poll::Ready(output) => return output,
///             Poll::Pending => thread::park(),
///         }
///     }
/// }
///
/// let mail = pyaltt::queue(|letter: u32, _cx| println!("letter {letter}")).bounded(2).start()?;
/// block_on(async {
///     for letter in 1..=10 {
///         mail.put_async(letter).await?;
///     }
///     let exit = mail.drain_async().await?;
///     assert_eq!(exit.turns, 10);
///     Ok::<(), pyaltt::BoxError>(())
/// })?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "a future does nothing until it is polled, for example by `.await`"]
pub struct PutFuture<'a, T: Send + 'static> {
    queue: &'a Queue<T>,
    /// The name for errors.
    worker: Option<&'a Arc<str>>,
    /// Gone when it was put, or handed back.
    task: Option<T>,
    /// The place in the line, as long as it has one.
    place: Option<Ticket>,
}

// The task is moved out and never pinned.
impl<T: Send + 'static> Unpin for PutFuture<'_, T> {}

impl<'a, T: Send + 'static> PutFuture<'a, T> {
    pub(super) fn new(queue: &'a Queue<T>, worker: Option<&'a Arc<str>>, task: T) -> Self {
        Self { queue, worker, task: Some(task), place: None }
    }

    /// Gives up, and returns the task if it was not put. `None`: it was put, or handed back in the error.
    ///
    /// # Examples
    ///
    /// ```
    /// let letters = pyaltt::Queue::bounded(1)?;
    /// letters.put("dear Sir")?;
    /// let put = letters.put_async("dear Madam");
    /// assert_eq!(put.cancel(), Some("dear Madam"));
    /// assert_eq!(letters.take_pending(), ["dear Sir"]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use = "the task is dropped if it is not used"]
    pub fn cancel(mut self) -> Option<T> {
        self.leave();
        self.task.take()
    }

    /// Leaves the line.
    fn leave(&mut self) {
        if let Some(place) = self.place.take() {
            self.queue.backend.leave(place);
        }
    }

    #[cold]
    fn refused(&mut self, kind: PutErrorKind) -> Result<(), PutError<T>> {
        let Some(task) = self.task.take() else { return Ok(()) };
        let error = self.queue.refused(task, kind);
        Err(match self.worker {
            Some(worker) => error.of_worker(worker),
            None => error,
        })
    }
}

impl<T: Send + 'static> Future for PutFuture<'_, T> {
    type Output = Result<(), PutError<T>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        assert!(this.task.is_some(), "`PutFuture` polled after completion");
        let result = match this.queue.backend.poll_put(&mut this.task, &mut this.place, cx.waker()) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(result) => result,
        };
        // It has left the line, or never was in it.
        this.place = None;
        Poll::Ready(match result {
            Ok(()) => Ok(()),
            Err(kind) => this.refused(kind),
        })
    }
}

impl<T: Send + 'static> Drop for PutFuture<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // The place is left before the task is dropped, whose destructor may panic.
        self.leave();
    }
}

impl<T: Send + 'static> fmt::Debug for PutFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutFuture").field("is_done", &self.task.is_none()).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Queue<T> {
    /// Puts a task, and waits for room without blocking a thread: what [`put`](Self::put) is for threads, this is for futures,
    /// of any runtime or of none. Nothing happens until the future is polled.
    ///
    /// # Queues that are not ours
    ///
    /// On a [`TaskQueue`](super::task_queue::TaskQueue) the future tries again when a worker has taken a task and when one of
    /// the queue's wakers is called. It cannot try by itself from time to time, as a thread does, so a queue in which room is
    /// made elsewhere has to call a waker.
    ///
    /// A crossbeam channel without a bound always has room. Nobody learns that others have taken from one with a bound, so there
    /// it is always refused, and not only when the channel is full. A leased queue refuses it as well.
    ///
    /// # Errors
    ///
    /// Those of [`put`](Self::put), with the task, but for these:
    ///
    /// - [`Unsupported`](super::put_error::PutErrorKind::Unsupported): a channel with a bound, or a leased queue.
    /// - [`FromWorker`](super::put_error::PutErrorKind::FromWorker) also where some executor polls it on the thread of the
    ///   queue's own worker while the queue is full.
    /// - Never [`Stopping`](super::put_error::PutErrorKind::Stopping): no thread waits here that could be cut. A stop of the
    ///   queue's worker changes nothing either; the next run makes room.
    ///
    /// # Examples
    ///
    /// With a runtime, such as tokio, it is `mail.put_async(letter).await?`. [`PutFuture`] has an example without one.
    ///
    /// ```
    /// use pyaltt::{BoxError, Queue};
    ///
    /// async fn write_all(letters: &Queue<String>) -> Result<(), BoxError> {
    ///     for number in 1..=1000 {
    ///         letters.put_async(format!("letter {number}")).await?; // no faster than they are read
    ///     }
    ///     Ok(())
    /// }
    /// # let _ = write_all;
    /// ```
    pub fn put_async(&self, task: T) -> PutFuture<'_, T> {
        PutFuture::new(self, None, task)
    }
}

impl<T: Send + 'static> BackgroundQueueWorker<T> {
    /// Puts a task, and waits for room without blocking a thread. See [`Queue::put_async`].
    ///
    /// # Errors
    ///
    /// Those of [`Queue::put_async`]. The error hands the task back, and names the worker.
    ///
    /// # Examples
    ///
    /// An async function whose callers wait while the worker is behind:
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, PutError};
    ///
    /// async fn upload(disk: &BackgroundQueueWorker<Vec<u8>>, block: Vec<u8>) -> Result<(), PutError<Vec<u8>>> {
    ///     disk.put_async(block).await
    /// }
    /// # let _ = upload;
    /// ```
    pub fn put_async(&self, task: T) -> PutFuture<'_, T> {
        PutFuture::new(self.queue(), Some(self.shared_name()), task)
    }
}
