//! Durable queues in PostgreSQL.
//!
//! [`Postgres`] is the database, and [`Postgres::queue`] makes a [`Durable`](crate::Durable) queue in it.
//! [`Postgres::put_in`] puts a task in a transaction of your own. The guide's chapter `guide::engines` says when to take it, and
//! what its server needs.
//!
//! # Examples
//!
//! ```no_run
//! use pyaltt::{Durable, Postgres};
//!
//! let mail: Durable<String> = Postgres::connect("postgres://db/tasks")?.queue("mail").build()?;
//! mail.put("dear Sir".to_owned())?;
//! # Ok::<(), pyaltt::BoxError>(())
//! ```

pub use pyaltt_postgres::{Bell, Postgres, PostgresBuilder, PostgresEngine, PostgresError, postgres};
