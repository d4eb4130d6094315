//! The side that waits for an answer.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crossbeam_channel::Receiver;

use super::ask_error::{AskError, Closed};
use super::readers::Answering;
use super::slot::Slot;
use crate::wait::Wait;
use crate::wait::adaptive_spin::SharedSpin;
use crate::wait::current_worker;
use crate::wait::waiter::Waiter;
use crate::wait::waiting::Waiting;
use crate::wait::waiting_on::WaitsFor;

/// An answer that is still to come, as [`ask`](crate::queue::handle::BackgroundQueueWorker::ask) returns it.
///
/// There are four ways to get it: [`wait`](Self::wait), which blocks; [`try_get`](Self::try_get), which does not;
/// [`receiver`](Self::receiver), for a `select!`; and `.await`, in any runtime. Every reply ends: by an answer, by the drop
/// of its [`ReplyTo`](super::answerer::ReplyTo), or by the end of the worker, but not by a restart. A worker that lives and
/// does not answer (it is busy, paused, or waits for its restart) is waited for, so there is
/// [`wait_timeout`](Self::wait_timeout).
///
/// Its drop says that nobody wants the answer any more. The task runs all the same, unless it looks at
/// [`is_wanted`](super::answerer::ReplyTo::is_wanted).
///
/// # Examples
///
/// ```
/// use pyaltt::{Reply, ReplyTo};
///
/// let square = pyaltt::queue(|(n, to): (u64, ReplyTo<u64>), _cx| _ = to.send(n * n)).start()?;
/// let replies: Vec<Reply<u64>> = (1..=3).map(|n| square.ask(|to| (n, to))).collect::<Result<_, _>>()?;
/// let squares: Vec<u64> = replies.into_iter().map(Reply::wait).collect::<Result<_, _>>()?;
/// assert_eq!(squares, [1, 4, 9]);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "nobody gets the answer; `detach` says that this is meant"]
pub struct Reply<R> {
    slot: Arc<Slot<R>>,
    /// Its ticket in the era of who was asked, once it has waited in earnest.
    ticket: Option<u64>,
    receiver: Option<Receiver<Infallible>>,
    /// Whether the slot has nothing left to take or to give up.
    is_done: bool,
}

impl<R> Reply<R> {
    pub(super) fn new(slot: Arc<Slot<R>>) -> Self {
        Self { slot, ticket: None, receiver: None, is_done: false }
    }

    fn take(&mut self) -> Option<Result<R, AskError>> {
        let result = self.slot.take();
        self.is_done |= result.is_some();
        result
    }

    /// Gives the answer up. [`ReplyTo::is_wanted`](super::answerer::ReplyTo::is_wanted) turns `false`, as by a drop.
    ///
    /// # Examples
    ///
    /// ```
    /// let (to, reply) = pyaltt::reply();
    /// reply.cancel();
    /// assert_eq!(to.send(5), Err(5));
    /// ```
    pub fn cancel(self) {}

    /// Lets the work run on unobserved: the answer is dropped when it comes, and
    /// [`ReplyTo::is_wanted`](super::answerer::ReplyTo::is_wanted) stays `true`.
    ///
    /// # Examples
    ///
    /// ```
    /// let (to, reply) = pyaltt::reply();
    /// reply.detach();
    /// assert!(to.is_wanted());
    /// assert_eq!(to.send(5), Ok(()));
    /// ```
    pub fn detach(mut self) {
        self.slot.abandon(true);
        self.is_done = true;
    }
}

