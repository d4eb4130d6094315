//! Background workers for plain threaded Rust: the actor.
//!
//! A worker is one thread with one inbox, on which it takes control messages and tasks. There are three kinds,
//! told apart by where a turn comes from:
//!
//! | kind | made by | a turn is |
//! | --- | --- | --- |
//! | [`BackgroundWorker`] | [`looped`] | due by the clock: a [`Tick`] |
//! | [`BackgroundQueueWorker`] | [`queue`] | a task that was put |
//! | [`BackgroundEventWorker`] | [`event`] | an event that was set: a [`Trigger`] |
//!
//! This crate is the machinery under the crate `pyaltt`, whose documentation is the guide.
//!
//! ```
//! let mail = pyaltt_core::queue(|letter: &str, cx| println!("{} delivers {letter:?}", cx.name()))
//!     .name("mail")
//!     .start()?;
//! mail.put("dear Sir")?;
//! mail.drain()?;
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```

#[macro_use]
mod log;

mod at_exit;
mod build_error;
mod builder;
mod cell;
mod context;
mod control;
mod error;
mod event;
mod exit;
mod functions;
mod guard;
mod handle;
mod handshake;
mod headroom;
mod inbox;
mod lifecycle;
#[cfg(all(test, pyaltt_model))]
mod models;
mod never;
mod pace;
mod queue;
mod runner;
mod signal;
mod source;
mod spin;
mod start;
mod stats;
mod stop_token;
mod sync;
mod sys;
mod throttle;
mod worker;

pub use build_error::BuildError;
pub use builder::{
    Builder, EventBuilder, EventOptions, LoopedBuilder, LoopedOptions, QueueBuilder, QueueOptions,
};
pub use context::Context;
pub use error::{Panic, StartError, StopError, WorkerError};
pub use event::{Event, Trigger};
pub use exit::{Exit, ExitReason};
pub use functions::{FnWorker, event, looped, queue};
pub use handle::{BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Handle};
pub use inbox::Inbox;
pub use lifecycle::State;
pub use queue::{Overflow, PutError, PutErrorKind, Queue, TaskQueue, Waker};
pub use start::Start;
pub use stats::Stats;
pub use stop_token::StopToken;
pub use worker::{BoxError, Flow, IntoTurn, Turn, Worker};

/// The crate whose channels can be queues of workers, in the version that fits.
pub use crossbeam_channel;
pub use pyaltt_sched::{RtFeature, RtItem, RtOutcome, RtReport, Sched, SchedError};
#[cfg(feature = "test-util")]
pub use pyaltt_timing::ManualClock;
pub use pyaltt_timing::{
    Clock, Gate, MissedTick, Poll, Precise, Profile, Realtime, Schedule, Stopper, Strategy, Summary,
    SystemClock, Tick, Ticker, TimingError, Waited,
};
