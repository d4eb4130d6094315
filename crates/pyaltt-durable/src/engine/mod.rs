//! What an engine has to do, and the words of it. Most programs need nothing of this: it is for those who write an engine.
//!
//! - [`Engine`] and [`Bell`]: the traits. [`EngineError`]: what they fail with.
//! - [`RawPut`], [`Placed`]: tasks on their way in. [`Round`], [`Answer`], [`Settle`], [`Fate`], [`RawTask`]: the rounds in
//!   which they are lent out and settled.
//! - [`OwnerId`], [`Who`], [`Policy`], [`Swept`]: the processes that hold tasks, and what happens to the tasks of a dead one.
//! - [`Admin`], [`AdminAnswer`]: what an operator asks for. [`QueueStats`], [`TaskView`], [`Finding`]: what is told.
//! - [`stored`]: tasks in columns. [`EngineClock`]: the time, for engines that have no server.
//!
//! # States
//!
//! ```text
//! put ──► ready ◄─ due ── delayed ◄─ put with a delay / failed or lost with attempts left
//!          │                                  ▲
//!        take (token + 1, attempts + 1)       │
//!          ▼                                  │
//!       running ── done ─► gone     failed ───┤      attempts used up, given up ─► dead ── requeue ─► ready (attempts 0)
//!          └── handed back (token + 1, attempts - 1) ─► ready, at its old place
//! ```
//!
//! A task is in exactly one state, and each arrow is one transaction. A task that becomes ready because it is due or was
//! requeued goes behind those that are ready. One that is handed back has its old place. The token changes with every
//! arrow into and out of *running*, so that a settlement that comes late changes nothing.

pub(crate) mod admin;
pub(crate) mod contract;
pub(crate) mod entry;
pub(crate) mod error;
pub(crate) mod intercept;
pub(crate) mod name;
pub(crate) mod owner;
pub(crate) mod put;
pub(crate) mod round;
pub(crate) mod stats;
pub mod stored;
pub(crate) mod view;

pub use self::admin::{Admin, AdminAnswer, Cancelled, Page, Requeued, Which};
pub use self::contract::{Bell, Engine};
pub use self::entry::ErrorEntry;
pub use self::error::EngineError;
pub use self::intercept::{Intercept, Intercepted};
pub use self::name::{InvalidQueueName, QueueName};
pub use self::owner::{OwnerId, Policy, Swept, Who};
pub use self::put::{Placed, RawPut, When};
pub use self::round::{Answer, Fate, RawTask, Round, Settle};
pub use self::stats::{EngineHealth, Finding, OwnerView, QueueStats, RepeatCounts, Severity};
pub use self::view::{TaskState, TaskView};
pub use crate::clock::{
    EngineClock, MachineClock, ManualEngineClock, from_millis, millis_after, span_millis, to_millis,
};
