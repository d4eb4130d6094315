//! Questions that wait for room without a thread.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::handle::BackgroundQueueWorker;
use super::put_error::{PutError, PutErrorKind};
use super::put_future::PutFuture;
use crate::reply::answerer::ReplyTo;
use crate::reply::asker::Reply;
use crate::reply::reply_of;

/// A question that waits for room in the queue without blocking a thread. Made by
/// [`ask_async`](BackgroundQueueWorker::ask_async).
///
/// It waits as a [`PutFuture`] does, and gives the [`Reply`], which is a future again: `shop.ask_async(task).await?.await?`.
/// Dropped before it is ready, it takes its task with it, which is never put then.
///
/// # Panics
///
/// If it is polled again after it was ready.
///
/// # Examples
///
/// ```
/// use pyaltt::{AskFuture, ReplyTo};
///
/// let shop = pyaltt::queue(|to: ReplyTo<u32>, _cx| _ = to.send(5)).start()?;
/// let question: AskFuture<'_, u32, ReplyTo<u32>> = shop.ask_async(|to| to);
/// drop(question); // nothing was put
/// assert_eq!(shop.drain()?.turns, 0);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "a future does nothing until it is polled, for example by `.await`"]
pub struct AskFuture<'a, R, T: Send + 'static> {
    worker: &'a BackgroundQueueWorker<T>,
    /// `None` when it is ready.
    question: Option<(PutFuture<'a, T>, Reply<R>)>,
    /// Whether it has come to wait for room, from when on it is a put like any other.
    waits: bool,
}

impl<R: Send + 'static, T: Send + 'static> Future for AskFuture<'_, R, T> {
    type Output = Result<Reply<R>, PutError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Some((put, reply)) = &mut this.question else { panic!("`AskFuture` polled after completion") };
        let put = if !this.waits && reply.has_ended() {
            None
        } else {
            match Pin::new(put).poll(cx) {
                Poll::Pending => {
                    this.waits = true;
                    return Poll::Pending;
                }
                Poll::Ready(put) => Some(put),
            }
        };
        let Some((future, reply)) = this.question.take() else { unreachable!("it was there just now") };
        Poll::Ready(match put {
            Some(Ok(())) => Ok(reply),
            Some(Err(error)) => Err(error),
            None => match future.cancel() {
                Some(task) => Err(this.refused(task, &reply)),
                None => unreachable!("it has not been polled"),
            },
        })
    }
}

impl<R: Send + 'static, T: Send + 'static> AskFuture<'_, R, T> {
    #[cold]
    fn refused(&self, task: T, reply: &Reply<R>) -> PutError<T> {
        let error = PutError::new(task, PutErrorKind::NotRunning);
        // By now the worker may be in a life that could answer another question.
        let error = if reply.is_of_a_life() {
            error.with_words("was asked in a life of its worker that has ended; ask again")
        } else if self.worker.control().era().is_some() {
            error.with_words("was asked when no worker ran that could answer; ask again")
        } else {
            error
        };
        self.worker.named(error)
    }
}

impl<R, T: Send + 'static> fmt::Debug for AskFuture<'_, R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AskFuture").field("is_done", &self.question.is_none()).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> BackgroundQueueWorker<T> {
    /// Asks the worker, and waits for room in its queue without blocking a thread. `task` is called at once; nothing is put
    /// until the future is polled.
    ///
    /// The question belongs to the life in which it was made. It does not say how long the answer takes:
    /// `shop.ask_async(task).await?` gives the [`Reply`], and that is awaited for the answer.
    ///
    /// # Errors
    ///
    /// Those of [`put_async`](Self::put_async), with the task, and
    /// [`NotRunning`](super::put_error::PutErrorKind::NotRunning) if there was no life of the worker, or it has ended before
    /// the first poll.
    ///
    /// # Panics
    ///
    /// A panic of `task` reaches the caller.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, BoxError, ReplyTo};
    ///
    /// async fn price(shop: &BackgroundQueueWorker<(u32, ReplyTo<u32>)>, item: u32) -> Result<u32, BoxError> {
    ///     let price = shop.ask_async(|to| (item, to)).await?; // while the queue is full, other tasks of the runtime go on
    ///     Ok(price.await?)
    /// }
    /// # let _ = price;
    /// ```
    pub fn ask_async<R: Send + 'static>(&self, task: impl FnOnce(ReplyTo<R>) -> T) -> AskFuture<'_, R, T> {
        let (to, reply) = reply_of(self.control().wait_slot(), self.control().era());
        AskFuture { worker: self, question: Some((self.put_async(task(to)), reply)), waits: false }
    }
}
