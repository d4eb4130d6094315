//! When a turn is due, and how to wait for it.
//!
//! The pure part of pacing is a [`Pacer`], which turns a [`Schedule`] and a [`MissedTick`] policy into deadlines and
//! [`Tick`]s. The impure part is a [`Strategy`], which waits for a deadline in a [`WaitContext`] that can interrupt
//! the wait. A [`Ticker`] combines both for a loop of your own:
//!
//! ```
//! use pyaltt::timing::Ticker;
//! use std::time::Duration;
//!
//! for tick in Ticker::interval(Duration::from_millis(1))?.take(3) {
//!     println!("tick {} was {:?} late", tick.index, tick.late);
//! }
//! # Ok::<(), pyaltt::timing::TimingError>(())
//! ```
//!
//! This crate knows no workers and is published for programs that have their own threads. Most programs depend on
//! `pyaltt`, which re-exports it as `pyaltt::timing`.
//!
//! # Three strategies
//!
//! | strategy | waits by | exact to about | CPU cost |
//! | --- | --- | --- | --- |
//! | [`Poll`] | parking until the next multiple of its poll delay | the poll delay | lowest: sleepers share wake-ups |
//! | [`Precise`] | parking until the deadline, timer slack of 1 ns | the kernel's wake-up, tens of µs | one wake-up a tick |
//! | [`Realtime`] | parking until a learned margin before the deadline, then spinning | well under 1 µs | the spun part of the margin, each tick |
//!
//! # Features
//!
//! - `histograms`, off by default: percentiles in a [`Summary`]. Without it a [`Recorder`] keeps the count and the
//!   shortest, mean and longest duration.
//! - `test-util`, off by default: `ManualClock`.
//!
//! # Time in tests
//!
//! Everything reads the time from a [`Clock`]. With the feature `test-util` there is `ManualClock`, which moves only
//! when the test moves it, so a test of a timed loop needs no real sleep.
#![forbid(unsafe_code)]

mod clock;
mod error;
#[cfg(feature = "test-util")]
mod manual_clock;
mod missed;
mod pacer;
mod parker;
mod schedule;
mod slack;
mod stats;
mod strategy;
mod tick;
mod ticker;
mod wait;

pub use clock::{Clock, SystemClock};
pub use error::TimingError;
#[cfg(feature = "test-util")]
pub use manual_clock::ManualClock;
pub use missed::MissedTick;
pub use pacer::Pacer;
pub use parker::{Parker, Unparker};
pub use schedule::Schedule;
pub use stats::recorder::Recorder;
pub use stats::summary::Summary;
pub use strategy::Strategy;
// What a loop of turns waits by; for `pyaltt-core`.
pub use strategy::poll::Poll;
pub use strategy::precise::Precise;
pub use strategy::realtime::Realtime;
pub use strategy::realtime::profile::Profile;
#[doc(hidden)]
pub use strategy::wait_out;
pub use tick::Tick;
pub use ticker::{Stopper, Ticker};
// The name in 0.1.
#[doc(hidden)]
pub use wait::WaitContext as Gate;
pub use wait::{WaitContext, Waited};

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
