//! A pack of functions that runs as one: dump what every module knows, shut everything down.
//!
//! A [`FunctionCollection`] holds named functions and runs them all. A function that fails or panics never
//! keeps the others from running, nor does one that hangs, if it has a time limit.
//!
//! ```
//! use pyaltt_collection::FunctionCollection;
//!
//! let fc = FunctionCollection::new();
//! fc.add("f1", || {
//!     println!("I am function 1");
//!     1
//! })?;
//! fc.add("f2", || {
//!     println!("I am function 2");
//!     2
//! })?;
//!
//! let results = fc.run(); // all that the functions returned, by name
//! assert_eq!(results.get("f1").and_then(|outcome| outcome.value()), Some(&1));
//! # Ok::<(), pyaltt_collection::CollectionError>(())
//! ```
//!
//! # A dump
//!
//! Each module adds a function that tells what the module knows. [`Results`] holds an [`Outcome`] for each:
//! its value, or that it failed, with the error if [`include_errors`](FunctionCollection::include_errors)
//! asks for it.
//!
//! ```
//! use std::fs;
//! use std::time::Duration;
//! use pyaltt_collection::FunctionCollection;
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
//! # Ok::<(), pyaltt_collection::CollectionError>(())
//! ```
//!
//! # A shutdown
//!
//! [`collection!`] declares a collection as a static, to which every module adds what it has to do at the
//! end; with the `pyaltt` crate `#[collect(SHUTDOWN)]` over a function is enough.
//! [`on_run`](FunctionCollection::on_run) overrides what [`run`](FunctionCollection::run) does.
//!
//! ```
//! use pyaltt_collection::{FunctionCollection, collection};
//!
//! collection! {
//!     /// Everything that has to be done before the program ends.
//!     pub static SHUTDOWN: FunctionCollection<()>;
//! }
//!
//! SHUTDOWN.on_error(|error| eprintln!("{error}"));
//! SHUTDOWN.on_run(|fc| {
//!     println!("Shutdown started");
//!     let (results, ok) = fc.execute();
//!     println!("Shutdown {}", if ok { "finished" } else { "failed" });
//!     results
//! });
//!
//! SHUTDOWN.function("stop the motor").priority(100).add(|| println!("motor stopped"))?;
//! SHUTDOWN.add("close the port", || println!("port closed"))?;
//! SHUTDOWN.run();
//! # Ok::<(), pyaltt_collection::CollectionError>(())
//! ```
//!
//! # Panics
//!
//! Nothing here panics. Panics of your functions are caught and become [`CollectionError::Panicked`], unless
//! the program is built with `panic = "abort"`.

#![forbid(unsafe_code)]

mod collection;
mod error;
mod function;
mod guard;
mod nest;
mod outcome;
mod registry;
mod results;
mod run;
mod settings;
mod statics;

pub use crate::collection::FunctionCollection;
pub use crate::error::{BoxError, CollectionError};
pub use crate::function::NewFunction;
pub use crate::outcome::Outcome;
pub use crate::results::{Iter, Results};
pub use crate::statics::StaticCollection;

/// What `#[collect]` expands to; not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use inventory;

    pub use crate::registry::{Collection, Mark, Registration, Returned, is_collection};
}
