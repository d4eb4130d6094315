//! Programs of background workers: started in order, restarted alone or together, ended in reverse within a limit.
//!
//! Depend on `pyaltt`. It re-exports everything here, and its guide has a chapter on it.
//!
//! - [`Supervisor`]: the plan of a program, with a [`Child`] for each member. [`Supervision`]: the program as it runs.
//! - [`Report`]: how it ended, member by member. [`GroupError`]: why it did not start.
//! - [`GroupEvent`]: what happens meanwhile. [`MemberInfo`], [`Problem`]: how it stands.
//!
//! # Examples
//!
//! ```
//! use pyaltt::{EndedBy, Supervisor};
//!
//! let uplink = pyaltt::looped(|_tick, _cx| println!("measured")).build()?;
//! let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).build()?;
//! let program = Supervisor::new().name("gateway").add(&uplink).add(&mail).start()?;
//! mail.put("dear Sir")?;
//! let report = program.stop();
//! assert_eq!(report.ended_by, EndedBy::Asked);
//! assert_eq!(report.exit_code(), 0);
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
#![forbid(unsafe_code)]

mod child;
mod driver;
mod error;
mod event;
mod machine;
mod members;
mod membership;
mod message;
mod plan;
mod report;
mod service;
mod signals;
mod supervision;
mod supervisor;
#[cfg(feature = "signals")]
mod until_signal;

pub use child::Child;
pub use error::GroupError;
pub use event::GroupEvent;
pub use members::{MemberInfo, Problem};
pub use report::{EndedBy, MemberOutcome, MemberReport, Report};
pub use supervision::Supervision;
pub use supervisor::Supervisor;

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
