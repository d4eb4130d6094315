//! Waits for the end of a worker without a thread.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::Handle;
use super::ending::{drained, failed_is_an_error};
use crate::control::listening::Listening;
use crate::control::stop_signal::StopLevel;
use crate::error::StopError;
use crate::exit::Exit;
use crate::sync::Mutex;
use crate::user_code;
use crate::wait::call;
use crate::wait::current_worker;

/// A wait for the end of a worker that blocks no thread. Made by [`Handle::wait_async`] and
/// [`drain_async`](crate::queue::handle::BackgroundQueueWorker::drain_async).
///
/// It begins at its first poll: it waits for the end of the life that is in progress then. It is ready when the state is
/// published; the worker's thread may take a moment longer to be gone. Its drop ends the wait and nothing else.
///
/// # Panics
///
/// If it is polled again after it was ready.
///
/// # Examples
///
/// ```
/// use pyaltt::{BackgroundWorker, BoxError};
///
/// async fn report(beat: &BackgroundWorker) -> Result<(), BoxError> {
///     let exit = beat.wait_async().await?;
///     println!("{} turns", exit.turns);
///     Ok(())
/// }
/// # let _ = report;
/// ```
#[must_use = "a future does nothing until it is polled, for example by `.await`"]
pub struct EndFuture<'a> {
    handle: &'a Handle,
    state: State<'a>,
    is_drain: bool,
}

enum State<'a> {
    /// With what records which tasks a drain has to run.
    New(Option<Box<dyn Fn() + Send + 'a>>),
    Waiting {
        slot: Arc<Mutex<Slot>>,
        /// Its drop takes the listener back.
        _listening: Listening,
    },
    Done,
}

/// Where the end arrives.
#[derive(Default)]
struct Slot {
    waker: Option<Waker>,
    exit: Option<Exit>,
}

impl<'a> EndFuture<'a> {
    /// Drains the worker as well: `begin` records which tasks that are.
    pub(crate) fn drain(handle: &'a Handle, begin: impl Fn() + Send + 'a) -> Self {
        Self { handle, state: State::New(Some(Box::new(begin))), is_drain: true }
    }

    fn wait(handle: &'a Handle) -> Self {
        Self { handle, state: State::New(None), is_drain: false }
    }

    /// Registers for the end of the life in progress, and tells it to drain if that is asked for. Returns the last exit if
    /// there is none.
    fn begin(&mut self) -> Option<Exit> {
        if let State::New(Some(begin)) = &self.state {
            begin();
        }
        let slot = Arc::new(Mutex::new(Slot::default()));
        let told = Arc::clone(&slot);
        let listener = Box::new(move |exit: &Exit| {
            let exit = exit.clone();
            let waker = {
                let mut slot = told.lock();
                slot.exit = Some(exit);
                slot.waker.take()
            };
            if let Some(waker) = waker {
                call::wake(waker);
            }
        });
        let level = self.is_drain.then_some(StopLevel::Drain);
        match self.handle.control().listen_and_tell(listener, level) {
            Ok(listening) => {
                self.state = State::Waiting { slot, _listening: listening };
                None
            }
            Err(over) => Some(over.exit),
        }
    }

    /// Returns the exit, if it is there, or leaves the waker to be called.
    fn look(&self, new: &Waker) -> Option<Exit> {
        let State::Waiting { slot, .. } = &self.state else { return None };
        let (exit, old) = {
            let mut slot = slot.lock();
            (slot.exit.take(), slot.waker.take())
        };
        if exit.is_some() {
            return exit;
        }
        // Cloned and dropped outside the lock. The end may come meanwhile.
        let mut waker = Some(call::latest(old, new));
        let exit = {
            let mut slot = slot.lock();
            if slot.exit.is_none() {
                slot.waker = waker.take();
            }
            slot.exit.take()
        };
        user_code::discard(waker);
        exit
    }
}

impl Future for EndFuture<'_> {
    type Output = Result<Exit, StopError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let exit = match &this.state {
            State::New(_) => this.begin(),
            State::Waiting { .. } => None,
            State::Done => panic!("`EndFuture` polled after completion"),
        };
        let result = match exit.or_else(|| this.look(cx.waker())) {
            Some(exit) if this.is_drain => drained(exit),
            Some(exit) => failed_is_an_error(exit),
            // As the wait of a thread: the worker's own cannot wait for its end.
            None if current_worker::is(this.handle.id()) => {
                if !this.is_drain {
                    this.handle.control().signal(StopLevel::Terminate);
                }
                Err(StopError::FromWorker { worker: Arc::clone(this.handle.shared_name()) })
            }
            None => return Poll::Pending,
        };
        user_code::discard(std::mem::replace(&mut this.state, State::Done));
        Poll::Ready(result)
    }
}

impl Drop for EndFuture<'_> {
    fn drop(&mut self) {
        // What is left in the slot is made of a user's values.
        let state = std::mem::replace(&mut self.state, State::Done);
        user_code::discard(state);
    }
}

impl fmt::Debug for EndFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndFuture").field("worker", &self.handle.name()).finish_non_exhaustive()
    }
}

impl Handle {
    /// Waits for the end of the worker without blocking a thread: what [`wait`](Self::wait) is for threads, this is for
    /// futures, of any runtime or of none. It does not tell the worker to end.
    ///
    /// # Errors
    ///
    /// - [`StopError::Failed`], with the exit in it, if the last run failed, also if it failed before this call.
    /// - [`StopError::FromWorker`] where some executor polls it on the worker's own thread, where this acts as
    ///   [`terminate`](Self::terminate).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BoxError, Handle};
    ///
    /// async fn run(worker: Handle) -> Result<(), BoxError> {
    ///     worker.start()?;
    ///     let exit = worker.wait_async().await?; // other futures go on meanwhile
    ///     println!("{}: {}", worker.name(), exit.reason);
    ///     Ok(())
    /// }
    /// # let _ = run;
    /// ```
    pub fn wait_async(&self) -> EndFuture<'_> {
        EndFuture::wait(self)
    }
}
