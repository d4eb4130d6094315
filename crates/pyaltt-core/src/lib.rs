//! The actor under `pyaltt`: background workers for plain threaded Rust.
//!
//! Depend on `pyaltt`. It re-exports everything here, and its documentation is the guide.
//!
//! # Workers
//!
//! A worker is an actor: one thread with one inbox, from which it takes control messages and tasks. There are three
//! kinds of worker, which differ in where a turn comes from:
//!
//! | kind | from a closure | a turn is |
//! | --- | --- | --- |
//! | [`BackgroundWorker`] | [`looped`] | due by the clock: a [`Tick`] |
//! | [`BackgroundQueueWorker`] | [`queue`] | a task that was put into a queue |
//! | [`BackgroundEventWorker`] | [`event`] | an event that was triggered: a [`Trigger`] |
//!
//! A worker with state or hooks of its own implements [`Worker`]. In a turn, a [`Context`] tells the worker about
//! itself.
//!
//! # Handles
//!
//! The three kinds deref to [`Handle`], which starts and stops a worker and waits for it. No handle names the worker's
//! type, so handles can be stored in a struct and in a `Vec`. How a run ended is an [`Exit`], and what a worker counted
//! is its [`Stats`].
//!
//! # Examples
//!
//! ```
//! use pyaltt::queue;
//!
//! let mail = queue(|letter: &str, cx| println!("{} delivers {letter:?}", cx.name()))
//!     .name("mail")
//!     .start()?;
//! mail.put("dear Sir")?;
//! mail.drain()?;
//! # Ok::<(), pyaltt::BoxError>(())
//! ```

#[macro_use]
mod user_code;

mod conflicts;
mod control;
mod ends;
mod error;
mod event;
mod exit;
mod failure;
mod handle;
#[doc(hidden)]
pub mod layer;
mod lease;
mod looped;
#[cfg(all(test, pyaltt_model))]
mod models;
mod pace;
mod platform;
mod priority;
mod queue;
mod reply;
mod restart;
mod run;
mod start;
mod sync;
mod wait;
mod worker;

pub use control::state::State;
pub use control::stats::Stats;
pub use control::stop_token::StopToken;
pub use ends::exits::Exits;
pub use ends::wait_all::wait_all;
pub use ends::wait_any::{Ended, wait_any};
pub use ends::wait_error::WaitError;
pub use ends::watch::Watch;
pub use error::{BuildError, StartError, StopError};
pub use event::builder::{EventBuilder, EventOptions};
pub use event::handle::BackgroundEventWorker;
pub use event::{Event, Trigger};
pub use exit::{Exit, ExitDetails, ExitReason, Then};
pub use failure::{BoxError, Panic, WorkerError, WorkerErrorKind};
pub use handle::Handle;
pub use handle::builder::Builder;
pub use handle::end_future::EndFuture;
pub use handle::weak::WeakHandle;
pub use lease::Lease;
pub use lease::info::{Headers, TaskInfo};
pub use lease::lent::{Lent, Loss};
pub use lease::settlement::{ErrorText, Settlement};
pub use lease::task_id::{ParseTaskIdError, TaskId};
pub use lease::verdict::{give_up, later, retry_after};
pub use looped::builder::{LoopedBuilder, LoopedOptions};
pub use looped::handle::BackgroundWorker;
pub use platform::process_exit::exit;

#[cfg(all(unix, feature = "signals"))]
pub use platform::signals::wait::{Signal, wait_for_signal};
pub use priority::Priority;
pub use queue::Queue;
pub use queue::ask_future::AskFuture;
pub use queue::builder::{QueueBuilder, QueueOptions};
pub use queue::handle::BackgroundQueueWorker;
pub use queue::leased_queue::{LeasedQueue, PutPatience, Take};
pub use queue::overflow::Overflow;
pub use queue::put_error::{PutError, PutErrorKind};
pub use queue::put_future::PutFuture;
pub use queue::task_queue::TaskQueue;
pub use reply::answerer::ReplyTo;
pub use reply::ask_error::AskError;
pub use reply::asker::Reply;
pub use reply::reply;
pub use restart::Restart;
pub use restart::backoff::Backoff;
pub use start::Start;
pub use wait::waiting_on::{WaitingOn, WaitsFor};
pub use worker::Worker;
pub use worker::batch::{Batch, Settled};
pub use worker::context::Context;
pub use worker::flow::{Flow, IntoTurn, Turn, done};
pub use worker::inbox::Inbox;
pub use worker::no_task::NoTask;
pub use worker::waker::Waker;

pub use event::function::{event, event_from};
pub use looped::function::{looped, looped_from};
pub use queue::function::{batch, queue, queue_from};

/// The crate whose channels can be the queue of a worker, in the version that this crate uses.
///
/// # Examples
///
/// ```
/// use pyaltt::crossbeam_channel::unbounded;
/// use pyaltt::queue;
///
/// let (letters, inbox) = unbounded();
/// let mail = queue(|letter: &str, _cx| println!("delivering {letter}")).queue(inbox).start()?;
/// letters.send("dear Sir")?;
/// drop(letters);
/// assert_eq!(mail.wait()?.turns, 1);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub use crossbeam_channel;
#[cfg(feature = "sched")]
pub use pyaltt_sched::{RtFeature, RtItem, RtOutcome, RtReport, Sched, SchedError};
#[cfg(feature = "test-util")]
pub use pyaltt_timing::ManualClock;
pub use pyaltt_timing::{
    Clock, Gate, MissedTick, Poll, Precise, Profile, Realtime, Schedule, Stopper, Strategy, Summary,
    SystemClock, Tick, Ticker, TimingError, Waited,
};

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
