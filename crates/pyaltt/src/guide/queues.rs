//! Queue workers: orders, bounds, external queues, and who owns a task when.
//!
//! A queue worker takes a turn for each task. Its queue outlives its runs: a task that is put before the start, or
//! between two runs, waits for the next run.
//!
//! # Orders
//!
//! | option | which task is taken next |
//! | --- | --- |
//! | none | the oldest |
//! | `lifo()` | the newest |
//! | `priority()` | the highest by `Ord`; among equals, the oldest |
//!
//! ```
//! use std::cmp::Reverse;
//! use pyaltt::prelude::*;
//!
//! let jobs = queue(|(_urgency, job): (u8, Reverse<&str>), _cx| println!("{}", job.0)).priority().build()?;
//! jobs.put((1, Reverse("sweep the floor")))?;
//! jobs.put((9, Reverse("put out the fire")))?;
//! // `take_pending` returns the tasks in the order in which they would have run.
//! let first = jobs.take_pending().remove(0);
//! assert_eq!(first, (9, Reverse("put out the fire")));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Bounds
//!
//! Without `bounded(n)` a queue takes any number of tasks. With it, at most `n` tasks wait, not counting the task of
//! the current turn and those of a [watch](super::lifecycle#the-ends-of-other-workers), which need no room.
//! [`Overflow`](crate::Overflow) says what a put into a full queue does:
//!
//! | overflow | `put` | `try_put` | `put_timeout` |
//! | --- | --- | --- | --- |
//! | `Block`, the default | waits for room | hands the task back, `Full` | waits, then hands it back, `Timeout` |
//! | `Reject` | hands the task back, `Full` | the same | the same |
//! | `DropOldest` | drops the waiting task that was put first | the same | the same |
//! | `DropNewest` | drops the new task and succeeds | the same | the same |
//!
//! A waiting put continues when tasks are taken, by the worker or by `take_pending`, and fails when the queue is closed or
//! its worker fails. For about a millisecond it waits for most of the bound to be free, because each wake-up costs some
//! microseconds, and after that for the first free place. By priority, it waits for the first free place from the start.
//! Puts are served in the order in which they began to wait. A stop of that worker does not end its wait, because the next run may make room. A worker
//! that puts into its own full queue would wait for itself, so that put hands the task back with the kind
//! [`FromWorker`](crate::PutErrorKind::FromWorker). A worker that waits for room in another one's queue can be stopped all
//! the same: then the put hands the task back with the kind [`Stopping`](crate::PutErrorKind::Stopping).
//!
//! `on_dropped` cannot put a task into its own queue again: that put would drop the next task, and so on without end. It
//! is refused with the kind [`FromOnDropped`](crate::PutErrorKind::FromOnDropped). Another queue can hold what was dropped.
//!
//! ```
//! use std::sync::mpsc;
//! use pyaltt::{PutErrorKind, prelude::*};
//!
//! let small = queue(|_frame: u32, _cx| ()).bounded(2).build()?;
//! small.put(1)?;
//! small.put(2)?;
//! let error = small.try_put(3).unwrap_err();
//! assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Full, 3));
//!
//! let (lost, losses) = mpsc::channel();
//! let latest = queue(|_frame: u32, _cx| ())
//!     .bounded(2)
//!     .overflow(Overflow::DropOldest)
//!     .on_dropped(move |frame| lost.send(frame).unwrap_or_default())
//!     .build()?;
//! (1..=4).try_for_each(|frame| latest.put(frame))?;
//! assert_eq!(latest.take_pending(), [3, 4]);
//! assert_eq!((losses.try_iter().collect::<Vec<_>>(), latest.stats().dropped), (vec![1, 2], 2));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Queues of failed workers
//!
//! A queue knows whether the workers that take from it have failed:
//!
//! | the last run that took from it | a put |
//! | --- | --- |
//! | there was none, or it was stopped or finished, or others still run | succeeds, or waits for room |
//! | failed, and its worker will be [restarted](super::restart) | succeeds, or waits for room |
//! | failed, and no restart follows | hands the task back with the kind [`WorkerFailed`](crate::PutErrorKind::WorkerFailed), also if it was waiting for room |
//!
//! So no producer waits for a worker that will never come back, and none goes on filling its queue. What was queued stays
//! pending. The next run that is ready opens the queue again, of this worker or of another one that has the queue; until
//! then, `take_pending` hands the tasks out. Of several workers with one queue, only the failure of the last one counts.
//! A send on an external channel, past the handle, knows nothing of this.
//!
//! ```
//! use pyaltt::{PutErrorKind, prelude::*};
//!
//! let port = queue(|line: &str, _cx| if line == "M112" { Err("emergency stop") } else { Ok(()) }).build()?;
//! ["M112", "G1 X10"].into_iter().try_for_each(|line| port.put(line))?;
//! port.start()?;
//! port.wait().unwrap_err();
//!
//! let refused = port.put("G1 X20").unwrap_err();
//! assert_eq!((refused.kind(), refused.into_inner()), (PutErrorKind::WorkerFailed, "G1 X20"));
//! port.start()?; // takes what was queued, and new tasks
//! port.put("G1 X20")?;
//! assert_eq!(port.drain()?.turns, 2);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Who owns a task when
//!
//! Every task that was put has exactly one fate, and none is lost on the way:
//!
//! | what happened | who owns the task |
//! | --- | --- |
//! | the put failed | the caller: [`PutError::into_inner`](crate::PutError::into_inner) |
//! | the put succeeded | the queue, where it is pending; the next run takes it, or `take_pending` |
//! | it was taken | the turn, which runs it even when a stop comes meanwhile |
//! | its turn failed or panicked | nobody: it was moved into the turn, and the failure is reported; a restart does not run it again |
//! | the run failed | the queue, for all tasks that were not taken; they are pending, and new ones are refused |
//! | a drain was overtaken | the queue; [`StopError::Left`](crate::StopError::Left) and [`Exit::left`](crate::Exit) have the number |
//! | `DropOldest` or `DropNewest` dropped it | `on_dropped`; [`Stats::dropped`](crate::Stats::dropped) counts it |
//! | the last handle and the last [`Queue`](crate::Queue) are gone | nobody: pending tasks are dropped with the queue, and their number is logged, or else printed on stderr |
//!
//! A turn that may have to return its task can put it into its error, because the error of a turn can be any error
//! type. A [custom loop](super::writing_workers#a-custom-loop) owns what it has taken from the inbox.
//!
//! # Stop, drain, close, take what is pending
//!
//! | call | the worker | the queue |
//! | --- | --- | --- |
//! | `stop()`, `signal_stop()`, `terminate()` | ends after the current turn | keeps what is pending |
//! | `drain()`, `drain_timeout()`, `signal_drain()` | ends after everything that was pending at the call | keeps what is put later |
//! | `close()` | continues, and finishes when the queue is empty | refuses every further put |
//! | `take_pending()` | continues | is emptied into a `Vec` |
//!
//! Where several workers share a queue, a drain of one of them ends as well: first in, first out, it takes nothing that
//! was put after the call; otherwise it takes no more tasks than were pending at the call.
//!
//! Draining a worker that is not running runs no task and answers by the last exit; one that waits for a
//! [restart](super::restart#calls-while-it-waits) is not restarted any more. A closed queue stays closed; a
//! further run finishes when it has taken what was left. [`into_inner`](crate::Handle::into_inner) closes the queue, unless
//! another worker has it too.
//!
//! ```
//! use pyaltt::{PutErrorKind, prelude::*};
//!
//! let mail = queue(|letter: &str, _cx| println!("delivered: {letter}")).start()?;
//! mail.put("monday")?;
//! assert_eq!(mail.drain()?.reason, ExitReason::Stopped);
//!
//! mail.put("tuesday")?; // between two runs
//! mail.close();
//! assert_eq!(mail.put("wednesday").unwrap_err().kind(), PutErrorKind::Closed);
//! mail.start()?;
//! let exit = mail.wait()?;
//! assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 1));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Batches
//!
//! [`batch`](crate::batch) makes a worker of a function that takes many tasks at once. A batch is one turn. In a loop of your
//! own, [`Inbox::next_batch`](crate::Inbox::next_batch) takes one, from a queue of any kind.
//!
//! The second argument is how long to gather after the first task; zero takes what is there. A full batch, a pause, a
//! stop, and the end of a drain or of a closed queue end the gathering at once, and what was taken is run.
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::batch;
//!
//! let table = batch(100, Duration::from_millis(10), |rows: Vec<u32>, _cx| println!("{} rows", rows.len())).start()?;
//! table.put_many(0..1000)?;
//! table.drain()?;
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
//!
//! # Leased queues
//!
//! A [`LeasedQueue`](crate::leased::LeasedQueue) keeps a task until it is told what became of it: so it can keep tasks beyond
//! the end of a process, and try again what failed. Give one to a worker as [`Queue::leased(..)`](crate::Queue::leased). With
//! the feature `sqlite` there is one in a file, which has a chapter of its own, `durable`.
//!
//! | the turn | the task |
//! | --- | --- |
//! | succeeds | is done |
//! | fails or panics | is tried again by the queue's policy, until its attempts are used up |
//! | returns [`retry_after(d, error)`](crate::retry_after) | is tried again after `d`, if it has an attempt left |
//! | returns [`give_up(error)`](crate::give_up) | is not tried again |
//! | returns [`later(d)`](crate::later) | comes again after `d`; this was no attempt and no error |
//! | returns an error after the worker's stop has cut its wait | goes back; this was no attempt |
//!
//! [`Context::task`](crate::Context::task) says which attempt it is, and [`Context::is_lost`](crate::Context::is_lost)
//! whether somebody else may have the task by now. A failed attempt is a warning in the log, and the last one an error; without
//! an `on_error` the run goes on after both.
//!
//! A loop of your own settles each task before it takes the next one, by [`turn`](crate::Inbox::turn) or
//! [`turn_with`](crate::Inbox::turn_with), or takes a [`Batch`](crate::Batch). A batch function that fails gets its tasks
//! again one by one, so that one bad task does not fail the others.
//!
//! Other processes take from the store of such a queue and put into it. So some calls mean less than elsewhere:
//!
//! | call | on a leased queue |
//! | --- | --- |
//! | `drain()` | ends after as many tasks as were ready at the call, or when a later look finds nothing |
//! | `close()` | refuses the puts of this process; the worker finishes when nothing is ready |
//! | `take_pending()` | returns nothing: the tasks are safe where they are |
//! | `len()` | the number of ready tasks as of the last look |
//! | `stop()` | waits for settlements under way, by default for at most 100 ms; [`Exit::unsettled`](crate::Exit) has their number |
//!
//! A failed worker does not make a leased queue refuse puts. Such a put can fail because the store is gone:
//! [`Unavailable`](crate::PutErrorKind::Unavailable), or [`Uncertain`](crate::PutErrorKind::Uncertain) if the task may be
//! stored all the same.
//!
//! # External queues
//!
//! `queue(..)` takes anything that converts into a [`Queue`](crate::Queue). The options of the worker's own queue
//! (`bounded`, `overflow`, `on_dropped`, `priority`, `lifo`) do not go with it. All options that contradict each other are
//! listed at [`QueueBuilder`](crate::QueueBuilder#conflicts); together they are a [`BuildError`](crate::BuildError).
//!
//! A `Queue` of this library can be made without a worker:
//!
//! | constructor | which task is taken next | bound |
//! | --- | --- | --- |
//! | [`Queue::unbounded()`](crate::Queue::unbounded) | the oldest | none |
//! | [`Queue::bounded(n)`](crate::Queue::bounded) | the oldest | `n`; a put into the full queue waits |
//! | [`Queue::lifo()`](crate::Queue::lifo) | the newest | none |
//! | [`Queue::priority()`](crate::Queue::priority) | the highest; among equals, the oldest | none |
//!
//! [`put_many`](crate::Queue::put_many) puts the tasks of an iterator with one lock for hundreds of them. An unbounded queue
//! gives the memory of a large backlog back when it is empty; a bounded one keeps its memory, so that a put into it
//! allocates nothing once it has been full.
//!
//! For a bound with another order or policy, set the options on the builder of one worker, and give `worker.queue().clone()`
//! to the others.
//!
//! Clones of a `Queue` are the same queue. Give them to several workers, and each task is taken by one of the workers.
//! A thread that only puts tasks can hold `worker.queue().clone()`, which does not keep the worker alive. When the
//! last worker is gone, tasks stay in such a queue until it is dropped, and a put into a full one waits. If the last
//! worker failed, the queue refuses them instead.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let letters = Queue::bounded(100)?;
//! let work = |letter: u32, cx: &mut Context| println!("{} delivers letter {letter}", cx.name());
//! let anna = queue(work).name("Anna").queue(letters.clone()).start()?;
//! let bert = queue(work).name("Bert").queue(letters.clone()).start()?;
//! (0..10).try_for_each(|letter| letters.put(letter))?;
//! letters.close();
//! assert_eq!(anna.wait()?.turns + bert.wait()?.turns, 10);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! Channels of the crate [`crossbeam_channel`](crate::crossbeam_channel) are queues, too; the crate is re-exported as
//! `pyaltt::crossbeam_channel`, in the version that fits.
//!
//! - A `Receiver<T>` alone: a put through the handle fails. The worker finishes when all senders are gone and the
//!   channel is empty. `close()` has no effect.
//! - A pair `(Sender<T>, Receiver<T>)`: a put through the handle works. The worker holds that sender, so it finishes
//!   only after `close()`, which drops this sender and no other: the senders that the program holds are out of its
//!   reach.
//! - A channel of capacity 0 holds no task: a put waits until a worker takes it, and `try_put` succeeds only while a worker
//!   waits.
//!
//! ```
//! use pyaltt::{crossbeam_channel, prelude::*};
//!
//! let (letters, postbox) = crossbeam_channel::bounded(2);
//! let postman = queue(|letter: u32, _cx| println!("delivers letter {letter}")).queue(postbox).start()?;
//! (1..=5).try_for_each(|letter| letters.send(letter))?;
//! drop(letters);
//! let exit = postman.wait()?;
//! assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 5));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! Implement [`TaskQueue`](crate::TaskQueue) for an order of your own, or for tasks that live elsewhere. None of its
//! methods may block; the worker does the waiting. A panic in `take` fails the run; a panic in `put` reaches the caller of
//! the put. An `Arc` of a queue is a queue, so the program can keep it.
//!
//! | what happens past the library | what the queue does |
//! | --- | --- |
//! | a task arrives other than by `put` | it keeps the [`Waker`](crate::Waker)s that `subscribe` gives it, and calls all of them |
//! | a task that was held back can be taken now | the same; until then, a close and a drain wait for each task that `len` counts |
//! | there is room again, and no worker took a task | it calls any waker; else the first producer that waits tries by itself, within 50 ms |
//! | a worker is gone for good | it drops that worker's waker in `unsubscribe` |
//!
//! On every kind of external queue one task wakes one worker, and room for one task wakes one producer.
//!
//! # From async code
//!
//! A worker is a thread, and an async program can be in front of it: [`put_async`](crate::BackgroundQueueWorker::put_async) is
//! `put` for futures. While the queue is full the future waits and its thread goes on with others, so the bound slows
//! callers down and costs no thread. There is no runtime in this library and none is needed: whatever polls the future is woken.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! async fn serve(disk: &BackgroundQueueWorker<String>, lines: Vec<String>) -> Result<Exit, BoxError> {
//!     for line in lines {
//!         disk.put_async(line).await?; // waits while the disk is behind
//!     }
//!     Ok(disk.drain_async().await?) // all that was put is written
//! }
//! # let _ = serve;
//! ```
//!
//! | in async code | |
//! | --- | --- |
//! | [`put_async`](crate::BackgroundQueueWorker::put_async), also of a [`Queue`](crate::Queue::put_async) | waits for room, in one line with the threads that do, in the order of arrival |
//! | [`ask_async`](crate::BackgroundQueueWorker::ask_async) | the same for a [question](super::asking), and gives the [`Reply`](crate::Reply), which is a future too |
//! | [`try_put`](crate::BackgroundQueueWorker::try_put), [`put_many`](crate::BackgroundQueueWorker::put_many) of a queue without a bound, [`close`](crate::BackgroundQueueWorker::close), `signal_*` | never wait, so call them as they are |
//! | [`wait_async`](crate::Handle::wait_async), [`drain_async`](crate::BackgroundQueueWorker::drain_async) | wait for the end, and tell the worker to drain first |
//! | `put`, `ask`, `stop`, `wait`, `drain` | block the thread that runs other futures as well: `spawn_blocking`, or a thread of your own |
//!
//! A put that is dropped before it is ready, as the losing arm of a `select!` is, takes its task along, and nothing is put.
//! [`cancel`](crate::PutFuture::cancel) gives the task back. A time limit is the runtime's: `timeout(limit, mail.put_async(letter))`.
//!
//! The policies of [`Overflow`](crate::Overflow) hold as for `put`. A crossbeam channel with a bound and a queue that outlives
//! the process refuse a put of a future with [`Unsupported`](crate::PutErrorKind::Unsupported): nobody would learn of room in the
//! first, and the second needs a thread for as long as the store takes. The example `async_front` is an async server in front of
//! a worker.
