//! Named functions that run as one: dump the state of every module, shut everything down.
//!
//! A [`FunctionCollection`] holds named functions and runs all of them. A function that fails or panics never keeps
//! the others from running, and neither does a function that hangs, if it has a time limit.
//!
//! Programs depend on the crate `pyaltt`, which re-exports everything here.
//!
//! ```
//! use pyaltt::FunctionCollection;
//!
//! let dump = FunctionCollection::new();
//! dump.add("cpus", || {
//!     println!("counting processors");
//!     1
//! })?;
//! dump.add("disks", || {
//!     println!("counting disks");
//!     2
//! })?;
//!
//! let results = dump.run(); // everything that the functions returned, by name
//! assert_eq!(results.get("cpus").and_then(|outcome| outcome.value()), Some(&1));
//! # Ok::<(), pyaltt::CollectionError>(())
//! ```
//!
//! # A dump
//!
//! Each module adds a function that returns the state of the module. [`Results`] holds an [`Outcome`] for each
//! function: its value, or that it failed, together with the error if
//! [`include_errors`](FunctionCollection::include_errors) is set.
//!
//! ```
//! use std::fs;
//! use std::time::Duration;
//! use pyaltt::FunctionCollection;
//!
//! let dump = FunctionCollection::new().include_errors(true).parallel(4)?;
//! dump.add("version", || "1.2".to_owned())?;
//! dump.add_result("settings", || fs::read_to_string("/no/such/file"))?;
//! dump.function("peer").time_limit(Duration::from_secs(5)).add(|| "fine".to_owned())?;
//!
//! for (name, outcome) in &dump.run() {
//!     match outcome.value() {
//!         Some(text) => println!("{name}: {text}"),
//!         None => println!("{name}: {:?}", outcome.error()),
//!     }
//! }
//! # Ok::<(), pyaltt::CollectionError>(())
//! ```
//!
//! # A shutdown
//!
//! With the feature `statics`, `collection!` declares a collection as a static, so every module can add what it has
//! to do at the end: by a call, or with `#[collect(SHUTDOWN)]` over a function. In another crate, that takes
//! `use that_crate as _;` in the program, because the linker leaves out a crate that nobody names.
//! [`on_run`](FunctionCollection::on_run) overrides what [`run`](FunctionCollection::run) does.
//!
//! ```
//! use pyaltt::{FunctionCollection, collection};
//!
//! collection! {
//!     /// Everything that has to be done before the program ends.
//!     pub static SHUTDOWN: FunctionCollection<()>;
//! }
//!
//! SHUTDOWN.on_error(|error| eprintln!("{error}"));
//! SHUTDOWN.on_run(|collection| {
//!     println!("Shutdown started");
//!     let (results, ok) = collection.execute();
//!     println!("Shutdown {}", if ok { "finished" } else { "failed" });
//!     results
//! });
//!
//! SHUTDOWN.function("stop the motor").priority(100).add(|| println!("motor stopped"))?;
//! SHUTDOWN.add("close the port", || println!("port closed"))?;
//! SHUTDOWN.run();
//! # Ok::<(), pyaltt::CollectionError>(())
//! ```
//!
//! # Panics
//!
//! Nothing here panics. A panic in one of your functions is caught and becomes [`CollectionError::Panicked`], unless
//! the program is built with `panic = "abort"`.

#![forbid(unsafe_code)]

mod collection;
mod error;
mod function;
mod inherited;
mod new_function;
mod outcome;
mod reentry;
mod report;
mod results;
mod run;
mod settings;
#[cfg(feature = "statics")]
mod statics;

pub use collection::FunctionCollection;
pub use error::CollectionError;
pub use new_function::NewFunction;
pub use outcome::Outcome;
pub use pyaltt_core::BoxError;
pub use results::{Iter, Results};
#[cfg(feature = "statics")]
pub use statics::StaticCollection;

/// The code that `#[collect]` expands to. Not for direct use, and not stable.
#[cfg(feature = "statics")]
#[doc(hidden)]
pub mod __private {
    pub use inventory;

    pub use crate::statics::{Collection, Mark, Registration, Returned, is_collection};
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
