//! Function collections: dump, shutdown, priorities, time limits, parallel runs.
//!
//! A [`FunctionCollection<T>`](crate::FunctionCollection) holds named functions, each of which returns a `T` or a
//! `Result<T, E>`, and runs them as one. The collection is a handle: clones are the same collection, every method takes
//! `&self`, and any thread may use it at any time, even a function that the collection is running.
//!
//! # A dump
//!
//! Each module adds a function that reports the module's state, and one call collects it all. The
//! [`Results`](crate::Results) have an [`Outcome`](crate::Outcome) for each function, by name, in the order of the
//! calls. A function that fails or panics does not keep the others from running. Its outcome is `Failed`, and has the
//! error if [`include_errors`](crate::FunctionCollection::include_errors) asks for it.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let dump = FunctionCollection::new().on_error(|error| eprintln!("{error}"));
//! dump.add("version", || "1.2".to_owned())?;
//! dump.add("broken", || panic!("no idea"))?;
//! dump.add_result("settings", || std::fs::read_to_string("/no/such/file"))?;
//!
//! let results = dump.include_errors(true).run();
//! assert_eq!(results.get("version").and_then(|outcome| outcome.value()).map(String::as_str), Some("1.2"));
//! let error = results.get("broken").and_then(|outcome| outcome.error()).ok_or("errors are included")?;
//! assert_eq!(error.to_string(), "function `broken` panicked: no idea");
//! assert_eq!(results.iter().filter(|(_, outcome)| outcome.is_ok()).count(), 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! Every fault is reported to [`on_error`](crate::FunctionCollection::on_error) as a
//! [`CollectionError`](crate::CollectionError), at once and on the thread where it happened; without a handler it is
//! logged, or printed to stderr if the program has no `tracing` subscriber. [`remove`](crate::FunctionCollection::remove) of an unknown name is such a fault. Adding a name twice is an
//! error of the call, because the names in a collection are unique.
//!
//! # A shutdown
//!
//! A shutdown first stops the workers that produce work, and then those that do it. Functions with higher priorities
//! run first, equal ones in the order in which they were added; the default is 0.
//! [`execute`](crate::FunctionCollection::execute) also says whether all of them succeeded.
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! let printer = queue(|page: u32, _cx| println!("page {page}")).start()?;
//! let pages = printer.queue().clone();
//! let writer = queue(move |page: u32, _cx| {
//!     pages.put(page)?;
//!     Ok::<_, BoxError>(())
//! })
//! .start()?;
//! (1..=3).try_for_each(|page| writer.put(page))?;
//!
//! let shutdown = FunctionCollection::new();
//! shutdown.function("printer").priority(10).add_result(move || printer.drain())?;
//! shutdown.function("writer").priority(20).add_result(move || writer.drain())?;
//!
//! let (exits, ok) = shutdown.execute();
//! assert!(ok);
//! let turns = exits.iter().filter_map(|(name, exit)| Some((name, exit.value()?.turns)));
//! assert_eq!(turns.collect::<Vec<_>>(), [("writer", 3), ("printer", 3)]);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! [`run`](crate::FunctionCollection::run) returns the results of `execute`, unless
//! [`on_run`](crate::FunctionCollection::on_run) replaces what it does. The replacement is given the collection and
//! usually executes it:
//!
//! ```
//! use std::sync::mpsc;
//! use pyaltt::prelude::*;
//!
//! let (log, lines) = mpsc::channel();
//! let shutdown = FunctionCollection::new();
//! shutdown.add("port", || ())?;
//! shutdown.on_run(move |collection| {
//!     let (results, ok) = collection.execute();
//!     let _ = log.send(if ok { "Shutdown finished" } else { "Shutdown failed" });
//!     results
//! });
//! shutdown.run();
//! assert_eq!(lines.try_recv()?, "Shutdown finished");
//! # Ok::<(), BoxError>(())
//! ```
//!
//! To reach one collection from every module, make it a static: see
//! [`collection!` and `#[collect]`](super::decorators#collection-and-collect). A function that another crate collects is
//! in it only if the program names that crate, as in `use that_crate as _;`: see
//! [functions of other crates](super::decorators#functions-of-other-crates).
//!
//! # Functions that run only once
//!
//! A function that joins a thread, or that drops what it has captured, can run only once.
//! [`add_once`](crate::FunctionCollection::add_once) takes it, and
//! [`add_once_result`](crate::FunctionCollection::add_once_result) if it returns a `Result`. The first run calls it; every later run does not, and says
//! so with [`AlreadyRan`](crate::CollectionError::AlreadyRan), as of any function that it could not call.
//!
//! ```
//! use std::thread;
//! use pyaltt::{CollectionError, prelude::*};
//!
//! let server = thread::spawn(|| "served");
//! let shutdown = FunctionCollection::new().include_errors(true);
//! shutdown.add_once_result("server", move || server.join().map_err(|_| "the server panicked"))?;
//!
//! assert_eq!(shutdown.run().get("server").and_then(|outcome| outcome.value()), Some(&"served"));
//! let again = shutdown.run();
//! let error = again.get("server").and_then(|outcome| outcome.error());
//! assert!(matches!(error, Some(CollectionError::AlreadyRan { .. })));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Inside a worker
//!
//! A worker's turn may run a collection. The threads that the run starts, for `parallel` and for time limits, belong to
//! that worker while they call its functions: a function that stops the worker, waits for it or drains it gets
//! [`StopError::FromWorker`](crate::StopError::FromWorker) at once, as it would on the worker's own thread, because the
//! worker waits for the function. A stop of the worker cuts their waits as it cuts those of its turns. So a shutdown that a
//! worker starts may stop all workers, itself among them, but itself last: after that, nothing in this turn can wait for
//! another.
//!
//! ```
//! use pyaltt::{StopError, prelude::*};
//!
//! collection! { static SHUTDOWN: FunctionCollection<()>; }
//!
//! let console = queue(|command: &str, _cx| {
//!     if command == "quit" {
//!         SHUTDOWN.run();
//!     }
//! })
//! .start()?;
//! let own = console.clone();
//! SHUTDOWN.parallel(2)?.add("log", || println!("log closed"))?;
//! SHUTDOWN.function("console").priority(-1).add_result(move || match own.stop() {
//!     Ok(_) | Err(StopError::FromWorker { .. }) => Ok(()), // either way it is told to
//!     Err(error) => Err(error),
//! })?;
//!
//! console.put("quit")?;
//! let exit = console.wait()?; // it was told to stop, and ends after this turn
//! assert_eq!(exit.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Time limits
//!
//! A function may hang. With a [`time_limit`](crate::NewFunction::time_limit) it is called on a thread of its own, and
//! is left behind there when its time is over: the outcome is
//! [`TimedOut`](crate::CollectionError::TimedOut), and the run continues with the next function. Until that call
//! returns, further runs do not call the function but report
//! [`StillRunning`](crate::CollectionError::StillRunning), so a function that hangs costs one thread, however often the
//! collection runs. There is no limit by default.
//!
//! ```
//! use std::sync::{Mutex, mpsc};
//! use std::time::Duration;
//! use pyaltt::{CollectionError, prelude::*};
//!
//! let (release, held) = mpsc::channel::<()>();
//! let held = Mutex::new(held);
//! let dump = FunctionCollection::new().include_errors(true);
//! dump.function("hangs").time_limit(Duration::from_millis(1)).add(move || {
//!     let _ = held.lock().map(|held| held.recv());
//! })?;
//! dump.add("after", || ())?;
//!
//! for run in 1..=2 {
//!     let results = dump.run();
//!     let error = results.get("hangs").and_then(|outcome| outcome.error());
//!     match run {
//!         1 => assert!(matches!(error, Some(CollectionError::TimedOut { .. }))),
//!         _ => assert!(matches!(error, Some(CollectionError::StillRunning { .. }))),
//!     }
//!     assert!(results.get("after").is_some_and(|outcome| outcome.is_ok()));
//! }
//! drop(release);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Parallel runs
//!
//! [`parallel(n)`](crate::FunctionCollection::parallel), from 1 to 1024 with 1 as the default, runs `n` functions at
//! once: on the thread that runs the collection, and on `n - 1` threads that live for the run. Functions start in the
//! order of their priorities and may end in any order; the results are in the order of the starts.
//!
//! ```
//! use std::sync::{Arc, Barrier};
//! use pyaltt::prelude::*;
//!
//! // Neither of the two returns before the other has begun.
//! let both = Arc::new(Barrier::new(2));
//! let dump = FunctionCollection::new().parallel(2)?;
//! for name in ["cpu", "disk"] {
//!     let both = Arc::clone(&both);
//!     dump.add(name, move || both.wait().is_leader())?;
//! }
//! assert_eq!(dump.run().names().collect::<Vec<_>>(), ["cpu", "disk"]);
//! assert!(dump.parallel(0).is_err());
//! # Ok::<(), BoxError>(())
//! ```
