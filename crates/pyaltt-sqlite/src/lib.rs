//! Durable queues in a SQLite file: tasks that survive a crash of the program and a power cut, with nothing installed.
//!
//! [`Sqlite`] is the file. Several processes of one machine can share it: each gets its share of the writes, a put wakes
//! one idle process, and the tasks of a process that died run at once, without a wait for its lease.
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
//! use pyaltt_durable::engine::{Engine, QueueName, RawPut, Round, Who};
//! use pyaltt_durable::{Envelope, fresh_id};
//! use pyaltt_sqlite::Sqlite;
//! use std::time::Duration;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let mut engine = Sqlite::open(&path)?.engine()?;
//! let (mail, lease) = (QueueName::new("mail")?, Duration::from_secs(30));
//! engine.put(&mail, &[RawPut::new(fresh_id(), Envelope::new("letter", 1, r#""dear Sir""#))])?;
//!
//! let owner = engine.register(&mail, &Who::this_process("postman"), lease)?;
//! let mut round = Round::new(&mail, owner, lease, "letter", 1);
//! round.want = 1;
//! assert_eq!(engine.round(&round)?.tasks.len(), 1);
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
#![forbid(unsafe_code)]

mod bell;
mod connection;
mod engine;
mod error;
mod file;
mod layout;
mod owner_files;
mod shared;
mod store;

pub use engine::SqliteEngine;
pub use error::SqliteError;
pub use store::{Sqlite, SqliteBuilder};

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
