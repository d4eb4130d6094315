//! Errors: failing turns, panics, all error types, and what is logged.
//!
//! # When a turn fails
//!
//! A turn fails when it returns an error or panics. The error handler is called with a
//! [`WorkerError`](crate::WorkerError), on the worker's thread, and decides whether the run continues. The error says
//! whose it is, where in the run it happened and why: `worker "mail", turn 3: no connection`.
//!
//! | handler | the run continues on | the run ends on |
//! | --- | --- | --- |
//! | none | | every failure |
//! | the builder's `on_error(f)` | `()`, `true`, `Flow::Continue`, or an `Ok` of these | `false`, `Flow::Stop`, an error of its own, a panic |
//! | [`Worker::on_error`](crate::Worker::on_error) | `Flow::Continue` | `Flow::Stop`, a panic |
//!
//! A run that ends this way has the reason [`Failed`](crate::ExitReason::Failed) and the error of the turn, even if the
//! handler failed as well. The worker is stopped then. Its pending tasks are intact, its queue
//! [refuses new ones](super::queues#queues-of-failed-workers), and it can be started again. With a policy for
//! [restarts](super::restart) it runs again by itself after a while, and its queue stays open meanwhile.
//!
//! The handler is also called for panics in `after_start` and in the stop hooks, and when a custom loop fails. Of
//! these, only a panic in `after_start` lets the handler decide to continue.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! fn parse(text: &str, _cx: &mut Context) -> Result<(), std::num::ParseIntError> {
//!     assert!(!text.is_empty(), "nothing to parse");
//!     text.parse::<i32>().map(|number| println!("{number}"))
//! }
//!
//! let strict = queue(parse).name("strict").start()?;
//! strict.put("one")?;
//! let error = strict.wait().unwrap_err(); // a failed run is an error of the wait
//! assert_eq!(error.to_string(), r#"worker "strict", turn 1: invalid digit found in string"#);
//! let exit = strict.last_exit();
//! assert_eq!((exit.reason, exit.turns, exit.errors), (ExitReason::Failed, 1, 1));
//!
//! let patient = queue(parse).name("patient").on_error(|error| eprintln!("{error}")).start()?;
//! ["1", "two", "", "4"].into_iter().try_for_each(|text| patient.put(text))?;
//! let exit = patient.drain()?;
//! assert_eq!((exit.reason, exit.turns, exit.errors, exit.panics), (ExitReason::Stopped, 4, 1, 1));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Panics
//!
//! Panics are caught in turns, hooks, factories, error handlers, comparisons of tasks, and in the destructors of
//! pending tasks, objects and arguments; [`faults`](super::faults) lists all places. The program's panic hook runs as
//! for any panic, so by default the message is printed.
//!
//! The panic may have left the worker's state half-changed. Whether that state is fit for another turn is the
//! handler's decision. [`Panic::message`](crate::Panic::message) has the text that was given to `panic!`. A program
//! built with `panic = "abort"` ends at the first panic.
//!
//! # A failure is never silent
//!
//! A program that uses `?` learns of every failure, because whoever waits for a run that failed gets an error:
//!
//! | call | the run did not fail | it failed | its drain left tasks behind |
//! | --- | --- | --- | --- |
//! | `stop`, `stop_timeout` | `Ok(exit)` | `Ok(exit)`: it is stopped, as asked | `Ok(exit)` |
//! | `wait`, `wait_timeout` | `Ok(exit)` | [`Err(StopError::Failed(exit))`](crate::StopError::Failed) | `Ok(exit)` |
//! | `drain`, `drain_timeout` | `Ok(exit)` | `Err(StopError::Failed(exit))` | [`Err(StopError::Left { exit, tasks, .. })`](crate::StopError::Left) |
//!
//! That does not depend on when the call comes: a wait returns the error also when the run failed long before. With a
//! policy for restarts the calls are about the end of the life, and about its last run. Tasks are left of a drain that
//! something more urgent has overtaken: a stop, a terminate, or a turn that ended the run.
//!
//! If nobody waits, a failure is still seen. An error that no handler is given goes to the [log](#logging), and where
//! nobody listens to the log, a line with its text goes to stderr. The same holds for a queue in memory that is dropped
//! with tasks in it. Both lines say which worker it was.
//!
//! ```
//! use pyaltt::{StopError, prelude::*};
//!
//! let printer = queue(|page: u32, _cx| if page < 3 { Ok(()) } else { Err("out of paper") }).name("printer").build()?;
//! (1..=5).try_for_each(|page| printer.put(page))?;
//! printer.start()?;
//! let Err(StopError::Failed(exit)) = printer.drain() else { panic!("page 3 fails") };
//! assert_eq!((exit.turns, printer.len()), (3, 2)); // pages 4 and 5 are still queued
//! assert_eq!(printer.stop()?.reason, ExitReason::Failed); // stopped it is
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # The exit
//!
//! [`Exit`](crate::Exit) says how a run ended, of which worker and with how many turns and errors. The calls above return
//! it, [`Worker::after_stop`](crate::Worker::after_stop) and the builder's [`on_exit`](crate::Builder::on_exit) are given
//! it, and [`last_exit`](crate::Handle::last_exit) has it at any time. Its field `then` says what follows the run: see
//! [restarts](super::restart#being-told).
//!
//! | [`ExitReason`](crate::ExitReason) | the run | has an error |
//! | --- | --- | --- |
//! | `Stopped` | was told to stop or to drain | only of a panic in a stop hook |
//! | `Terminated` | was terminated | only of a panic in `after_stop` |
//! | `Finished` | ended by itself | only of a panic in `after_stop` |
//! | `Failed` | failed | yes |
//! | `NeverStarted` | does not exist | no |
//!
//! A requested stop is not an error, and `stop` is `Ok` however the run ended. Where that matters, look at the reason of
//! the exit, or use [`into_result`](crate::Exit::into_result), which turns a failure into an `Err`.
//!
//! # Error types
//!
//! | type | from | variants | what to do |
//! | --- | --- | --- | --- |
//! | [`BuildError`](crate::BuildError) | `build`, `Queue::bounded` | says the worker if there is one, the option, what was given and what is allowed | correct the option |
//! | [`StartError`](crate::StartError) | `start`, `start_with` | `AlreadyRunning` | stop the worker first, or build a second one |
//! | | | `FromWorker` | the call comes from the worker's own thread, between two runs or as its life ends; start the worker from another one |
//! | | | `Spawn` | try again when the system has threads; nothing has changed |
//! | | | `Factory` | read the error of the factory in it; the next start calls the factory again |
//! | | | `Hook` | read the error of `before_start` in it |
//! | | | `Option` | correct the option in the [`BuildError`](crate::BuildError) in it |
//! | | | `Sched` | read the [`RtReport`](crate::sched::RtReport) in it: what the system refused of a required [`Sched`](crate::Sched), and what would allow it |
//! | | | `Taken` | build a new worker; `into_inner` took this one |
//! | [`StopError`](crate::StopError) | `stop`, `wait`, `drain` and those with a timeout | `FromWorker` | return from the turn; the run ends after it |
//! | | `wait`, `drain` and those with a timeout | `Failed` | read the error of the [`Exit`](crate::Exit) in it; the worker is stopped |
//! | | `drain`, `drain_timeout` | `Left` | start the worker again, or take the tasks with `take_pending` |
//! | | those with a timeout | `Timeout` | wait again, or find out why the turn hangs; after a stop, the worker stays told to stop |
//! | | all of them, in a turn of another worker | `Stopping` | return from the turn: its own worker was told to stop, which cut the wait |
//! | [`WaitError`](crate::WaitError) | `wait_any` | `NoWorkers` | give it at least one worker |
//! | | | `Timeout` | wait again; all of them still run |
//! | | in a turn | `Stopping` | return from the turn: its own worker was told to stop, which cut the wait |
//! | [`PutError<T>`](crate::PutError) | `put`, `try_put`, `put_timeout` | [`PutErrorKind`](crate::PutErrorKind) `Full`, `Timeout` | try later, with the task from `into_inner` |
//! | | | `Closed` | keep the task; this queue takes no more |
//! | | | `FromWorker` | use `try_put` or a larger bound; a worker cannot wait for room in its own queue |
//! | | | `WorkerFailed` | start the worker again, or keep the task; see [queues](super::queues#queues-of-failed-workers) |
//! | | | `Stopping` | return from the turn with the task: the worker that puts was told to stop |
//! | | | `FromOnDropped` | put the task into another queue, or let go of it: a queue takes none from its own `on_dropped` |
//! | | `ask`, `try_ask`, `ask_timeout` | `NotRunning` | start the worker, or keep the task; nobody could answer it |
//! | | | `ReceiverOnly` | send on the channel itself, or build with both of its ends |
//! | [`AskError`](crate::AskError) | [`Reply`](crate::Reply) | `NoReply`, `Panicked` | ask again, or find out why the turn gave no answer |
//! | | | `Ended` | read the exit in it; the task, if it was not begun, is still queued |
//! | | `wait_timeout` | `Timeout` | wait again, or drop the reply |
//! | | in a turn | `FromWorker` | hand the reply on or await it; a worker cannot wait for its own answer |
//! | | | `Stopping` | return from the turn: its own worker was told to stop, which cut the wait |
//! | [`WorkerError`](crate::WorkerError) | handlers, `Exit::error`, `StartError::Hook`, `StartError::Factory` | [`WorkerErrorKind`](crate::WorkerErrorKind) `Failed`, `Panicked` | look at [`worker`](crate::WorkerError::worker), [`turn`](crate::WorkerError::turn) or [`hook`](crate::WorkerError::hook), and [`kind`](crate::WorkerError::kind) |
//! | [`NoTask`](crate::NoTask) | `Inbox::try_next`, `Inbox::next_deadline`, `Exits::next` | `NotYet` | do something else, and ask again |
//! | | | `Ended` | return from the [loop](super::writing_workers#a-custom-loop) |
//! | [`TimingError`](crate::timing::TimingError) | `Ticker`, `Schedule`, `Poll` | says the option and what was given | give a time longer than zero |
//! | [`SchedError`](crate::sched::SchedError) | [`Sched::check`](crate::Sched::check) | says what was given and what is allowed | correct the option |
//! | [`CollectionError`](crate::CollectionError) | [collections](super::collections) | one for each kind of fault | as its text says |
//!
//! All of them implement [`std::error::Error`] and convert into a [`BoxError`](crate::BoxError) with `?`; a
//! `PutError<T>` does so if its task can be shared between threads. The enums may grow, so a `match` needs an arm for
//! the rest; `NoTask` alone is complete. `StartError` and `StopError` name the worker too: nearly every variant has the
//! field `worker`, and [`StartError::worker`](crate::StartError::worker) returns it for all of them.
//!
//! `Debug` reads like `Display`, because `fn main() -> Result<..>` prints the former. What the text of an error says is not
//! in its `source` again, so a report of the whole chain says nothing twice.
//!
//! ```
//! use pyaltt::{StartError, prelude::*};
//!
//! let error = queue(|_task: u8, _cx| ()).name("mail").bounded(4).lifo().priority().build().unwrap_err();
//! assert_eq!((error.worker(), error.option()), ("mail", "priority"));
//!
//! let beat = looped(|_tick, _cx| ()).name("beat").delay(std::time::Duration::MAX).start()?;
//! let error = beat.start().unwrap_err();
//! assert!(matches!(error, StartError::AlreadyRunning { .. }));
//! assert_eq!(format!("{error:?}"), r#"worker "beat" is already running; stop it before starting it again"#);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Logging
//!
//! Events go to the crate `tracing`, with targets that begin with `pyaltt_core` or `pyaltt_collection`. A program that
//! has installed no subscriber sees none of them, except for two, which go to stderr instead: the error of a run that
//! fails without a handler, and tasks that are dropped with their queue.
//!
//! | level | message | fields | when |
//! | --- | --- | --- | --- |
//! | debug | started | `worker`, `run` | `before_start` has ended |
//! | debug | stopped | `worker`, `run`, `reason`, `turns` | the stop hooks have ended |
//! | debug | the system granted everything | `worker`, `run`, `report` | the worker's `Sched` was granted |
//! | warn | goes on without this: .. | `worker`, `run` | the system refused a part of a `Sched` that is not required |
//! | info | all senders of the worker's channel are gone | `worker` | the run on an external channel finishes |
//! | error | worker failed | `worker`, `turn`, `error`, `left_out` | a run fails, or a restart could not begin |
//! | warn | the worker will be restarted | `worker`, `restart`, `backoff`, `left_out` | a backoff begins; `restart` is its number in the life |
//! | error | too many restarts; the worker is not restarted any more | `worker`, `restarts`, `within` | a budget is spent |
//! | error | the condition of a restart failed | `worker`, `panic` | [`Restart::only`](crate::Restart::only) panicked: no restart |
//! | error | the start options of a restart failed | `worker`, `panic` | [`Restart::start`](crate::Restart::start) panicked: the old options stay |
//! | error | `on_exit` failed | `worker`, `panic` | that function panicked |
//! | error | the worker's clock failed; it is not restarted | `worker` | a clock panicked as the run ended |
//! | error | a clock failed in a backoff; the worker is not restarted | `worker`, `panic` | a clock panicked meanwhile |
//! | warn | a queue was dropped with tasks in it | `worker`, `tasks` | the last handle and the last `Queue` are gone |
//! | error | `on_error` failed | `worker`, `error` | a handler returned an error or panicked |
//! | error | a stop hook failed | `worker`, `error` | `before_stop` or `after_stop` panicked |
//! | error | the end of a run failed | `worker`, `panic` | a strategy, clock or `TaskQueue` panicked as the run ended |
//! | error | `on_dropped` failed | `panic` | that callback panicked |
//! | error | the comparison of two tasks failed; they count as equal | `panic` | an `Ord` panicked in a priority queue |
//! | error | a queue's len failed | `worker`, `panic` | that method of a `TaskQueue` panicked as a run ended; the exit counts no tasks |
//! | error | a queue's subscribe failed | `panic` | that method of a `TaskQueue` panicked |
//! | error | a queue's unsubscribe failed | `panic` | that method of a `TaskQueue` panicked |
//! | error | a watch failed | `worker`, `other`, `panic` | the closure of a watch panicked, so there is no task |
//! | warn | the queue did not take the task of a watch | `worker`, `other`, `reason` | it is closed, or not of this library and full; the task is dropped |
//! | error | the task of a watch was lost: the queue's put failed | `worker`, `other`, `panic` | that method of a `TaskQueue` panicked |
//! | error | the waker of a future failed | `panic` | whatever polls a [`Reply`](crate::Reply) panicked when it was woken |
//! | error | a value's destructor failed | `panic` | a dropped value panicked |
//! | error | the process will not wait for non-daemon workers | | the C library refused the `atexit` |
//! | error | the text of a fault | | a function of a collection without `on_error` failed |
//!
//! A worker that keeps failing writes ten errors and ten warnings in a row, and after that one of each a second. `left_out`
//! says how many came before the line without a line of their own, and so does the text on stderr.
//!
//! An error after which the handler continues is not logged, because the handler has it. The errors of a factory and
//! of `before_start` at the first start of a life are not logged either, because the caller of `start` has them.
