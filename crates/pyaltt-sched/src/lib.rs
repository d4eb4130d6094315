//! Scheduling policy, CPU affinity, memory locks and CPU latency for a thread.
//!
//! A [`Sched`] lists what a thread asks of the system. Applying it gives an [`RtReport`]: for each request what was
//! asked, what the thread has now, the error of a refusal, and what would allow it.
//!
//! ```
//! use pyaltt::sched::{RtFeature, Sched};
//!
//! std::thread::spawn(|| {
//!     let report = Sched::fifo(80).cpu(0).apply();
//!     for item in report.refused() {
//!         eprintln!("running without: {item}");
//!     }
//!     assert_eq!(report.get(RtFeature::Policy).unwrap().asked(), "FIFO 80");
//! })
//! .join()
//! .unwrap();
//! ```
//!
//! This crate knows no workers and is published for programs that manage their threads themselves. Most programs
//! depend on `pyaltt`, which re-exports it as `pyaltt::sched`; a worker's builder takes a [`Sched`] and applies it
//! on the worker's own thread.
#![forbid(unsafe_code)]

mod answer;
mod apply;
mod check;
mod error;
mod item;
mod list;
mod os;
mod policy;
mod report;
mod sched;
mod stack;

pub use answer::RtOutcome;
pub use error::SchedError;
pub use item::{RtFeature, RtItem};
pub use report::RtReport;
pub use sched::Sched;

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
