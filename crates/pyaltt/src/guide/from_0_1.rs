//! From 0.1: what to change in a program, step by step.
//!
//! Each section shows code as it was, then as it is. A program that makes its workers from functions and keeps the
//! handles in variables compiles as before. One that writes down the types of handles needs the first two sections.
//!
//! # Handles do not name the worker's type
//!
//! `Handle`, `BackgroundWorker` and `BackgroundEventWorker` no longer have a type parameter, and
//! `BackgroundQueueWorker<T>` has the type of its tasks. So every handle has a type that you can write down. Remove
//! the parameters, and the generics and boxes that you needed because of them. Before:
//!
//! ```text
//! struct App<M: Worker<Task = Letter>, B: Worker<Task = Tick>> {
//!     mail: BackgroundQueueWorker<M>,
//!     beat: BackgroundWorker<B>,
//!     stop_all: Vec<Box<dyn Fn() + Send>>,
//! }
//! ```
//!
//! After:
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! struct Letter(String);
//!
//! struct App {
//!     mail: BackgroundQueueWorker<Letter>,
//!     beat: BackgroundWorker,
//!     all: Vec<Handle>,
//! }
//!
//! impl App {
//!     fn start() -> Result<Self, StartError> {
//!         let mail = queue(|letter: Letter, _cx| println!("{}", letter.0)).start()?;
//!         let beat = looped(|_tick, _cx| ()).delay(std::time::Duration::from_secs(1)).start()?;
//!         let all = vec![Handle::from(&mail), Handle::from(&beat)];
//!         Ok(Self { mail, beat, all })
//!     }
//! }
//!
//! let app = App::start()?;
//! app.mail.put(Letter("dear Sir".into()))?;
//! assert!(app.beat.is_active());
//! for worker in &app.all {
//!     worker.stop()?;
//! }
//! # Ok::<(), BoxError>(())
//! ```
//!
//! | before | after |
//! | --- | --- |
//! | `BackgroundWorker<W>` | [`BackgroundWorker`](crate::BackgroundWorker) |
//! | `BackgroundQueueWorker<W>`, `W: Worker<Task = T>` | [`BackgroundQueueWorker<T>`](crate::BackgroundQueueWorker) |
//! | `BackgroundEventWorker<W>` | [`BackgroundEventWorker`](crate::BackgroundEventWorker) |
//! | `Handle<W>` | [`Handle`](crate::Handle) |
//! | a builder with the worker's type in its own | [`LoopedBuilder`](crate::LoopedBuilder), [`QueueBuilder<T>`](crate::QueueBuilder), [`EventBuilder`](crate::EventBuilder) |
//! | `FnWorker<T, R, F>` in a signature | no longer public, and not needed: no handle and no builder names it |
//!
//! Handles of one worker are equal and have the same hash. A [`WeakHandle`](crate::WeakHandle), from
//! `handle.downgrade()`, keeps no worker alive.
//!
//! # `into_inner` asks for the type
//!
//! A handle does not know the type of its worker, so say which type you want. If the worker is running, was taken
//! already, or is of another type, you get the handle back instead of `None`. Before:
//!
//! ```text
//! let account: Option<Account> = worker.into_inner();
//! ```
//!
//! After:
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! struct Account(i64);
//!
//! impl Worker for Account {
//!     type Task = i64;
//!
//!     fn run(&mut self, amount: i64, _cx: &mut Context) -> Turn {
//!         self.0 += amount;
//!         Ok(Flow::Continue)
//!     }
//! }
//!
//! let worker = BackgroundQueueWorker::builder(Account(0)).start()?;
//! worker.put(50)?;
//! let worker = match worker.into_inner::<Account>() {
//!     Ok(_) => panic!("it runs"),
//!     Err(worker) => worker, // the handle, as it was
//! };
//! worker.drain()?;
//! let account = worker.into_inner::<Account>().map_err(|_| "it still runs")?;
//! assert_eq!(account.0, 50);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # `Worker` is not `Send`
//!
//! The trait was `Worker: Send + 'static` and is `Worker: 'static`, because a factory can make a worker on its own
//! thread. `builder` still moves the worker to its thread and needs `W: Worker + Send`. Implementations need no
//! change; a function that is generic over workers needs the second bound. Before:
//!
//! ```text
//! fn beat<W: Worker<Task = Tick>>(worker: W) -> Result<BackgroundWorker<W>, StartError> {
//! ```
//!
//! After:
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! fn beat<W: Worker<Task = Tick> + Send>(worker: W) -> Result<BackgroundWorker, StartError> {
//!     BackgroundWorker::builder(worker).interval(std::time::Duration::from_secs(1)).start()
//! }
//! ```
//!
//! # Factories, and `StartError::Factory`
//!
//! A worker that is not `Send`, or that has to be made anew for each run, needed a proxy that sent commands to a thread
//! of its own, or an `Option` that `before_start` filled. A [factory](super::writing_workers#factories) does it now:
//!
//! ```
//! use std::rc::Rc;
//! use pyaltt::{StartError, looped_from};
//!
//! let display = looped_from(|| {
//!     let title: Rc<str> = "main window".into(); // never leaves the worker's thread
//!     Ok(move |_tick, _cx: &mut pyaltt::Context| {
//!         println!("drawing {title}");
//!         false
//!     })
//! })
//! .build()?;
//! match display.start() {
//!     Err(StartError::Factory(error)) => eprintln!("no display: {error}"), // it names the worker
//!     started => started?,
//! }
//! assert_eq!(display.wait()?.turns, 1);
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
//!
//! `StartError` is `non_exhaustive`, so a `match` with an arm for the rest compiles as before.
//!
//! # A failed run is an error of the wait
//!
//! `wait`, `wait_timeout` and `drain` were `Ok(exit)` for a run that had failed, so a program that only used `?` never
//! learned of it. Now they return [`StopError::Failed(exit)`](crate::StopError::Failed), also when the run failed long
//! before, and `drain` returns [`StopError::Left`](crate::StopError::Left) when it was overtaken and tasks are left. `stop`
//! and `stop_timeout` are `Ok(exit)` as before. Before:
//!
//! ```text
//! let exit = printer.wait()?;
//! if exit.reason == ExitReason::Failed {
//!     eprintln!("{}", exit.error.unwrap());
//! }
//! ```
//!
//! After:
//!
//! ```
//! use pyaltt::{StopError, prelude::*};
//!
//! let printer = looped(|_tick, _cx| Err::<(), _>("no paper")).name("printer").start()?;
//! match printer.wait() {
//!     Ok(exit) => println!("{:?}", exit.reason),
//!     Err(StopError::Failed(exit)) => eprintln!("failed in turn {}: {}", exit.turns, exit.error.ok_or("it has one")?),
//!     Err(error) => return Err(error.into()),
//! }
//! assert!(printer.wait().is_err()); // or just `printer.wait()?`
//! # Ok::<(), BoxError>(())
//! ```
//!
//! [`Exit`](crate::Exit) has more fields: `worker`, the name in that run, `left`, the number of tasks that its drain left,
//! `pending`, the number of all that are queued, and `restarts` and `then` for [restarts](super::restart). A worker with a
//! policy for those can be in one more state, `State::Waiting`; others cannot.
//!
//! # A queue refuses tasks when its worker has failed
//!
//! A put into the queue of a failed worker succeeded, and the task waited for a run that might never come; into a full
//! queue it waited for ever. Now it hands the task back with [`PutErrorKind::WorkerFailed`](crate::PutErrorKind) until
//! the next run is ready. A program that restarts a failed worker starts it first and puts then. Before:
//!
//! ```text
//! worker.put(task)?; // the worker has failed
//! worker.start()?;
//! ```
//!
//! After:
//!
//! ```
//! use pyaltt::{PutErrorKind, prelude::*};
//!
//! let worker = queue(|task: u32, _cx| if task == 0 { Err("zero") } else { Ok(()) }).start()?;
//! worker.put(0)?;
//! worker.wait().unwrap_err();
//! if let Err(error) = worker.put(1) {
//!     assert_eq!(error.kind(), PutErrorKind::WorkerFailed);
//!     worker.start()?;
//!     worker.put(error.into_inner())?;
//! }
//! assert_eq!(worker.drain()?.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! `into_inner` closes the queue of the worker that it takes out, unless another worker has that queue too: give the queue
//! to the next worker before you take the old one out.
//!
//! # `WorkerError` says whose it is
//!
//! `WorkerError` was an enum. It is a struct now, with the name of the worker, the turn or the hook, and the cause in
//! [`kind()`](crate::WorkerError::kind). Its text begins with the first three. Before:
//!
//! ```text
//! match error {
//!     WorkerError::Failed(cause) => eprintln!("mail: {cause}"),
//!     WorkerError::Panicked(panic) => eprintln!("mail: bug: {panic}"),
//!     _ => {}
//! }
//! ```
//!
//! After:
//!
//! ```
//! use pyaltt::{WorkerErrorKind, prelude::*};
//!
//! let mail = queue(|_letter: u32, _cx| Err::<(), _>("no connection"))
//!     .name("mail")
//!     .on_error(|error| {
//!         assert_eq!(error.to_string(), r#"worker "mail", turn 1: no connection"#);
//!         match error.kind() {
//!             WorkerErrorKind::Failed(cause) => eprintln!("{}: {cause}", error.worker()),
//!             WorkerErrorKind::Panicked(panic) => eprintln!("{}: bug: {panic}", error.worker()),
//!             _ => {}
//!         }
//!     })
//!     .start()?;
//! mail.put(1)?;
//! assert_eq!(mail.drain()?.errors, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! The variants of `StartError` and `StopError` carry the worker's name as well:
//!
//! | before | after |
//! | --- | --- |
//! | `StartError::AlreadyRunning`, `StartError::Taken` | `StartError::AlreadyRunning { .. }`, `StartError::Taken { .. }` |
//! | `StartError::Spawn(error)` | `StartError::Spawn { error, .. }` |
//! | `StartError::Sched(report)` | `StartError::Sched { report, .. }` |
//! | `StopError::FromWorker` | `StopError::FromWorker { .. }` |
//! | `StopError::Timeout { worker, waited, stuck_turn }` | the same, with `..` |
//!
//! `Debug` of an error reads like its `Display`, and what is in the text is not in `source()` again. A program that printed
//! the source after the text prints it once now.
//!
//! # Queues of your own hold back what is not due
//!
//! A [`TaskQueue`](crate::TaskQueue) may return `None` from `take` while its `len` is not 0. Before, such a task was left
//! behind when the queue was closed or drained. Now the worker waits until `len` is 0, so a queue that holds back tasks calls
//! its wakers when one is due, and does not count what can never be taken. A call of a waker also ends a `next_deadline` that
//! waits; before, it went on until a task came or its time was over.
//!
//! # Loops of your own end at `NoTask::Ended`
//!
//! `try_next` and `next_deadline` returned `None` both when there was no task yet and when there would be none, so a loop
//! had to ask `is_active`, and spun for ever after a drain or a close. Now they return `Result<T, NoTask>`. Before:
//!
//! ```text
//! loop {
//!     match inbox.try_next() {
//!         Some(task) => ..,
//!         None if !inbox.context().is_active() => return Ok(()),
//!         None => self.poll(),
//!     }
//! }
//! ```
//!
//! After:
//!
//! ```
//! use pyaltt::{NoTask, prelude::*};
//!
//! struct Poller {
//!     polls: u64,
//! }
//!
//! impl Worker for Poller {
//!     type Task = u32;
//!
//!     fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
//!         Ok(Flow::Continue)
//!     }
//!
//!     fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
//!         loop {
//!             match inbox.try_next() {
//!                 Ok(task) => {
//!                     if inbox.turn(self, task).is_break() {
//!                         return Ok(());
//!                     }
//!                 }
//!                 Err(NoTask::NotYet) => self.polls += 1,
//!                 Err(NoTask::Ended) => return Ok(()),
//!             }
//!         }
//!     }
//! }
//!
//! let poller = BackgroundQueueWorker::builder(Poller { polls: 0 }).start()?;
//! poller.put(1)?;
//! assert_eq!(poller.drain()?.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! Where only the task matters, write `if let Ok(task) = inbox.try_next()`, or `inbox.try_next().ok()`.
//!
//! # A stop cuts the waits of its worker
//!
//! A turn that waited for room in another worker's queue, or for another worker's end, could not be stopped. Now its own
//! worker's stop cuts the wait: the put hands the task back with `PutErrorKind::Stopping`, and the wait returns
//! `StopError::Stopping`. A turn that passes the error on with `?` needs no change, and does not count as failed; see
//! [lifecycle](super::lifecycle#from-inside).
//!
//! Waits with a limit, and waits in a turn, return when the run's hooks have returned, and no longer wait for the thread to
//! be gone. A destructor of a thread-local that starts its own worker again gets
//! [`StartError::FromWorker`](crate::StartError::FromWorker) instead of a deadlock.
//!
//! # Names in modules
//!
//! The root of the crate has the names that most programs use. The names of timing and scheduling have moved to
//! modules. The old paths still work but are hidden from the documentation; change them when you touch the code.
//!
//! | names | before | after |
//! | --- | --- | --- |
//! | `Poll`, `Precise`, `Realtime`, `Profile`, `Strategy`, `Waited` | `pyaltt` | [`pyaltt::timing`](crate::timing) |
//! | `Gate` | `pyaltt` | [`pyaltt::timing::WaitContext`](crate::timing::WaitContext) |
//! | `Schedule`, `Stopper`, `Summary`, `TimingError` | `pyaltt` | [`pyaltt::timing`](crate::timing) |
//! | `Clock`, `SystemClock`, `ManualClock` | `pyaltt` | [`pyaltt::timing`](crate::timing) |
//! | `RtReport`, `RtItem`, `RtFeature`, `RtOutcome`, `SchedError` | `pyaltt` | [`pyaltt::sched`](crate::sched) |
//! | `Tick`, `MissedTick`, `Ticker`, `Sched` | `pyaltt` | `pyaltt`, and also in these modules |
//!
//! The prelude has the same names as before, and `Handle` and `Restart`. `Gate` is called `WaitContext`, because it is what a
//! strategy waits in; its methods are the same. Before:
//!
//! ```text
//! use pyaltt::{Gate, Precise, Strategy, Waited};
//!
//! impl Strategy for Counted {
//!     fn wait_until(&mut self, deadline: Option<Instant>, gate: &dyn Gate) -> Waited {
//! ```
//!
//! After:
//!
//! ```
//! use std::time::Instant;
//! use pyaltt::timing::{Precise, Strategy, WaitContext, Waited};
//!
//! struct Counted {
//!     precise: Precise,
//!     waits: u64,
//! }
//!
//! impl Strategy for Counted {
//!     fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
//!         self.waits += 1;
//!         self.precise.wait_until(deadline, cx)
//!     }
//! }
//! ```
//!
//! # A clock parks by a type of this library
//!
//! A [`Clock`](crate::timing::Clock) of your own is given a [`timing::Parker`](crate::timing::Parker) where it was
//! given one of crossbeam, so it no longer depends on the right version of `crossbeam-utils`. It has the same methods
//! `new`, `park`, `park_deadline` and `unparker`. Before:
//!
//! ```text
//! use crossbeam_utils::sync::Parker;
//!
//! impl Clock for Counting {
//!     fn park(&self, parker: &Parker, deadline: Option<Instant>) {
//! ```
//!
//! After:
//!
//! ```
//! use std::sync::atomic::{AtomicU64, Ordering};
//! use std::time::Instant;
//! use pyaltt::timing::{Clock, Parker, SystemClock, Waited};
//!
//! #[derive(Debug, Default)]
//! struct Counting(AtomicU64);
//!
//! impl Clock for Counting {
//!     fn park(&self, parker: &Parker, deadline: Option<Instant>) {
//!         self.0.fetch_add(1, Ordering::Relaxed);
//!         SystemClock.park(parker, deadline);
//!     }
//! #   fn now(&self) -> Instant { SystemClock.now() }
//! #   fn epoch(&self) -> Instant { SystemClock.epoch() }
//! #   fn spin(&self, parker: &Parker, until: Instant, interrupted: &dyn Fn() -> bool) -> Waited {
//! #       SystemClock.spin(parker, until, interrupted)
//! #   }
//! }
//! ```
//!
//! # Options without an effect are errors
//!
//! Some options were accepted although they could do nothing beside the others. They are a
//! [`BuildError`](crate::BuildError) now, which names the option:
//!
//! | was accepted | instead |
//! | --- | --- |
//! | `missed(..)` without an interval | remove it |
//! | `missed(MissedTick::CatchUp { max: 0 })` | `missed(MissedTick::Skip)` |
//! | `delay(a)` and `delay_after(b)` | the second of them |
//! | `on_dropped(..)` without `overflow(Overflow::DropOldest)` or `DropNewest` | remove it |
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let error = looped(|_tick, _cx| ()).name("w").missed(MissedTick::Delay).build().unwrap_err();
//! assert_eq!((error.option(), error.allowed()), ("missed", "only together with interval"));
//! ```
//!
//! # Crates and features
//!
//! - Scheduling has left `pyaltt-timing` for a crate of its own, `pyaltt-sched`. A program that depends on
//!   `pyaltt-timing` directly and uses `Sched` adds `pyaltt-sched`. A program that depends on `pyaltt` needs no change.
//! - `pyaltt` has features, and all but `test-util` are on by default. A program with `default-features = false` names
//!   those that it uses: `macros` for `#[background_worker]`, `statics` for `collection!` and `#[collect]`, `sched` for
//!   [`Sched`](crate::Sched), `histograms` for the percentiles of [`Summary`](crate::timing::Summary).
//!
//! # Collections and decorators
//!
//! - [`CollectionError`](crate::CollectionError) prints the same with `{:?}` as with `{}`. Its `source()` skips the error
//!   of the function, which is part of the text; match [`Failed`](crate::CollectionError::Failed) to get that error.
//! - A closure that can run only once, with an `Option` or a `Mutex` inside to make it an `Fn`, goes into
//!   [`add_once`](crate::FunctionCollection::add_once) as it is.
//! - A fault that no `on_error` takes is printed to stderr if the program has no `tracing` subscriber.
//! - `#[background_worker]` refuses `missed` without `interval` and `on_dropped` without `overflow`: neither did
//!   anything. Remove them.
//!
//! ```
//! use pyaltt::{CollectionError, prelude::*};
//!
//! let dump = FunctionCollection::new().include_errors(true);
//! dump.add_result("port", || "http".parse::<u16>())?;
//! let results = dump.run();
//! match results.get("port").and_then(|outcome| outcome.error()) {
//!     Some(CollectionError::Failed { source, .. }) => assert!(source.is::<std::num::ParseIntError>()),
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), BoxError>(())
//! ```
