//! Durable queues in a SQLite file.
//!
//! [`Sqlite`] is the file, and [`Sqlite::queue`] makes a [`Durable`](crate::Durable) queue in it. The guide's chapters
//! `guide::durable` and `guide::operating` explain both.
//!
//! # Examples
//!
//! ```
//! use pyaltt::{Durable, Sqlite};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let mail: Durable<String> = Sqlite::open(&path)?.queue("mail").build()?;
//! mail.put("dear Sir".to_owned())?;
//! # Ok::<(), pyaltt::BoxError>(())
//! ```

pub use pyaltt_sqlite::{Sqlite, SqliteBuilder, SqliteEngine, SqliteError};
