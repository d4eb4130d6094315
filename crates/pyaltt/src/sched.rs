//! Scheduling policy, CPU affinity, memory locks and CPU latency of a thread.
//!
//! A worker's builder takes a [`Sched`]; a thread of your own applies one itself. The [`RtReport`] says what the
//! system granted and what would allow the rest.
//!
//! # Examples
//!
//! ```
//! use pyaltt::sched::{RtFeature, Sched};
//!
//! std::thread::spawn(|| {
//!     let report = Sched::fifo(80).cpu(0).apply();
//!     let policy = report.get(RtFeature::Policy).unwrap();
//!     println!("{policy}");
//! })
//! .join()
//! .unwrap();
//! ```

pub use pyaltt_sched::{RtFeature, RtItem, RtOutcome, RtReport, Sched, SchedError};
