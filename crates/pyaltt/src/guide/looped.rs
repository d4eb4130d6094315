//! Looped workers: schedules, missed ticks, strategies, statistics.
//!
//! A looped worker takes a turn whenever a tick is due. The [`Tick`](crate::Tick) that the turn is given says which
//! one it is, when it was due, how late the worker woke, and how many ticks were missed before it.
//!
//! # Schedules
//!
//! Three options of the builder make the [`Schedule`](crate::Schedule); all of them can be replaced for one run by
//! [`Start`](crate::Start).
//!
//! | options | the first turn | every further turn |
//! | --- | --- | --- |
//! | none | at once | when the one before has ended |
//! | `delay_after(d)`, also called `delay(d)` | at once | `d` after the end of the one before |
//! | `delay_before(b)` | `b` after the start | `b` after the end of the one before |
//! | `delay_before(b)` and `delay_after(d)` | `b` after the start | `d + b` after the end of the one before |
//! | `interval(p)` | at once | turn `n` is due `n * p` after the start, whatever the turns take |
//! | `interval(p)` and `delay_before(b)` | `b` after the start | turn `n` is due `b + n * p` after the start |
//!
//! An interval is an exact grid, computed in whole nanoseconds from the start of the run: nothing adds up to a drift.
//! A tick never comes before its time. An interval beside a `delay_after`, and an interval of zero, are a
//! [`BuildError`](crate::BuildError). A time that the clock cannot reach, such as `Duration::MAX`, is no error: the
//! worker then waits for its stop alone.
//!
//! Every run begins its schedule anew, when it has started and before
//! [`after_start`](crate::Worker::after_start) is called.
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::prelude::*;
//!
//! let log = looped(|tick, _cx| println!("slot {}, {:?} late", tick.index, tick.late))
//!     .interval(Duration::from_secs(3600))
//!     .start()?;
//! log.stop()?; // wakes it at once, an hour before its next turn
//!
//! // For this run only, a pause takes the place of the interval.
//! log.start_with(Start::new().delay(Duration::from_millis(1)))?;
//! assert_eq!(log.stop()?.run, 2);
//!
//! let error = looped(|_tick, _cx| ()).name("log").interval(Duration::ZERO).build().unwrap_err();
//! assert_eq!(error.to_string(), "worker \"log\": option `interval` is 0ns; allowed: longer than zero");
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Missed ticks
//!
//! A tick is late when the turn before it, or the system, held the worker up. It is missed when a whole further slot
//! of the interval has passed. [`MissedTick`](crate::MissedTick) says what happens then; with delays, and without a
//! schedule, nothing can be missed. Below, turns are due every 10 ms, the first takes 25 ms and the others 2 ms; `=`
//! is a turn that runs, and the numbers are the ticks' indices:
//!
//! ```text
//! time in ms          0         10        20        30        40        50
//! Skip, the default   0========================2=   3=        4=        5=
//! CatchUp             0========================1=2= 3=        4=        5=
//! Delay               0========================1=        2=        3=
//! ```
//!
//! `Skip` takes the latest slot that is due and stays in phase. `CatchUp` makes up for what was missed, one turn
//! right after the other, but for no more than its `max`. `Delay` begins a new grid where the late turn began. The
//! clock of this example is moved by hand, as the chapter on [testing](super::testing) explains, so the first turn
//! takes exactly 25 ms:
//!
#![cfg_attr(feature = "test-util", doc = "```")]
#![cfg_attr(not(feature = "test-util"), doc = "```ignore")]
//! use std::sync::mpsc;
//! use std::time::Duration;
//! use pyaltt::{ManualClock, prelude::*};
//!
//! const MS: Duration = Duration::from_millis(1);
//!
//! for (policy, second_tick) in [
//!     (MissedTick::Skip, (2, 5 * MS, 1)),
//!     (MissedTick::CatchUp { max: 10 }, (1, 15 * MS, 0)),
//!     (MissedTick::Delay, (1, 0 * MS, 1)),
//! ] {
//!     let clock = ManualClock::new();
//!     let (ticks, seen) = mpsc::channel();
//!     let slow = {
//!         let clock = clock.clone();
//!         looped(move |tick: Tick, cx| {
//!             ticks.send((tick.index, tick.late, tick.missed))?;
//!             if cx.turn_number() == 1 {
//!                 clock.advance(25 * MS);
//!             }
//!             Ok::<_, BoxError>(cx.turn_number() < 2)
//!         })
//!     };
//!     let slow = slow.clock(clock).interval(10 * MS).missed(policy).start()?;
//!     slow.wait()?;
//!     assert_eq!(seen.try_iter().collect::<Vec<_>>(), [(0, 0 * MS, 0), second_tick], "{policy:?}");
//!     assert_eq!(slow.stats().missed, second_tick.2);
//! }
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Strategies
//!
//! A [`Strategy`](crate::Strategy) is the way to wait for a deadline. A stop ends the wait at once with each of them.
//!
//! | strategy | set by | a tick comes | it costs |
//! | --- | --- | --- | --- |
//! | [`Precise`](crate::Precise), the default | nothing | as late as the kernel wakes a thread: some tens of µs | one wake-up a tick |
//! | [`Realtime`](crate::Realtime) | `realtime(true)` | well under 1 µs late on a machine that is not overloaded | some tens of µs of spinning a tick |
//! | [`Poll`](crate::Poll) | `poll_delay(d)` | at the next multiple of `d` | a wake-up that all workers with the same `d` share |
//! | another one | `strategy(s)` | as it likes, but never early | |
//!
//! At most one of the three options can be given to a builder. One that is given to a
//! [`Start`](crate::Start) replaces that of the builder. On Linux `Precise` and `Realtime` set the timer slack of the
//! worker's thread to 1 ns, which a thread that this one starts inherits. `Realtime` parks until a margin before the
//! deadline and spins through what the wake-up left of it. A [`Profile`](crate::Profile), or a
//! [`margin`](crate::Realtime::margin), of a `Realtime` that is given to `strategy` says how much it may spin; a
//! strategy of one's own implements the trait.
//!
//! # Statistics
//!
//! [`stats`](crate::Handle::stats) can be read at any time from any thread. It covers all runs of the worker. Looped
//! workers record the lateness of each tick and the run time of each turn; a [`Summary`](crate::Summary) of them is
//! exact to two digits.
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::prelude::*;
//!
//! let control = looped(|_tick, cx| cx.turn_number() < 10)
//!     .interval(Duration::from_micros(200))
//!     .realtime(true)
//!     .start()?;
//! control.wait()?;
//! let stats = control.stats();
//! println!("median {:?}, 99 of 100 under {:?}", stats.lateness.p50, stats.lateness.p99);
//! assert_eq!((stats.turns, stats.lateness.count, stats.run_time.count), (10, 10, 10));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Without a worker
//!
//! A [`Ticker`](crate::Ticker) has the same schedules, policies and strategies for a loop that runs on a thread of
//! the program's own. It is an iterator; a [`Stopper`](crate::Stopper) ends it from anywhere, even during a wait.
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::{Schedule, Ticker};
//!
//! let ticker = Ticker::new(Schedule::delay(Duration::from_micros(100)));
//! let stopper = ticker.stopper();
//! let mut last = 0;
//! for tick in ticker {
//!     last = tick.index;
//!     if tick.index == 4 {
//!         stopper.stop();
//!     }
//! }
//! assert_eq!(last, 4);
//! ```
