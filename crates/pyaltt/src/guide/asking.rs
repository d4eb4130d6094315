//! Asking a worker: answers to tasks, from threads, in a `select!` and in async code.
//!
//! A task can carry the place of its answer, a [`ReplyTo`](crate::ReplyTo). [`ask`](crate::BackgroundQueueWorker::ask)
//! makes one, puts the task, and returns the [`Reply`](crate::Reply) that is to come:
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! enum Order {
//!     Price(&'static str, ReplyTo<Option<u32>>),
//!     Sell(&'static str),
//! }
//!
//! let mut sold = 0;
//! let shop = queue(move |order, _cx| match order {
//!     Order::Price(item, to) => _ = to.send((item == "tea").then_some(3 + sold)),
//!     Order::Sell(_) => sold += 1,
//! })
//! .start()?;
//! shop.put(Order::Sell("tea"))?; // no answer is wanted
//! let price = shop.ask(|to| Order::Price("tea", to))?.wait()?;
//! assert_eq!(price, Some(4));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! `ask` waits for room as `put` does, `try_ask` and `ask_timeout` as `try_put` and `put_timeout`. An ask is a put and one
//! allocation. `ReplyTo` is `Send` and can be answered later and from anywhere: a turn may keep it, or pass it on to another
//! worker. [`reply()`](crate::reply()) makes such a pair without a worker.
//!
//! # Getting the answer
//!
//! | call | waits |
//! | --- | --- |
//! | [`wait()`](crate::Reply::wait) | as long as it takes |
//! | [`wait_timeout(t)`](crate::Reply::wait_timeout) | at most that long; after a `Timeout` the reply is still open, and can be waited for again |
//! | [`try_get()`](crate::Reply::try_get) | not at all |
//! | [`receiver()`](crate::Reply::receiver) | in a `select!` beside anything else, and then `try_get` |
//! | `.await` | in any async runtime; nothing else of the library is needed there, and it does not block |
//! | [`detach()`](crate::Reply::detach) | nobody: the work goes on, and its answer is dropped |
//!
//! The drop of a `Reply`, or [`cancel`](crate::Reply::cancel), says that the answer is not wanted any more. Then
//! [`is_wanted`](crate::ReplyTo::is_wanted) is `false`, at which long work can give up, and [`send`](crate::ReplyTo::send)
//! gives the value back. So a late answer is never mistaken for that of another question.
//!
//! ```
//! use pyaltt::prelude::*;
//! use std::time::Duration;
//!
//! let oracle = queue(|(question, to): (u64, ReplyTo<u64>), cx| {
//!     while question == 0 && to.is_wanted() {
//!         cx.sleep(Duration::from_millis(1)); // it thinks for ever, while somebody waits
//!     }
//!     drop(to.send(question * 2).map_err(|late| println!("too late for {late}")));
//! })
//! .start()?;
//! let mut hard = oracle.ask(|to| (0, to))?;
//! assert!(hard.wait_timeout(Duration::from_millis(5)).is_err());
//! drop(hard);
//! assert_eq!(oracle.ask(|to| (21, to))?.wait()?, 42);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # When no answer comes
//!
//! Nobody who asks is left behind. A question ends by an answer, when its `ReplyTo` is dropped, or with the worker:
//!
//! | what happens | the asker gets |
//! | --- | --- |
//! | the turn drops the `ReplyTo`, or fails with it in hand; an [`Overflow`](crate::Overflow) policy drops the task | [`NoReply`](crate::AskError::NoReply) |
//! | the turn panics with it in hand | [`Panicked`](crate::AskError::Panicked) |
//! | the worker keeps it in a field, and its factory makes a new one for a restart | `NoReply` |
//! | the worker stops, finishes, fails for good or gives up, with the task in its queue or the `ReplyTo` in a field | [`Ended`](crate::AskError::Ended), with the exit; what is in the queue stays there |
//! | it is asked while it starts, and the start fails | `Ended`, with that failure as the exit |
//! | it is [restarted](super::restart), or waits for that; it is paused; its group holds it | nothing yet: the question stays open, and the next run answers it |
//! | it hangs in a turn | nothing: use `wait_timeout` |
//! | it never ran, or is stopped | the ask itself fails: [`NotRunning`](crate::PutErrorKind::NotRunning), with the task |
//!
//! If several workers share a queue, the question ends with the last of them, because any of them could have answered.
//! What a worker has kept that a factory made is told when the end of its run is known, after its destructor, which must not
//! wait for those who asked.
//! There is no timeout by default: no number suits all questions.
//!
//! A durable queue cannot be asked: a place for an answer cannot be stored, and the answer might come from another process, after a
//! crash. Its tasks can carry what the answer is to be looked up by.
//!
//! # Workers that ask
//!
//! In a turn, a wait for the worker's own answer is [`FromWorker`](crate::AskError::FromWorker) at once: it would wait for
//! itself. (To hand the reply on, or to await it, is fine.) If other workers read the same queue, it waits, because one of them
//! may answer; when the last of them has ended, it is `FromWorker` as well.
//!
//! Two workers that wait for each other are no error, because a third thread may answer. But a stop of either ends its wait
//! with [`Stopping`](crate::AskError::Stopping), so that no stop hangs in such a ring. A turn that returns that error is
//! counted as interrupted and not as failed.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let stock = queue(|to: ReplyTo<u32>, _cx| _ = to.send(7)).start()?;
//! let counted = stock.clone();
//! let shop = queue(move |to: ReplyTo<String>, _cx| {
//!     let left = counted.ask(|to| to)?.wait()?; // a stop of the shop would end this
//!     let _ = to.send(format!("{left} left"));
//!     pyaltt::done()
//! })
//! .start()?;
//! assert_eq!(shop.ask(|to| to)?.wait()?, "7 left");
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # From async code
//!
//! A `Reply` is a future for any runtime. `ask` blocks while a bounded queue is full;
//! [`ask_async`](crate::BackgroundQueueWorker::ask_async) waits for room without a thread, as `put_async` does, and gives the
//! reply, which is awaited for the answer. What was asked so belongs to the life of the worker in which the call was made. The
//! task's waker is called on the thread that answers, or on that of the worker that ends: one that blocks holds it up, and one
//! that panics is caught and logged.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! async fn total(shop: &BackgroundQueueWorker<(u32, ReplyTo<u32>)>) -> Result<u32, BoxError> {
//!     let first = shop.ask_async(|to| (1, to)).await?; // waits while the queue is full
//!     let second = shop.ask_async(|to| (2, to)).await?;
//!     Ok(first.await? + second.await?) // waits for the answers
//! }
//!
//! let shop = queue(|(item, to): (u32, ReplyTo<u32>), _cx| _ = to.send(item * 10)).bounded(1).start()?;
//! # struct Unparks(std::thread::Thread);
//! # impl std::task::Wake for Unparks {
//! #     fn wake(self: std::sync::Arc<Self>) {
//! #         self.0.unpark();
//! #     }
//! # }
//! # fn block_on<F: std::future::Future>(future: F) -> F::Output {
//! #     let waker = std::sync::Arc::new(Unparks(std::thread::current())).into();
//! #     let mut future = std::pin::pin!(future);
//! #     loop {
//! #         match future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
//! #             std::task::Poll::Ready(output) => return output,
//! #             std::task::Poll::Pending => std::thread::park(),
//! #         }
//! #     }
//! # }
//! assert_eq!(block_on(total(&shop))?, 30); // `block_on` of any runtime
//! # Ok::<(), BoxError>(())
//! ```
