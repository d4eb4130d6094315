//! Durable queues in a SQLite file: tasks that survive a crash of the program and a power cut, with nothing installed.
//!
//! [`Sqlite`] is the file. Several processes of one machine can share it: each gets its share of the writes, a put wakes
//! one idle process, and the tasks of a process that died run at once, without a wait for its lease.
//!
//! [`Sqlite::queue`] makes a [`Durable`] queue in it, which a worker takes by
//! [`queue(..)`](pyaltt_durable::Durable). The names that most programs need with it are here as well.
//!
//! [`SqliteEngine`] is the contract of `pyaltt_durable::engine`, which says what is promised. Most programs do not use it
//! themselves.
//!
//! # What is promised
//!
//! What was acknowledged is in the file, whatever ends the process or the machine: the file is in WAL mode, each operation
//! is one transaction, and each transaction is synced. The file has to be on a local file system; network file systems are
//! refused. When the disk is full, puts fail and say that nothing is stored, and all goes on when there is room again.
//!
//! # Examples
//!
//! ```
//! use pyaltt_sqlite::Sqlite;
//!
//! fn deliver(letter: String, cx: &mut pyaltt::Context) {
//!     println!("{letter}, attempt {}", cx.task().map_or(0, |task| task.attempt));
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let postman = pyaltt::queue(deliver).queue(Sqlite::open(&path)?.queue("mail").build()?).start()?;
//! postman.put("dear Sir".into())?;
//! assert_eq!(postman.drain()?.turns, 1);
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
#![forbid(unsafe_code)]

mod bell;
mod connection;
mod engine;
mod error;
mod file;
mod layout;
mod listing;
mod owner_files;
mod shared;
mod store;

pub use engine::SqliteEngine;
pub use error::SqliteError;
pub use store::{Sqlite, SqliteBuilder};

pub use pyaltt_durable::{
    Cancelled, Dead, DeadTask, Durable, DurableBuilder, Page, Placed, Put, QueueError, QueueErrorKind,
    QueueStats, Retry, TaskState, TaskView, Verdict, Which,
};

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
