//! Queues whose tasks outlive the process: what is the same for all engines, and what an engine has to do that keeps them.
//!
//! - [`Durable`]: the queue; producers put into it, and workers take it as theirs. [`DurableBuilder`]: its options, which the
//!   store of an engine hands out. [`Put`]: the options of one task. [`Dead`]: the tasks that have failed for good.
//! - [`Retry`]: when a task that failed is tried again. [`Envelope`], [`Codec`], [`Json`]: what is stored of a task.
//! - [`engine`]: the contract of an engine, [`Engine`](engine::Engine), and its words.
//! - [`MemoryStore`]: the simplest engine, which keeps nothing. It is for tests, and it is the model of the others.
//! - `conformance` (feature `conformance`): the suite that every engine passes, for those who write one.
//!
//! The engine in a SQLite file is the crate `pyaltt-sqlite`.
//!
//! # What every engine promises
//!
//! - A task that was put is never lost: it runs at least once. It runs twice only if a lease was lost, an answer was lost, or
//!   a process died before what it had done reached the engine.
//! - A settlement that comes too late changes nothing, and says so.
//! - Attempts are counted when a task is taken. The death of a process counts, a clean stop and a lost answer do not.
//! - A task that was lost with its process twice runs alone, so that one that kills its process takes no other with it.
//! - A task of a newer version, or of another kind, waits for a worker that knows it.
//! - Nothing is kept of a task that is done.
//!
//! # What happens in a process
//!
//! A put is one call of the engine on the producer's own thread, with the puts of all producers that wait. Workers make no
//! calls between turns: the *clerk* of the queue, one thread a process, takes for all of them what they want and settles what
//! they have done, both in one transaction. So a stop never waits for the engine. An idle process makes no calls either: the
//! engine rings it. Nothing is taken in advance, so no task waits behind a long turn while another process is idle.
//!
//! # Examples
//!
//! ```
//! use pyaltt_durable::{Durable, MemoryStore, Put};
//!
//! let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
//! mail.put_with("dear Sir".into(), Put::new().priority(pyaltt::Priority::High))?;
//!
//! let postman = pyaltt::queue(|letter: String, _cx| println!("{letter}")).queue(mail.clone()).start()?;
//! assert_eq!(postman.drain()?.turns, 1);
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
#![forbid(unsafe_code)]

mod clerk;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
mod dispatch;
mod durable;
pub mod engine;
mod envelope;
mod link;
mod memory;
mod random;
mod repeats;
mod retry;
mod shared;

pub use durable::Durable;
pub use durable::builder::DurableBuilder;
pub use durable::dead::{Dead, DeadTask, Undecodable};
pub use durable::error::{QueueError, QueueErrorKind};
pub use durable::put::Put;
pub use engine::admin::{Cancelled, Page, Which};
pub use engine::entry::ErrorEntry;
pub use engine::name::{InvalidQueueName, QueueName};
pub use engine::put::Placed;
pub use engine::stats::{EngineHealth, Finding, OwnerView, QueueStats, RepeatCounts, Severity};
pub use engine::view::{TaskState, TaskView};
pub use envelope::codec::{Codec, Json};
pub use envelope::{DEFAULT_MAX_BODY, Envelope, InvalidEnvelope, fresh_id};
pub use memory::{MemoryEngine, MemoryStore};
pub use retry::{InvalidRetry, Retry, Verdict};

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
