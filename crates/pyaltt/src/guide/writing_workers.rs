//! Workers of a type of one's own: the trait, its hooks, loops, and the context.
//!
//! A function is enough where a turn is all there is to a worker. A type that implements
//! [`Worker`](crate::Worker) has state that can be taken back, hooks around its turns, and, if it likes, a loop of its
//! own. The type of its tasks decides the kind of worker:
//!
//! | `type Task` | made by | a turn is |
//! | --- | --- | --- |
//! | [`Tick`](crate::Tick) | [`BackgroundWorker::builder`](crate::BackgroundWorker::builder) | due by the clock |
//! | any `T: Send + 'static` | [`BackgroundQueueWorker::builder`](crate::BackgroundQueueWorker::builder) | a task |
//! | [`Trigger`](crate::Trigger) | [`BackgroundEventWorker::builder`](crate::BackgroundEventWorker::builder) | an event that was set |
//!
//! Everything in the trait is called on the worker's own thread, one call at a time, so its state needs no lock. The
//! default name of such a worker is that of its type.
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
//! | a turn fails, and `on_error` does not go on | yes | yes | yes | | yes | `Failed` |
//! | the loop fails, whatever `on_error` says | yes | yes | yes | | yes | `Failed` |
//! | `after_start` panics, and `on_error` does not go on | yes | yes | yes | | yes | `Failed` |
//! | `before_start` fails: `start` returns the error | yes | | | | | no run |
//!
//! `start` returns when `before_start` has ended, so `after_start` and the first turn may come before or after that.
//! A panic in `before_stop` or `after_stop` is told to `on_error` and stands in the exit, whose reason stays. A
//! builder's `on_error` takes the place of the trait's. Between `before_stop` and `after_stop` nothing is taken from
//! the inbox any more; what is put then is pending for the next run.
//!
//! This worker keeps a list of what was called, and is taken back after its run to look at it:
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
//! let account = account.into_inner().ok_or("it has stopped")?;
//! assert_eq!(account.balance, 50);
//! assert_eq!(account.called, ["before_start", "run", "run", "on_error", "before_stop", "after_stop"]);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # A loop of one's own
//!
//! [`Worker::loop`](crate::Worker::loop) is the part between `after_start` and `before_stop`. Its default takes a turn
//! from the [`Inbox`](crate::Inbox) and runs it, until there is none. An own one may take several tasks at once, wait
//! on something else as well, or do one long thing. Three rules keep it a good worker:
//!
//! - It returns when [`next`](crate::Inbox::next) gives `None`, which means the stop or the end of all turns. After
//!   `None` from [`try_next`](crate::Inbox::try_next) or [`next_deadline`](crate::Inbox::next_deadline) it asks
//!   [`is_active`](crate::Context::is_active).
//! - What it has taken is its own: it runs it, or keeps it in the worker.
//! - [`Inbox::turn`](crate::Inbox::turn) counts a turn, catches its panic and asks `on_error`. What the loop does
//!   without it is not counted, and a panic of it fails the run.
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
//!             let Some(second) = inbox.try_next() else {
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
//! assert_eq!(database.into_inner().unwrap().commits, [vec![1, 2], vec![3]]);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # The context
//!
//! The [`Context`](crate::Context) belongs to the run. It knows the worker's [name](crate::Context::name), the
//! [number of the run](crate::Context::run_number) and of the [turn](crate::Context::turn_number), both from 1, and
//! the [statistics](crate::Context::stats). A turn that takes long asks [`is_active`](crate::Context::is_active)
//! every now and then; one that has to pause calls [`sleep`](crate::Context::sleep), which a stop ends at once; one
//! that waits for something else gives it the [`stop_token`](crate::Context::stop_token). During a drain
//! `is_active` stays true, because the tasks that are drained are run to their ends.
//!
//! Values reach a worker that cannot name them in two ways. Both are found by their types:
//!
//! | given by | found by | lasts |
//! | --- | --- | --- |
//! | the builder's `o(value)` | [`o`](crate::Context::o), [`o_mut`](crate::Context::o_mut) | as long as the worker, changes included |
//! | [`Start::o`](crate::Start::o) | the same; it hides the builder's if that is of the same type | one run |
//! | [`Start::arg`](crate::Start::arg), for several types | [`arg`](crate::Context::arg), [`arg_mut`](crate::Context::arg_mut), [`take_arg`](crate::Context::take_arg) | one run |
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
