//! Testing: workers under test, without a single real sleep.
//!
//! A test with long sleeps is slow, and a test with short sleeps fails at random. Tests of workers need neither: move
//! time by hand, and wait for everything else.
//!
//! # Time
//!
//! With the feature `test-util` there is `ManualClock`, which stands still until the test moves it. Turn the feature
//! on for tests alone:
//!
//! ```toml
//! [dependencies]
//! pyaltt = "0.1"
//!
//! [dev-dependencies]
//! pyaltt = { version = "0.1", features = ["test-util"] }
//! ```
//!
//! The builder's `clock(..)` gives the clock to a worker. Clones are the same clock, so the test keeps one. This tests
//! a worker that is due every hour and has to switch a pump off on the third tick:
//!
#![cfg_attr(feature = "test-util", doc = "```")]
#![cfg_attr(not(feature = "test-util"), doc = "```ignore")]
//! use std::sync::mpsc::{self, Sender};
//! use std::time::Duration;
//! use pyaltt::{prelude::*, timing::ManualClock};
//!
//! const HOUR: Duration = Duration::from_secs(3600);
//!
//! struct Pump {
//!     orders: Sender<&'static str>,
//! }
//!
//! impl Worker for Pump {
//!     type Task = Tick;
//!
//!     fn run(&mut self, tick: Tick, _cx: &mut Context) -> Turn {
//!         self.orders.send(if tick.index < 2 { "on" } else { "off" })?;
//!         Ok(Flow::Continue)
//!     }
//! }
//!
//! # /*
//! #[test]
//! # */
//! fn the_pump_is_switched_off_after_two_hours() {
//!     let clock = ManualClock::new();
//!     let (orders, given) = mpsc::channel();
//!     let pump = BackgroundWorker::builder(Pump { orders }).clock(clock.clone()).interval(HOUR).start().unwrap();
//!
//!     assert_eq!(given.recv(), Ok("on")); // the first tick is due at the start
//!     for order in ["on", "off"] {
//!         assert_eq!(clock.advance_to_next(), HOUR);
//!         assert_eq!(given.recv(), Ok(order));
//!     }
//!     assert_eq!(pump.stop().unwrap().turns, 3);
//!     assert_eq!(clock.elapsed(), 2 * HOUR);
//!     assert_eq!(pump.stats().lateness.max, Duration::ZERO);
//! }
//! # fn main() { the_pump_is_switched_off_after_two_hours() }
//! ```
//!
//! Four rules make such tests exact:
//!
//! - `advance_to_next` waits until some thread sleeps for a deadline, and moves the clock to the earliest deadline. It
//!   needs no other synchronisation, and is what most tests want.
//! - `advance(by)` moves the clock at once, wherever the worker is. Call it after the test has waited for something
//!   that the worker did, or after `wait_for_sleepers(n)`, which waits until `n` threads sleep by this clock. A thread
//!   may sleep for a deadline or, as an idle queue or event worker does, without one. The schedule of a run may begin
//!   only after `start` has returned, so an `advance` right after a `start` may come too early.
//! - To say how long a turn takes, the worker moves the clock in that turn. The chapter on
//!   [looped workers](super::looped#missed-ticks) tests missed ticks this way.
//! - `Realtime` sleeps twice for each tick, first until its margin begins and then until the deadline, so it takes
//!   two `advance_to_next`. `Poll` sleeps until the next multiple of its delay, counted from where the clock began.
//!
//! [`Context::sleep`](crate::Context::sleep) and [`Inbox::next_deadline`](crate::Inbox::next_deadline) use the worker's
//! clock, too, and a [`Ticker`](crate::Ticker) can be given one. The timeouts of handles and stop tokens, of a put that
//! waits, and of functions in a collection use the machine's clock.
//!
#![cfg_attr(feature = "test-util", doc = "```")]
#![cfg_attr(not(feature = "test-util"), doc = "```ignore")]
//! use std::sync::mpsc;
//! use std::time::Duration;
//! use pyaltt::{prelude::*, timing::ManualClock};
//!
//! let clock = ManualClock::new();
//! let ((begins, begun), (flows, seen)) = (mpsc::channel(), mpsc::channel());
//! let retry = queue(move |request: u32, cx| {
//!     begins.send(request)?;
//!     flows.send(cx.sleep(Duration::from_secs(60)))?;
//!     Ok::<_, BoxError>(())
//! })
//! .clock(clock.clone())
//! .start()?;
//! retry.put(1)?;
//! assert_eq!(clock.advance_to_next(), Duration::from_secs(60));
//! assert_eq!((begun.recv()?, seen.recv()?), (1, Flow::Continue));
//!
//! // A stop ends the second sleep before its time.
//! retry.put(2)?;
//! assert_eq!(begun.recv()?, 2);
//! retry.stop()?;
//! assert_eq!(seen.recv()?, Flow::Stop);
//! assert_eq!(clock.elapsed(), Duration::from_secs(60));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Everything else
//!
//! | to test | do this |
//! | --- | --- |
//! | what a queue worker does with its tasks | put them before the start, start, drain, and look at the worker that `into_inner` returns |
//! | what is queued | build the worker without starting it, and call `take_pending` |
//! | a failing turn | wait, and look at the [`Exit`](crate::Exit) in the [`StopError::Failed`](crate::StopError::Failed) |
//! | a restart | give the worker a manual clock and a policy without [jitter](crate::Restart::jitter), and end the backoff with `advance_to_next` |
//! | an event worker | trigger it before the start, and let it stop itself or report over a channel |
//! | a stop in the middle of a turn | let the turn report over one channel and wait on another, as in [lifecycle](super::lifecycle#stopping-and-waiting) |
//! | that a worker sleeps | call `wait_for_sleepers` of a manual clock; a worker on an external channel does not sleep by it |
//!
//! ```
//! use pyaltt::{StopError, prelude::*};
//!
//! #[derive(Default)]
//! struct Adder(u64);
//!
//! impl Worker for Adder {
//!     type Task = u64;
//!
//!     fn run(&mut self, number: u64, _cx: &mut Context) -> Turn {
//!         self.0 = self.0.checked_add(number).ok_or("too much")?;
//!         Ok(Flow::Continue)
//!     }
//! }
//!
//! let adder = BackgroundQueueWorker::builder(Adder::default()).build()?;
//! [1, 2, u64::MAX, 3].into_iter().try_for_each(|number| adder.put(number))?;
//! adder.start()?;
//! let Err(StopError::Failed(exit)) = adder.wait() else { panic!("too much") };
//! assert_eq!((exit.reason, exit.turns), (ExitReason::Failed, 3));
//! assert_eq!(adder.take_pending(), [3]);
//! assert_eq!(adder.into_inner::<Adder>().unwrap().0, 3);
//! # Ok::<(), BoxError>(())
//! ```
