//! Everything that most programs need, for `use pyaltt::prelude::*`.
//!
//! # Examples
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! fn main() -> Result<(), BoxError> {
//!     let mail = queue(|letter: &str, _cx| println!("{letter}")).start()?;
//!     mail.put("dear Sir")?;
//!     mail.drain()?;
//!     Ok(())
//! }
//! ```

#[cfg(feature = "statics")]
pub use pyaltt_collection::collection;
pub use pyaltt_collection::{FunctionCollection, Outcome, Results};
pub use pyaltt_core::{
    AskError, BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, Context, Event, Exit,
    ExitReason, Flow, Handle, Inbox, IntoTurn, Overflow, PutError, Queue, Reply, ReplyTo, Restart, Start,
    StartError, State, Stats, StopError, StopToken, Trigger, Turn, Worker, WorkerError, event, looped, queue,
};
#[cfg(feature = "durable")]
pub use pyaltt_durable::{Durable, Put, Retry};
pub use pyaltt_group::{Child, Report, Supervision, Supervisor};
#[cfg(feature = "macros")]
pub use pyaltt_macros::background_worker;
#[cfg(feature = "statics")]
pub use pyaltt_macros::collect;
#[cfg(feature = "postgres")]
pub use pyaltt_postgres::Postgres;
#[cfg(feature = "sched")]
pub use pyaltt_sched::Sched;
#[cfg(feature = "sqlite")]
pub use pyaltt_sqlite::Sqlite;
pub use pyaltt_timing::{MissedTick, Realtime, Tick, Ticker};
