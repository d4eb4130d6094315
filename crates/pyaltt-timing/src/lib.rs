//! When a turn is due, and how to wait for it.
//!
//! This crate knows no workers. It has the pure part of pacing, a [`Pacer`] that turns a [`Schedule`] and a
//! [`MissedTick`] policy into deadlines and [`Tick`]s, and the impure part, a [`Strategy`] that waits for a
//! deadline behind a [`Gate`] which can interrupt it. A [`Ticker`] puts both together for a loop of your own:
//!
//! ```
//! use pyaltt_timing::Ticker;
//! use std::time::Duration;
//!
//! for tick in Ticker::interval(Duration::from_millis(1))?.take(3) {
//!     println!("tick {} came {:?} late", tick.index, tick.late);
//! }
//! # Ok::<(), pyaltt_timing::TimingError>(())
//! ```
//!
//! # Three strategies
//!
//! | strategy | waits by | exact to about | processor cost |
//! | --- | --- | --- | --- |
//! | [`Poll`] | parking until the next multiple of its poll delay | the poll delay | lowest: sleepers share wake-ups |
//! | [`Precise`] | parking until the deadline, timer slack of 1 ns | what the kernel gives, tens of µs | one wake-up a tick |
//! | [`Realtime`] | parking until shortly before, then spinning | well under 1 µs | the spun margin of each tick |
//!
//! # Time in tests
//!
//! Everything reads the time from a [`Clock`]. With the feature `test-util` there is `ManualClock`, which
//! moves only when it is told to, so that a test of a timed loop needs no real sleep.
#![forbid(unsafe_code)]

mod clock;
mod error;
mod gate;
#[cfg(feature = "test-util")]
mod manual_clock;
mod missed;
mod pacer;
mod schedule;
mod slack;
mod stats;
mod strategy;
mod tick;
mod ticker;

pub use clock::{Clock, SystemClock};
pub use error::TimingError;
pub use gate::Gate;
#[cfg(feature = "test-util")]
pub use manual_clock::ManualClock;
pub use missed::MissedTick;
pub use pacer::Pacer;
pub use pyaltt_sched::{RtFeature, RtItem, RtOutcome, RtReport, Sched, SchedError};
pub use schedule::Schedule;
pub use stats::{Recorder, Summary};
pub use strategy::{Poll, Precise, Profile, Realtime, Strategy, Waited};
pub use tick::Tick;
pub use ticker::{Stopper, Ticker};
