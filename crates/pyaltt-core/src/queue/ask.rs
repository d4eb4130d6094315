//! Questions: tasks that carry the place of their answer.

use std::time::Duration;

use super::handle::BackgroundQueueWorker;
use super::put_error::{PutError, PutErrorKind};
use crate::reply;
use crate::reply::answerer::ReplyTo;
use crate::reply::asker::Reply;
use crate::wait::Wait;

impl<T: Send + 'static> BackgroundQueueWorker<T> {
    /// Asks the worker: puts the task that `task` makes of the place of the answer, as [`put`](Self::put) does, and returns
    /// the answer that is to come.
    ///
    /// The question ends with the life of the worker at the latest, and of all workers that read its queue if there are
    /// several: what is not answered by then is [`AskError::Ended`](crate::reply::ask_error::AskError::Ended). A restart, a
    /// pause, and the wait of a group's member are no end. A question is a task like any other: a stop leaves it in the
    /// queue, and the next run takes it, though its asker may be gone by then.
    ///
    /// While it waits for room it is a put like any other, which a stop does not end. If the worker has ended when there is
    /// room, the task waits for the next run, and the reply has ended.
    ///
    /// A task that carries a [`ReplyTo`] cannot be stored, so a durable queue cannot be asked. A
    /// [`LeasedQueue`](super::leased_queue::LeasedQueue) of your own can be, if it keeps its tasks in this process; an
    /// attempt that fails after it has dropped the `ReplyTo` has answered
    /// [`NoReply`](crate::reply::ask_error::AskError::NoReply).
    ///
    /// # Errors
    ///
    /// Those of [`put`](Self::put), with the task, and [`NotRunning`](super::put_error::PutErrorKind::NotRunning) if the
    /// worker was never started or is stopped, and no other one reads its queue. The answer of a task that was refused is
    /// not wanted.
    ///
    /// # Panics
    ///
    /// A panic of `task` reaches the caller, and nothing is put.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::ReplyTo;
    ///
    /// enum Order {
    ///     Price(&'static str, ReplyTo<Option<u32>>),
    /// }
    ///
    /// let shop = pyaltt::queue(|order, _cx| match order {
    ///     Order::Price(item, to) => _ = to.send((item == "tea").then_some(3)),
    /// })
    /// .start()?;
    /// let price = shop.ask(|to| Order::Price("tea", to))?.wait()?;
    /// assert_eq!(price, Some(3));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn ask<R: Send + 'static>(
        &self,
        task: impl FnOnce(ReplyTo<R>) -> T,
    ) -> Result<Reply<R>, PutError<T>> {
        self.ask_within(task, Wait::Forever)
    }

    /// Asks the worker if there is room in its queue now, and never waits for room.
    ///
    /// # Errors
    ///
    /// Those of [`ask`](Self::ask), with the reasons of [`try_put`](Self::try_put).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{PutErrorKind, ReplyTo};
    ///
    /// let shop = pyaltt::queue(|to: ReplyTo<u32>, _cx| _ = to.send(5)).paused(true).bounded(1).start()?;
    /// let first = shop.try_ask(|to| to)?;
    /// assert_eq!(shop.try_ask(|to| to).unwrap_err().kind(), PutErrorKind::Full);
    /// shop.resume();
    /// assert_eq!(first.wait()?, 5);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn try_ask<R: Send + 'static>(
        &self,
        task: impl FnOnce(ReplyTo<R>) -> T,
    ) -> Result<Reply<R>, PutError<T>> {
        self.ask_within(task, Wait::No)
    }

    /// Asks the worker, and waits for room in its queue for at most `timeout`. For the answer,
    /// [`Reply::wait_timeout`] has a limit of its own.
    ///
    /// # Errors
    ///
    /// Those of [`ask`](Self::ask), with the reasons of [`put_timeout`](Self::put_timeout).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use pyaltt::{PutErrorKind, ReplyTo};
    ///
    /// let shop = pyaltt::queue(|to: ReplyTo<u32>, _cx| _ = to.send(5)).paused(true).bounded(1).start()?;
    /// let _first = shop.ask(|to| to)?;
    /// let error = shop.ask_timeout(|to| to, Duration::from_millis(5)).unwrap_err();
    /// assert_eq!(error.kind(), PutErrorKind::Timeout);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn ask_timeout<R: Send + 'static>(
        &self,
        task: impl FnOnce(ReplyTo<R>) -> T,
        timeout: Duration,
    ) -> Result<Reply<R>, PutError<T>> {
        self.ask_within(task, Wait::within(timeout))
    }

    fn ask_within<R: Send + 'static>(
        &self,
        task: impl FnOnce(ReplyTo<R>) -> T,
        wait: Wait,
    ) -> Result<Reply<R>, PutError<T>> {
        // Before the put. If the era ends in between, the question ends with it, and its task waits in the queue.
        let era = self.control().era();
        let is_running = era.is_some();
        let (to, reply) = reply::reply_of(self.control().wait_slot(), era);
        let task = task(to);
        let put = if is_running {
            self.queue().put_within(task, wait)
        } else {
            Err(PutError::new(task, PutErrorKind::NotRunning))
        };
        match put {
            Ok(()) => Ok(reply),
            Err(error) => Err(self.named(error)),
        }
    }
}
