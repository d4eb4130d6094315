//! Workers of your own types: the trait, its hooks, custom loops, factories, and the context.
//!
//! A function is enough when a worker only takes turns. A type that implements [`Worker`](crate::Worker) can also have
//! state that you take back after the run, hooks around its turns, and a loop of its own. The type of its tasks
//! decides the kind of worker:
//!
//! | `type Task` | made by | a turn is |
//! | --- | --- | --- |
//! | [`Tick`](crate::Tick) | [`BackgroundWorker::builder`](crate::BackgroundWorker::builder) | due by the clock |
//! | any `T: Send + 'static` | [`BackgroundQueueWorker::builder`](crate::BackgroundQueueWorker::builder) | a task |
//! | [`Trigger`](crate::Trigger) | [`BackgroundEventWorker::builder`](crate::BackgroundEventWorker::builder) | an event that was set |
//!
//! All methods of the trait are called on the worker's own thread, one at a time, so its state needs no lock. The
//! worker's default name is the name of its type.
//!
//! # Handles
//!
//! No handle names the type of its worker, so handles can be stored in structs and passed to functions. Each of the
//! three kinds of handle derefs to [`Handle`](crate::Handle) and converts into it. A `Handle` is any worker; it
//! compares and hashes by the worker's identity.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! struct App {
//!     mail: BackgroundQueueWorker<String>,
//!     beat: BackgroundWorker,
//!     alarm: BackgroundEventWorker,
//! }
//!
//! impl App {
//!     fn all(&self) -> Vec<Handle> {
//!         vec![(&self.mail).into(), (&self.beat).into(), (&self.alarm).into()]
//!     }
//! }
//!
//! let app = App {
//!     mail: queue(|letter: String, _cx| println!("{letter}")).name("mail").start()?,
//!     beat: looped(|_tick, _cx| ()).name("beat").interval(std::time::Duration::from_secs(1)).start()?,
//!     alarm: event(|_trigger, _cx| ()).name("alarm").start()?,
//! };
//! app.mail.put("dear Sir".into())?;
//! for worker in app.all() {
//!     println!("{}: {:?}", worker.name(), worker.stop()?.reason);
//! }
//! # Ok::<(), BoxError>(())
//! ```
//!
//! [`into_inner::<W>()`](crate::Handle::into_inner) takes the worker back when it is stopped and is a `W`. Otherwise it
//! returns the handle. A queue that no other worker has is closed by that, because nobody takes from it any more.
//!
//! # Hooks
//!
//! Only [`run`](crate::Worker::run) has no default. A run calls the hooks in the order of these columns:
//!
//! | how the run ends | `before_start` | `after_start` | `on_error` | `before_stop` | `after_stop` | its reason |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | `stop`, `signal_stop`, `stop_timeout`, `drain`, or the drop of the last handle | yes | yes | | yes | yes | `Stopped` |
//! | `terminate`, also of the context; `stop` or `wait` from inside | yes | yes | | | yes | `Terminated` |
//! | a turn says to stop, the loop returns, or the queue is closed and empty | yes | yes | | | yes | `Finished` |
//! | a turn fails, and `on_error` says to stop | yes | yes | yes | | yes | `Failed` |
//! | the loop fails, whatever `on_error` says | yes | yes | yes | | yes | `Failed` |
//! | `after_start` panics, and `on_error` says to stop | yes | yes | yes | | yes | `Failed` |
//! | `before_start` fails: `start` returns the error | yes | | | | | no run |
//! | `before_start` fails in a [restart](super::restart) | yes | | | | | `Failed`, with no turns |
//!
//! With a policy for restarts, each run of a life calls all of them. A builder's [`on_exit`](crate::Builder::on_exit) comes
//! after them, when the exit is published.
//!
//! `start` returns when `before_start` has ended, so `after_start` and the first turn may come before or after that.
//! A panic in `before_stop` or `after_stop` is reported to `on_error` and recorded in the exit, whose reason stays. A
//! builder's `on_error` replaces the trait's. Between `before_stop` and `after_stop` nothing more is taken from the
//! inbox; what is put then is pending for the next run.
//!
//! This worker keeps a list of the calls, and is taken back after its run to look at it:
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! #[derive(Default)]
//! struct Account {
//!     balance: i64,
//!     called: Vec<&'static str>,
//! }
//!
//! impl Worker for Account {
//!     type Task = i64;
//!
//!     fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
//!         self.called.push("before_start");
//!         Ok(())
//!     }
//!
//!     fn run(&mut self, amount: i64, _cx: &mut Context) -> Turn {
//!         self.called.push("run");
//!         if self.balance + amount < 0 {
//!             return Err(format!("there is only {}", self.balance).into());
//!         }
//!         self.balance += amount;
//!         Ok(Flow::Continue)
//!     }
//!
//!     fn on_error(&mut self, _error: &WorkerError, _cx: &mut Context) -> Flow {
//!         self.called.push("on_error");
//!         Flow::Continue
//!     }
//!
//!     fn before_stop(&mut self, _cx: &mut Context) {
//!         self.called.push("before_stop");
//!     }
//!
//!     fn after_stop(&mut self, _exit: &Exit) {
//!         self.called.push("after_stop");
//!     }
//! }
//!
//! let account = BackgroundQueueWorker::builder(Account::default()).start()?;
//! assert_eq!(account.name(), "Account");
//! account.put(50)?;
//! account.put(-70)?;
//! assert_eq!(account.drain()?.errors, 1);
//!
//! let account = account.into_inner::<Account>().map_err(|_| "it still runs")?;
//! assert_eq!(account.balance, 50);
//! assert_eq!(account.called, ["before_start", "run", "run", "on_error", "before_stop", "after_stop"]);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! Every builder takes closures for the same four hooks, so a worker that is a function can have them too. They serve
//! every run, with a factory as well, and are called around the worker's own: after it at the start, before it at the
//! stop. If the worker's own `before_start` or `after_start` fails, its closure is not called. At the stop both are called,
//! also when one of them panics.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let (sender, calls) = std::sync::mpsc::channel();
//! let (started, stopped, ended) = (sender.clone(), sender.clone(), sender);
//! let mail = queue(|letter: &str, _cx| println!("{letter}"))
//!     .before_start(move |_cx| Ok(started.send("connect".to_owned())?)) // an error is what `start` returns
//!     .before_stop(move |cx| drop(stopped.send(format!("flush {} letters", cx.turn_number()))))
//!     .after_stop(move |exit| drop(ended.send(format!("close: {:?}", exit.reason))))
//!     .start()?;
//! mail.put("dear Sir")?;
//! mail.drain()?;
//! drop(mail);
//! assert_eq!(calls.iter().collect::<Vec<_>>(), ["connect", "flush 1 letters", "close: Stopped"]);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Factories
//!
//! A builder takes the worker by value and moves it to its thread, so there the worker must be `Send`. A factory is
//! for the others: it is called on the worker's own thread at the start of each run, and what it makes is dropped
//! there at the end of the run. So the worker may hold an `Rc`, a window, or a device that is opened anew for each
//! run.
//!
//! | the worker is | makes it and cannot fail | may fail |
//! | --- | --- | --- |
//! | a type that implements `Worker` | `BackgroundWorker::factory`, `BackgroundQueueWorker::factory`, `BackgroundEventWorker::factory` | `try_factory` of the same types |
//! | a closure | | [`looped_from`](crate::looped_from), [`queue_from`](crate::queue_from), [`event_from`](crate::event_from) |
//!
//! If the factory fails or panics, `start` returns [`StartError::Factory`](crate::StartError::Factory). The worker is
//! stopped as before, its tasks are still queued, and a later start calls the factory again:
//!
//! ```
//! use std::cell::Cell;
//! use std::rc::Rc;
//! use pyaltt::{StartError, prelude::*, queue_from};
//!
//! let mut attempts = 0;
//! let port = queue_from(move || {
//!     attempts += 1;
//!     if attempts == 1 {
//!         return Err("the port is busy".into());
//!     }
//!     let written = Rc::new(Cell::new(0)); // an `Rc` cannot be sent, and need not be
//!     Ok(move |line: &str, _cx: &mut Context| {
//!         written.set(written.get() + line.len());
//!         println!("{line}, {} bytes so far", written.get());
//!     })
//! })
//! .build()?;
//!
//! port.put("G1 X10")?;
//! let Err(StartError::Factory(error)) = port.start() else { panic!("the first attempt fails") };
//! assert_eq!(error.hook(), Some("factory"));
//! assert!(error.to_string().ends_with("factory: the port is busy"));
//! port.start()?; // the second attempt succeeds, and the task is still there
//! assert_eq!(port.drain()?.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! With a policy for [restarts](super::restart#a-device-that-comes-and-goes) the later start comes by itself, after a while.
//! Only the first start of a life returns its error to the caller.
//!
//! `into_inner` returns the handle of such a worker, because between two runs there is no worker to take back.
//!
//! # A custom loop
//!
//! [`Worker::loop`](crate::Worker::loop) is the part of a run between `after_start` and `before_stop`. By default it
//! takes turns from the [`Inbox`](crate::Inbox) and runs them, until there are no more. Override it to take several
//! tasks at once, to wait for something else as well, or to do one long thing. Three rules keep it a good worker:
//!
//! - It returns when there will be no further turn: after a stop, at the end of a drain, and when the queue is closed and
//!   empty. Then [`next`](crate::Inbox::next) gives `None`, and [`try_next`](crate::Inbox::try_next) and
//!   [`next_deadline`](crate::Inbox::next_deadline) give [`NoTask::Ended`](crate::NoTask::Ended). After
//!   [`NoTask::NotYet`](crate::NoTask::NotYet) it goes on.
//! - It owns what it has taken: it runs the task, or keeps it in the worker.
//! - [`Inbox::turn`](crate::Inbox::turn) counts a turn, catches its panic and calls `on_error`. What the loop does
//!   outside of it is not counted, and a panic there fails the run.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! #[derive(Default)]
//! struct Database {
//!     commits: Vec<Vec<u32>>,
//! }
//!
//! impl Worker for Database {
//!     type Task = u32;
//!
//!     fn run(&mut self, row: u32, _cx: &mut Context) -> Turn {
//!         self.commits.push(vec![row]); // the loop below calls it for a row that came alone
//!         Ok(Flow::Continue)
//!     }
//!
//!     fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
//!         while let Some(row) = inbox.next() {
//!             let Ok(second) = inbox.try_next() else {
//!                 if inbox.turn(self, row).is_break() {
//!                     break;
//!                 }
//!                 continue;
//!             };
//!             self.commits.push(vec![row, second]);
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let database = BackgroundQueueWorker::builder(Database::default()).build()?;
//! (1..=3).try_for_each(|row| database.put(row))?;
//! database.start()?;
//! assert_eq!(database.drain()?.turns, 1);
//! let database = database.into_inner::<Database>().map_err(|_| "it still runs")?;
//! assert_eq!(database.commits, [vec![1, 2], vec![3]]);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! A loop that waits for something else as well, such as a callback or a file descriptor that another thread watches, gives
//! away its [`waker`](crate::Inbox::waker): a ring ends a `next_deadline` that waits with `NoTask::NotYet`.
//!
//! A loop that has something else to do asks with `try_next` or `next_deadline`, and always ends if it returns at
//! `Ended`:
//!
//! ```
//! use std::time::{Duration, Instant};
//! use pyaltt::{NoTask, prelude::*};
//!
//! /// Writes rows in batches, and a small batch after 10 ms.
//! #[derive(Default)]
//! struct Batches {
//!     rows: Vec<u32>,
//!     written: usize,
//! }
//!
//! impl Batches {
//!     fn write(&mut self) {
//!         self.written += self.rows.drain(..).len();
//!     }
//! }
//!
//! impl Worker for Batches {
//!     type Task = u32;
//!
//!     fn run(&mut self, row: u32, _cx: &mut Context) -> Turn {
//!         self.rows.push(row);
//!         Ok(Flow::Continue)
//!     }
//!
//!     fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
//!         loop {
//!             match inbox.next_deadline(Instant::now() + Duration::from_millis(10)) {
//!                 Ok(row) => {
//!                     if inbox.turn(self, row).is_break() {
//!                         break;
//!                     }
//!                 }
//!                 Err(NoTask::NotYet) => self.write(),
//!                 Err(NoTask::Ended) => break,
//!             }
//!         }
//!         self.write();
//!         Ok(())
//!     }
//! }
//!
//! let batches = BackgroundQueueWorker::builder(Batches::default()).start()?;
//! (0..100).try_for_each(|row| batches.put(row))?;
//! assert_eq!(batches.drain()?.turns, 100);
//! assert_eq!(batches.into_inner::<Batches>().map_err(|_| "it still runs")?.written, 100);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # The context
//!
//! The [`Context`](crate::Context) belongs to the run. It has the worker's [name](crate::Context::name), the
//! [number of the run](crate::Context::run_number) and of the [turn](crate::Context::turn_number), both from 1, and
//! the [statistics](crate::Context::stats).
//!
//! A long turn checks [`is_active`](crate::Context::is_active) from time to time. A turn that has to pause calls
//! [`sleep`](crate::Context::sleep), which a stop ends at once. A turn that waits for something else also waits for the
//! [`stop_token`](crate::Context::stop_token). During a drain `is_active` stays true, because drained tasks run to
//! their ends.
//!
//! There are two ways to hand a value to a worker that cannot name it. Both find it by its type:
//!
//! | given by | found by | lasts |
//! | --- | --- | --- |
//! | the builder's `o(value)` | [`o`](crate::Context::o), [`o_mut`](crate::Context::o_mut) | as long as the worker, changes included |
//! | [`Start::o`](crate::Start::o) | the same; it hides the builder's if both are of the same type | one life: one run and the [restarts](super::restart) after it |
//! | [`Start::arg`](crate::Start::arg), for several types | [`arg`](crate::Context::arg), [`arg_mut`](crate::Context::arg_mut), [`take_arg`](crate::Context::take_arg) | one life, unless it is taken |
//!
//! ```
//! use std::sync::mpsc;
//! use pyaltt::prelude::*;
//!
//! struct Pin(u8);
//!
//! let (report, reports) = mpsc::channel();
//! let blink = looped(move |_tick, cx| {
//!     if let Some(changes) = cx.o_mut::<u32>() {
//!         *changes += 1;
//!     }
//!     let pin = cx.arg::<Pin>().map(|pin| pin.0);
//!     report.send((cx.run_number(), cx.o::<u32>().copied(), pin))?;
//!     Ok::<_, BoxError>(false)
//! })
//! .o(10_u32)
//! .build()?;
//! blink.start_with(Start::new().arg(Pin(7)))?;
//! blink.wait()?;
//! blink.start()?;
//! blink.wait()?;
//! assert_eq!(reports.try_iter().collect::<Vec<_>>(), [(1, Some(11), Some(7)), (2, Some(12), None)]);
//! # Ok::<(), BoxError>(())
//! ```
