//! When a turn is due, and how to wait for it.
//!
//! The schedules, strategies, clocks and statistics that looped workers are made of, and the [`Ticker`], which paces
//! a loop without a worker. The [guide](crate::guide::timing) explains how to choose.
//!
//! # Examples
//!
//! ```
//! use pyaltt::timing::{Realtime, Ticker};
//! use std::time::Duration;
//!
//! for tick in Ticker::interval(Duration::from_millis(1))?.strategy(Realtime::new()).take(3) {
//!     println!("tick {} was {:?} late", tick.index, tick.late);
//! }
//! # Ok::<(), pyaltt::timing::TimingError>(())
//! ```

#[cfg(feature = "test-util")]
pub use pyaltt_timing::ManualClock;
pub use pyaltt_timing::{
    Clock, MissedTick, Pacer, Parker, Poll, Precise, Profile, Realtime, Recorder, Schedule, Stopper,
    Strategy, Summary, SystemClock, Tick, Ticker, TimingError, Unparker, WaitContext, Waited,
};