impl<R: Send + 'static> Reply<R> {
    /// Waits for the answer as long as it takes.
    ///
    /// It blocks the thread, also one of an async runtime; there, `.await` does not.
    ///
    /// # Errors
    ///
    /// - [`AskError::NoReply`]: the `ReplyTo` was dropped without an answer.
    /// - [`AskError::Panicked`]: it was dropped by a panic.
    /// - [`AskError::Ended`]: the worker has ended before an answer, and no restart follows.
    /// - [`AskError::FromWorker`]: this is the thread of the worker itself, and no other one reads its queue, or not any more.
    /// - [`AskError::Stopping`]: this is a turn of another worker that is told to stop.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{AskError, ReplyTo};
    ///
    /// let shop = pyaltt::queue(|to: ReplyTo<u32>, _cx| to.send(5).map_err(|_| "too late")).start()?;
    /// assert_eq!(shop.ask(|to| to)?.wait()?, 5);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn wait(mut self) -> Result<R, AskError> {
        self.wait_within(Wait::Forever, Duration::MAX)
    }

    /// Waits for the answer for at most `timeout`.
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Self::wait), and [`AskError::Timeout`] if there was no answer in time. After a timeout, and after
    /// [`AskError::FromWorker`] and [`AskError::Stopping`], the reply is still open and can be waited for again. Any other
    /// error is given again by each further call.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use pyaltt::AskError;
    ///
    /// let (to, mut reply) = pyaltt::reply();
    /// let error = reply.wait_timeout(Duration::from_millis(5)).unwrap_err();
    /// assert!(matches!(error, AskError::Timeout { .. }));
    /// to.send("here it is").unwrap();
    /// assert_eq!(reply.wait()?, "here it is");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn wait_timeout(&mut self, timeout: Duration) -> Result<R, AskError> {
        self.wait_within(Wait::within(timeout), timeout)
    }

    /// Returns the answer if it is there, or why there will be none. It never waits.
    ///
    /// The answer is given once. After that the result is [`AskError::NoReply`].
    ///
    /// # Examples
    ///
    /// ```
    /// let (to, mut reply) = pyaltt::reply();
    /// assert!(reply.try_get().is_none());
    /// to.send(5).unwrap();
    /// assert_eq!(reply.try_get().unwrap()?, 5);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn try_get(&mut self) -> Option<Result<R, AskError>> {
        self.take().or_else(|| {
            let exit = self.slot.asked.era.as_ref()?.exit()?;
            self.slot.close_here(Closed::Ended(exit));
            self.take()
        })
    }

    /// Returns a receiver for `crossbeam_channel::select!` that disconnects when there is an answer or an error for
    /// [`try_get`](Self::try_get).
    ///
    /// Nothing is ever sent on it. A `select!` does not know whose answer it waits for: in a turn, one on an answer of the own
    /// worker waits for itself, where [`wait`](Self::wait) would be an error at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::ReplyTo;
    /// use pyaltt::crossbeam_channel::{never, select};
    ///
    /// let shop = pyaltt::queue(|to: ReplyTo<u32>, _cx| to.send(5).map_err(|_| "too late")).start()?;
    /// let mut price = shop.ask(|to| to)?;
    /// let door = never::<String>();
    /// select! {
    ///     recv(price.receiver()) -> _ => println!("it costs {:?}", price.try_get()),
    ///     recv(door) -> who => println!("{who:?} comes in"),
    /// }
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn receiver(&mut self) -> &Receiver<Infallible> {
        let receiver = self.receiver.take().unwrap_or_else(|| {
            let (sender, receiver) = crossbeam_channel::bounded(0);
            self.slot.disconnect(sender);
            receiver
        });
        self.register();
        self.receiver.insert(receiver)
    }

    /// Whether those who were asked have ended, in the era in which they were.
    pub(crate) fn has_ended(&self) -> bool {
        self.slot.asked.era.as_ref().is_none_or(|era| era.exit().is_some())
    }

    /// Whether there was anybody who could answer when it was asked.
    pub(crate) fn is_of_a_life(&self) -> bool {
        self.slot.asked.era.is_some()
    }

    /// Sees to it that the end of who was asked settles the slot. Who waits has left its call in the slot before.
    fn register(&mut self) {
        if self.ticket.is_some() || self.is_done {
            return;
        }
        let Some(era) = &self.slot.asked.era else { return };
        match era.register(Arc::clone(&self.slot) as _) {
            Ok(ticket) => self.ticket = Some(ticket),
            Err(exit) => self.slot.close_here(Closed::Ended(exit)),
        }
    }

    /// Waits as `wait` says, which is for `timeout` from now on.
    fn wait_within(&mut self, wait: Wait, timeout: Duration) -> Result<R, AskError> {
        /// For replies that belong to no worker.
        static UNBOUND: SharedSpin = SharedSpin::new();
        // Without the lock, for the answer may be about to take it. Before a sleep it is looked at under the lock.
        if self.slot.is_settled()
            && let Some(result) = self.take()
        {
            return result;
        }
        let spin = match &self.slot.asked.era {
            Some(era) if era.is_only_calling() => return self.left_alone(),
            Some(era) => &era.spin,
            None => &UNBOUND,
        };
        let is_settled = || self.slot.is_settled();
        if (spin.until(is_settled) || spin.yield_until(is_settled))
            && let Some(result) = self.take()
        {
            return result;
        }
        let result = self.park(wait, timeout);
        if !self.is_done {
            self.slot.forget_thread();
        }
        result
    }

    /// There is nobody but the calling worker that could answer.
    #[cold]
    fn left_alone(&mut self) -> Result<R, AskError> {
        let worker = self.slot.asked.name();
        // The worker may be in a later life than the one that was asked.
        self.try_get().unwrap_or(Err(AskError::FromWorker { worker }))
    }

    #[cold]
    fn park(&mut self, wait: Wait, timeout: Duration) -> Result<R, AskError> {
        let waiter = Waiter::new();
        self.slot.wake_thread(waiter.unparker().clone());
        self.register();
        let mut is_over = false;
        let mut waiting = None;
        loop {
            if let Some(result) = self.take() {
                return result;
            }
            if waiter.is_cut() {
                return Err(AskError::Stopping { worker: self.slot.asked.name() });
            }
            if is_over {
                // Since the call, which has looked at the clock for its deadline and not again.
                let late = wait.deadline().map_or(Duration::ZERO, |deadline| deadline.elapsed());
                let worker = self.slot.asked.name();
                return Err(AskError::Timeout { worker, waited: timeout.saturating_add(late) });
            }
            let entered = self.slot.asked.era.as_ref().map(|era| (era, era.enter(waiter.unparker())));
            if let Some((_, Answering::OnlyCaller)) = entered {
                return self.left_alone();
            }
            if let Some(worker) = &self.slot.asked.worker {
                let whom = match &entered {
                    Some((_, Answering::AlsoCaller(other, _))) if current_worker::is_of(worker) => other,
                    _ => worker,
                };
                waiting.get_or_insert_with(|| Waiting::on(WaitsFor::Answer, whom));
            }
            is_over = waiter.park(wait);
            if let Some((era, Answering::AlsoCaller(_, ticket))) = entered {
                era.leave(ticket);
            }
        }
    }
}

/// Polled again after it was ready, it gives [`AskError::NoReply`] or the same error as before.
impl<R: Send + 'static> Future for Reply<R> {
    type Output = Result<R, AskError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(result) = this.take() {
            return Poll::Ready(result);
        }
        this.slot.wake_task(cx.waker());
        this.register();
        this.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl<R> Drop for Reply<R> {
    fn drop(&mut self) {
        if !self.is_done {
            self.slot.abandon(false);
        }
        if let (Some(era), Some(ticket)) = (&self.slot.asked.era, self.ticket) {
            era.unregister(ticket);
        }
    }
}

// No user code runs under the lock of a slot, so a panic never leaves one in a broken state.
impl<R> UnwindSafe for Reply<R> {}
impl<R> RefUnwindSafe for Reply<R> {}

impl<R> fmt::Debug for Reply<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let worker = self.slot.asked.name();
        f.debug_struct("Reply")
            .field("worker", &worker)
            .field("is_settled", &self.slot.is_settled())
            .finish_non_exhaustive()
    }
}
