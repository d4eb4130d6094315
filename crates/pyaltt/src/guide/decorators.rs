//! Decorators: functions as static workers, and functions in static collections.
//!
//! # `#[background_worker]`
//!
//! The attribute turns a free function into a static worker with the function's name. The static derefs to the handle,
//! so it has all methods of the handle. Its own `start` and `start_with` take the parameters of the function, typed
//! and by value.
//!
//! | attribute | kind of worker |
//! | --- | --- |
//! | `#[background_worker]`, `#[background_worker(interval = "100ms", ..)]` | looped |
//! | `#[background_worker(queue, ..)]`, `(queue = EXPR, ..)` for an external queue | queue |
//! | `#[background_worker(event, ..)]`, `(event = EXPR, ..)` for an external event | event |
//!
//! Every option has the name of the builder's method that it calls; the attribute's
//! [documentation](macro@crate::background_worker) lists them all. A time is a string such as `"1.5s"`, or an
//! expression. Invalid options, conflicting options and wrong signatures are compile errors that say what is allowed.
//!
//! ## What the function takes
//!
//! First comes its task, tick or trigger, by value. Only a queue worker must take it, because its type decides what
//! `put` takes. Then come, in any order, `cx: &mut Context` and the function's own parameters, each `&T` or `&mut T`.
//! `start` takes a `T` for each of these, and the worker owns it from then on. So a `&mut T` is state that lasts from
//! turn to turn, without a lock.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! #[background_worker(queue, bounded = 64)]
//! fn mailer(letter: &'static str, cx: &mut Context, server: &String, sent: &mut u64) -> Result<(), &'static str> {
//!     *sent += 1;
//!     println!("{}: letter {sent} to {server}: {letter}", cx.name());
//!     if letter.is_empty() { Err("an empty letter") } else { Ok(()) }
//! }
//!
//! # fn main() -> Result<(), BoxError> {
//! mailer.put("dear Sir")?; // its queue exists before its first start
//! mailer.start("localhost".to_owned(), 0)?;
//! mailer.put("dear Madam")?;
//! assert_eq!(mailer.drain()?.turns, 2);
//! # Ok(())
//! # }
//! ```
//!
//! ## Further runs, and plain handles
//!
//! The worker keeps the parameters of a start, with all changes that its turns make. The typed `start` replaces them.
//! The plain `start` of the handle, which `clone()` returns, continues with the old ones; if there are none yet, it
//! fails with [`StartError::Hook`](crate::StartError::Hook).
//!
//! ```
//! use std::sync::mpsc::{self, Sender};
//! use pyaltt::prelude::*;
//!
//! #[background_worker]
//! fn counter(total: &mut u64, step: &u64, report: &Sender<u64>) -> bool {
//!     *total += step;
//!     let _ = report.send(*total);
//!     false
//! }
//!
//! # fn main() -> Result<(), BoxError> {
//! let (report, totals) = mpsc::channel();
//! counter.start(10, 2, report)?;
//! counter.wait()?;
//! let handle: BackgroundWorker = counter.clone();
//! handle.start()?;
//! handle.wait()?;
//! assert_eq!(totals.try_iter().collect::<Vec<_>>(), [12, 14]);
//! # Ok(())
//! # }
//! ```
//!
//! With a policy for [restarts](super::restart), each further run of a life has the parameters as well. A typed `start`
//! during a backoff replaces them and runs at once.
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::prelude::*;
//!
//! #[background_worker(restart = Restart::on_failure().backoff(Duration::from_millis(1)), on_exit = |exit| println!("{exit:?}"))]
//! fn dial(attempts: &mut u32, number: &&'static str) -> Result<bool, String> {
//!     *attempts += 1;
//!     if *attempts < 3 { Err(format!("{number} is busy")) } else { Ok(false) }
//! }
//!
//! # fn main() -> Result<(), BoxError> {
//! dial.start(0, "555-0100")?;
//! let exit = dial.wait()?;
//! assert_eq!((exit.reason, exit.restarts), (ExitReason::Finished, 2));
//! # Ok(())
//! # }
//! ```
//!
//! A static is one worker, and exists until the process ends. Its handle is never dropped, so a run ends when it is
//! told to, by itself, or, for a daemon, with the process. To make several workers of one function, use
//! [`looped`](crate::looped), [`queue`](crate::queue) or [`event`](crate::event).
//!
//! In the function's body its name is the static, so `counter.terminate()` ends the run from inside. As with every
//! static, no variable can have that name where it is in scope, and neither can a parameter of another worker. The
//! static's type has the name too, so no module or type beside it can have it. Only names that begin with `__pyaltt` are
//! reserved; a parameter may have any other.
//!
//! ## Visibility
//!
//! A worker is as visible as its function. As with a plain function, its task and its parameters may have types that are
//! more private, and then only code that knows these types can use the worker.
//!
//! ## When options are evaluated
//!
//! The worker is made when it is first used. Expressions in its options are evaluated then, by one thread; others that
//! use the worker meanwhile wait. If an expression has an invalid value, such as an interval of zero, both starts return
//! [`StartError::Option`](crate::StartError::Option). All other uses of such a worker panic with the text of that
//! error, because there is no handle to call. After that, and after a panic in an expression, the next use evaluates all
//! of them again: a worker that failed for want of a file works once the file is there.
//!
//! An expression may use other workers. Using its own worker is a panic that says so, also by way of another worker. An
//! expression that waits for a thread of its own must not use the worker there: nobody can know that the two belong
//! together, and they would wait for each other.
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::{StartError, prelude::*};
//!
//! fn period() -> Duration {
//!     Duration::ZERO // as if it were read from a file
//! }
//!
//! #[background_worker(interval = period())]
//! fn control() {}
//!
//! # fn main() {
//! match control.start() {
//!     Err(StartError::Option(error)) => assert_eq!(error.option(), "interval"),
//!     other => panic!("{other:?}"),
//! }
//! # }
//! ```
//!
//! # `collection!` and `#[collect]`
//!
//! [`collection!`](crate::collection!) declares a static [`FunctionCollection`](crate::FunctionCollection).
//! [`#[collect]`](macro@crate::collect) on a free function, in any module of the program and of the crates that it
//! names, adds that function to it. Nothing has to be called for that: the collection has all its functions when it is
//! first used. The function can still be called by its name. Higher priorities come first; equal ones are in the order
//! of their modules' paths, then of their lines.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! collection! {
//!     /// Everything that has to be done before the program ends.
//!     pub static SHUTDOWN: FunctionCollection<&'static str>;
//! }
//!
//! #[collect(SHUTDOWN, time_limit = "5s")]
//! fn flush_log() -> std::io::Result<&'static str> {
//!     Ok("flushed")
//! }
//!
//! #[collect(SHUTDOWN, name = "motor", priority = 100)]
//! fn stop_motor() -> &'static str {
//!     "stopped"
//! }
//!
//! # fn main() {
//! let (results, ok) = SHUTDOWN.execute();
//! assert!(ok);
//! assert_eq!(results.names().collect::<Vec<_>>(), ["motor", "flush_log"]);
//! # }
//! ```
//!
//! ## Functions of other crates
//!
//! A crate that is a dependency, but that the program never names, is left out by the linker. All functions that it
//! collects are then missing, and **nothing says so**: no error, no warning, no fault of a run. Name the crate to have it
//! linked, even if you need nothing from it:
//!
//! ```text
//! use motor_driver as _; // its #[collect] functions are in SHUTDOWN now
//! ```
//!
//! A shutdown is the worst moment to find out. Compare [`names`](crate::FunctionCollection::names) with what has to be
//! there when the program starts, or in a test:
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! collection! { static SHUTDOWN: FunctionCollection<()>; }
//!
//! #[collect(SHUTDOWN)]
//! fn stop_motor() {}
//!
//! # fn main() {
//! for needed in ["stop_motor"] {
//!     assert!(SHUTDOWN.contains(needed), "{needed} is not linked: add `use its_crate as _;`");
//! }
//! # }
//! ```
//!
//! The example `collect_from_crates` does this with a second crate.
//!
//! ## Names that clash
//!
//! If two functions of a collection have the same name, the second one is not called. Every run reports that to
//! `on_error`, and is not ok.
