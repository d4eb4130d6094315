//! Durable queues in PostgreSQL: tasks that survive a crash of the program and of the server, shared by the processes of many
//! machines.
//!
//! [`Postgres`] is the database. A put wakes one idle process, on whatever machine; the tasks of a process that died run
//! elsewhere when its lease is over; a process whose server is gone goes on by itself when it is back.
//!
//! [`Postgres::queue`] makes a [`Durable`] queue in it, which a worker takes by
//! [`queue(..)`](pyaltt_durable::Durable). The names that most programs need with it are here as well.
//! [`Postgres::put_in`] puts a task in a transaction of your own, and the function `pyaltt.put` of the database does so from any
//! language: `select pyaltt.put('mail', '{"to":"x"}', delay => interval '1 min', key => 'x')`.
//!
//! [`PostgresEngine`] is the contract of `pyaltt_durable::engine`, which says what is promised. Most programs do not use it
//! themselves.
//!
//! # What is promised
//!
//! What was acknowledged is committed, so it is there after whatever ends the program or the server, as long as
//! `synchronous_commit`, `fsync` and `full_page_writes` are on, as they are by default. Else the build of a queue says so. A
//! failover keeps it if the standby is synchronous.
//!
//! # Examples
//!
//! ```
//! use pyaltt_postgres::Postgres;
//!
//! fn deliver(letter: String, cx: &mut pyaltt::Context) {
//!     println!("{letter}, attempt {}", cx.task().map_or(0, |task| task.attempt));
//! }
//!
//! # let Some(server) = testkit::PostgresServer::shared() else { return Ok(()) };
//! # let address = server.url("postgres");
//! let tasks = Postgres::builder(&address).migrate(true).connect()?;
//! let postman = pyaltt::queue(deliver).queue(tasks.queue("mail").build()?).start()?;
//! postman.put("dear Sir".into())?;
//! assert_eq!(postman.drain()?.turns, 1);
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
#![forbid(unsafe_code)]

mod bell;
mod connection;
mod engine;
mod error;
mod hearing;
mod layout;
mod put_in;
mod shared;
mod store;

pub use engine::PostgresEngine;
pub use error::PostgresError;
pub use hearing::Bell;
pub use store::{Postgres, PostgresBuilder};

/// The crate whose transactions and connectors [`Postgres::put_in`] and [`PostgresBuilder::tls`] take, in the version that fits.
pub use postgres;

pub use pyaltt_durable::{
    Cancelled, Dead, DeadTask, Durable, DurableBuilder, Page, Placed, Put, QueueError, QueueErrorKind,
    QueueStats, Retry, TaskState, TaskView, Verdict, Which,
};

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
