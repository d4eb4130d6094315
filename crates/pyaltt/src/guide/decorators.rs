//! Decorators: functions as static workers, and functions in static collections.
//!
//! # `#[background_worker]`
//!
//! The attribute turns a free function into a static worker of the function's name. The static derefs to the handle,
//! so everything that a handle can do it can do as well; its own `start` and `start_with` take the parameters of the
//! function, typed and by value.
//!
//! | attribute | kind of worker |
//! | --- | --- |
//! | `#[background_worker]`, `#[background_worker(interval = "100ms", ..)]` | looped |
//! | `#[background_worker(queue, ..)]`, `(queue = EXPR, ..)` for a queue from elsewhere | queue |
//! | `#[background_worker(event, ..)]`, `(event = EXPR, ..)` for an event from elsewhere | event |
//!
//! Every option is called as the method of the builder that it stands for; the attribute's
//! [own documentation](macro@crate::background_worker) lists them all. A time is a text such as `"1.5s"`, or an
//! expression. Wrong options, options that do not go together and wrong signatures are compile errors that say what
//! is allowed.
//!
//! ## What the function takes
//!
//! First its task, tick or trigger, by value; only a queue worker must take it, for its type says what `put` takes.
//! Then, in any order, `cx: &mut Context` and parameters of its own, each `&T` or `&mut T`. `start` takes a `T` for
//! each of these, and the worker owns it from then on. So a `&mut T` is state that lasts from turn to turn, without
//! a lock.
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
//! mailer.put("dear Sir")?; // its queue is there before its first start
//! mailer.start("localhost".to_owned(), 0)?;
//! mailer.put("dear Madam")?;
//! assert_eq!(mailer.drain()?.turns, 2);
//! # Ok(())
//! # }
//! ```
//!
//! ## Restarts, and workers that are shared
//!
//! What a start was given is kept, with what the turns have made of it. The typed `start` gives new values; the plain
//! `start` of the handle, which `clone()` gives, goes on with the old ones. If there are none yet, it fails with
//! [`StartError::Hook`](crate::StartError::Hook).
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
//! let handle = counter.clone();
//! handle.start()?;
//! handle.wait()?;
//! assert_eq!(totals.try_iter().collect::<Vec<_>>(), [12, 14]);
//! # Ok(())
//! # }
//! ```
//!
//! A static is one worker, and it is there until the process ends: its handle is never dropped, so a run ends when it
//! is told to, by itself, or, if it is a daemon, with the process. Where several workers of one function are wanted,
//! [`looped`](crate::looped), [`queue`](crate::queue) or [`event`](crate::event) makes each of them.
//!
//! In the function's body its name is the static, so `counter.terminate()` ends the run from inside. As for every
//! static, no variable can have that name where it is in scope.
//!
//! ## When options are evaluated
//!
//! The worker is made when it is first used, and expressions in its options are evaluated then; they cannot use the
//! worker itself. An expression whose value cannot be used, such as an interval of zero, is the
//! [`StartError::Option`](crate::StartError::Option) of both starts. All other uses of such a worker panic with the
//! text of that error, because there is no handle that they could go to.
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::{StartError, prelude::*};
//!
//! fn period() -> Duration {
//!     Duration::ZERO // as it was read from a file
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
//! [`collection!`](crate::collection!) declares a static [`FunctionCollection`](crate::FunctionCollection), and
//! [`#[collect]`](macro@crate::collect) over a free function of any module, in any crate of the program, puts that
//! function into it. Nothing has to be called for it: the collection has all its functions when it is first used.
//! The function stays callable by its name. Higher priorities come first; equal ones are in the order of their
//! modules' paths, then of their lines.
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
//! A name that two marked functions share is found when the collection runs: the later one is not called, the fault
//! goes to `on_error` in every run, and no such run is ok.
