//! Looped workers: schedules, missed ticks, a pace from inside, strategies, statistics.
//!
//! A looped worker takes a turn whenever a tick is due. The turn is given a [`Tick`](crate::Tick), which says which
//! tick it is, when it was due, how late the worker woke, and how many ticks were missed before it.
//!
//! # Schedules
//!
//! Three options of the builder make up the [`Schedule`](crate::timing::Schedule). A [`Start`](crate::Start) can
//! replace each of them for one life.
//!
//! | options | the first turn | every further turn |
//! | --- | --- | --- |
//! | none | at once | when the previous turn has ended |
//! | `delay_after(d)`, also called `delay(d)` | at once | `d` after the end of the previous turn |
//! | `delay_before(b)` | `b` after the start | `b` after the end of the previous turn |
//! | `delay_before(b)` and `delay_after(d)` | `b` after the start | `d + b` after the end of the previous turn |
//! | `interval(p)` | at once | turn `n` is due `n * p` after the start, however long the turns take |
//! | `interval(p)` and `delay_before(b)` | `b` after the start | turn `n` is due `b + n * p` after the start |
//!
//! An interval is an exact grid. Due times are computed in whole nanoseconds from the start of the run, so errors do
//! not add up and nothing drifts. A tick never comes before its time.
//!
//! Options that contradict each other, such as an interval and a `delay_after`, are a
//! [`BuildError`](crate::BuildError), in a start as well; [`LoopedBuilder`](crate::LoopedBuilder#conflicts) lists them
//! all. So is an interval of zero. A delay for one run replaces the interval and its policy for missed ticks. A time
//! that the clock cannot reach, such as `Duration::MAX`, is not an error: the worker then waits for its stop alone.
//!
//! Each run starts its schedule anew, after `start` has succeeded and before
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
//! // For this run only, a delay replaces the interval.
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
//! A tick is late when the previous turn, or the system, held the worker up. A tick is missed when a whole further
//! slot of the interval has passed. [`MissedTick`](crate::MissedTick) says what happens then. With delays, and without
//! a schedule, no tick can be missed. In this diagram turns are due every 10 ms; the first one takes 25 ms and the
//! others 2 ms. `=` is a running turn, and the numbers are the indices of the ticks:
//!
//! ```text
//! time in ms          0         10        20        30        40        50
//! Skip, the default   0========================2=   3=        4=        5=
//! CatchUp             0========================1=2= 3=        4=        5=
//! Delay               0========================1=        2=        3=
//! ```
//!
//! `Skip` takes the latest slot that is due and stays in phase. `CatchUp` makes up for missed slots, one turn right
//! after the other, but for no more than `max` of them. `Delay` starts a new grid where the late turn began. The
//! clock of this example is moved by hand, as the chapter on [testing](super::testing) explains, so the first turn
//! takes exactly 25 ms:
//!
#![cfg_attr(feature = "test-util", doc = "```")]
#![cfg_attr(not(feature = "test-util"), doc = "```ignore")]
//! use std::sync::mpsc;
//! use std::time::Duration;
//! use pyaltt::{prelude::*, timing::ManualClock};
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
//! # A pace from inside
//!
//! A turn can change the pace of its own worker. [`Context::set_interval`](crate::Context::set_interval) sets the
//! interval from now on in this run; the new grid begins where the current turn was due, so nothing drifts.
//! [`Context::next_in`](crate::Context::next_in) sets when the next turn is due, for that turn alone. It is the way to
//! back off from a device that fails: a sleep in the turn would count as run time and make the worker miss ticks. The
//! turn after that one is back on the grid. Hooks and loops of your own can do the same. A time of zero is a
//! [`BuildError`](crate::BuildError), and so is a call on a queue or event worker.
//!
#![cfg_attr(feature = "test-util", doc = "```")]
#![cfg_attr(not(feature = "test-util"), doc = "```ignore")]
//! use std::time::Duration;
//! use pyaltt::{prelude::*, timing::ManualClock};
//!
//! const SECOND: Duration = Duration::from_secs(1);
//!
//! let clock = ManualClock::new();
//! let mut answers = [Err("no answer"), Err("no answer"), Ok(21.5), Ok(21.6)].into_iter();
//! let mut wait = 4 * SECOND;
//! let sensor = looped(move |_tick, cx| match answers.next() {
//!     Some(Ok(_celsius)) => Ok(true),
//!     Some(Err(_)) => {
//!         cx.next_in(wait)?;
//!         wait *= 2;
//!         Ok(true)
//!     }
//!     None => Ok::<_, BoxError>(false),
//! });
//! let sensor = sensor.interval(SECOND).clock(clock.clone()).start()?;
//! for pause in [4, 8, 1, 1] {
//!     assert_eq!(clock.advance_to_next(), pause * SECOND);
//! }
//! sensor.wait()?;
//! assert_eq!((sensor.stats().missed, sensor.stats().run_time.max), (0, Duration::ZERO));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Strategies
//!
//! A [`Strategy`](crate::timing::Strategy) is a way to wait for a deadline. With every strategy, a stop ends the wait
//! at once.
//!
//! | strategy | set by | lateness of a tick | cost |
//! | --- | --- | --- | --- |
//! | [`Precise`](crate::timing::Precise), the default | nothing | what the kernel takes to wake a thread: some tens of µs | one wake-up a tick |
//! | [`Realtime`](crate::timing::Realtime) | `realtime(true)` | well under 1 µs, unless the machine is overloaded | some tens of µs of spinning a tick |
//! | [`Poll`](crate::timing::Poll) | `poll_delay(d)` | up to `d`: a tick comes at the next multiple of `d` | one wake-up, shared by all workers with the same `d` |
//! | your own | `strategy(s)` | up to you, but a tick is never early: what it leaves of a wait is parked | |
//!
//! A builder accepts at most one of these three options. For one run, a [`Start`](crate::Start) can replace it
//! with `poll_delay` or `realtime`. On Linux, `Precise` and `Realtime` set the timer slack of the worker's thread to
//! 1 ns; threads that the worker spawns inherit it.
//!
//! `Realtime` sleeps until a margin before the deadline and spins through the rest. To limit how much it spins, pass a
//! `Realtime` with a [`Profile`](crate::timing::Profile) or a [`margin`](crate::timing::Realtime::margin) to
//! `strategy`. The chapter on [timing](super::timing) has the details.
//!
//! # Statistics
//!
//! [`stats`](crate::Handle::stats) can be read at any time from any thread, and covers all runs of the worker. Looped
//! workers record the lateness of each tick and the run time of each turn. The percentiles of such a
//! [`Summary`](crate::timing::Summary) are exact to two digits.
//!
//! Under `Skip` the lateness is always less than an interval, because whole slots count as missed instead. So it does
//! not show that a worker at 1 kHz stood still for 41 ms: `longest_gap` does, the longest time from one turn to the
//! next, and `overruns` counts the turns that took longer than the interval.
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
//! println!("at most {:?} from turn to turn, {} overruns", stats.longest_gap, stats.overruns);
//! assert_eq!((stats.turns, stats.lateness.count, stats.run_time.count), (10, 10, 10));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Without a worker
//!
//! A [`Ticker`](crate::Ticker) has the same schedules, policies and strategies, for a loop on a thread of your own. It
//! is an iterator. A [`Stopper`](crate::timing::Stopper) ends it from any thread, even during a wait.
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::timing::{Schedule, Ticker};
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
