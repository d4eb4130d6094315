//! Testing: workers under test, without one real sleep.
//!
//! A test that sleeps is slow when it sleeps long, and fails at random when it sleeps briefly. Workers need neither:
//! time is moved by hand, and everything else is waited for.
//!
//! # Time
//!
//! With the feature `test-util` there is `ManualClock`, which stands still until the test moves it. A program turns
//! the feature on for its tests alone:
//!
//! ```toml
//! [dependencies]
//! pyaltt = "0.1"
//!
//! [dev-dependencies]
//! pyaltt = { version = "0.1", features = ["test-util"] }
//! ```
//!
//! The builder's `clock(..)` gives the clock to a worker. Clones are the same clock, so the test keeps one. This is
//! the test of a worker that is due every hour, and that is to switch a pump off on the third tick:
//!
#![cfg_attr(feature = "test-util", doc = "```")]
#![cfg_attr(not(feature = "test-util"), doc = "```ignore")]
//! use std::sync::mpsc::{self, Sender};
//! use std::time::Duration;
//! use pyaltt::{ManualClock, prelude::*};
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
//! - `advance_to_next` waits until some thread sleeps for a deadline, and moves the clock to the earliest one. It
//!   needs no other synchronisation, and is what most tests want.
//! - `advance(by)` moves the clock at once, wherever the worker is. Before it, the test waits for something that the
//!   worker did, or with `wait_for_sleepers(n)` until `n` threads sleep by this clock, be it for a deadline or, as an
//!   idle queue or event worker does, without one. The schedule of a run may begin only after `start` has returned,
//!   so an `advance` right after a `start` may come before it.
//! - A worker moves the clock in its own turn to say how long the turn takes; the chapter on
//!   [looped workers](super::looped#missed-ticks) has a test of missed ticks that does.
//! - `Realtime` sleeps twice for each tick, first until its margin begins and then until the deadline, so it takes
//!   two `advance_to_next`. `Poll` sleeps until the next multiple of its delay, counted from where the clock began.
//!
//! [`Context::sleep`](crate::Context::sleep) and [`Inbox::next_deadline`](crate::Inbox::next_deadline) go by the
//! worker's clock too, and so does a [`Ticker`](crate::Ticker) that was given one. The timeouts of handles and stop
//! tokens, of a put that waits, and of functions in a collection are those of the machine.
//!
#![cfg_attr(feature = "test-util", doc = "```")]
#![cfg_attr(not(feature = "test-util"), doc = "```ignore")]
//! use std::sync::mpsc;
//! use std::time::Duration;
//! use pyaltt::{ManualClock, prelude::*};
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
//! | to test | the test |
//! | --- | --- |
//! | what a queue worker does with its tasks | puts them before the start, starts, drains, and looks at the worker that `into_inner` gives back |
//! | what is queued | builds the worker without starting it, and asks `take_pending` |
//! | a failing turn | waits, and looks at the [`Exit`](crate::Exit) |
//! | an event worker | triggers it before the start, and lets it stop itself or report by a channel |
//! | a stop in the middle of a turn | lets the turn report by one channel and wait on another, as in [lifecycle](super::lifecycle#stopping-and-waiting) |
//! | that a worker has gone to sleep | `wait_for_sleepers` of a manual clock; a worker on an external channel does not sleep by it |
//!
//! ```
//! use pyaltt::prelude::*;
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
//! let exit = adder.wait()?;
//! assert_eq!((exit.reason, exit.turns), (ExitReason::Failed, 3));
//! assert_eq!(adder.take_pending(), [3]);
//! assert_eq!(adder.into_inner().unwrap().0, 3);
//! # Ok::<(), BoxError>(())
//! ```
