//! Durable queues: queues whose tasks outlive the process, of whatever engine keeps them.
//!
//! [`Durable`] is the queue, and [`Put`] has the options of one task. [`Retry`] says when a task that failed is tried again,
//! and [`Dead`] has those that failed for good. An engine makes the queues: with the feature `sqlite`, a file is enough.
//! [`MemoryStore`] keeps nothing and is for tests.
//!
//! The guide explains their use in `guide::durable`, which engine to take in `guide::engines`, and how to run them in
//! `guide::operating`. An engine of your own is
//! written against [`engine`]; the suite that tests it is a feature of the crate `pyaltt-durable`.
//!
//! # Examples
//!
//! ```
//! use pyaltt::durable::{Durable, MemoryStore, Page, Retry};
//!
//! let mail: Durable<String> = MemoryStore::default().queue("mail").retry(Retry::none()).build()?;
//! mail.put("dear Sir".to_owned())?;
//! let postman = pyaltt::queue(|_: String, _cx| Err::<(), _>("no such address")).queue(mail.clone()).start()?;
//! postman.drain()?;
//! assert_eq!(mail.dead().list(Page::default())?[0].errors[0].text, "no such address");
//! # Ok::<(), pyaltt::BoxError>(())
//! ```

pub use pyaltt_durable::{
    Cancelled, Codec, DEFAULT_MAX_BODY, Dead, DeadTask, Durable, DurableBuilder, EngineHealth, Envelope,
    ErrorEntry, Finding, InvalidEnvelope, InvalidQueueName, InvalidRetry, Json, MemoryEngine, MemoryStore,
    OwnerView, Page, Placed, Put, QueueError, QueueErrorKind, QueueName, QueueStats, RepeatCounts, Retry,
    Severity, TaskState, TaskView, Undecodable, Verdict, Which, engine, fresh_id,
};
