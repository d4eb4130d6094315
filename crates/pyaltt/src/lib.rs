//! Background workers for plain threaded Rust.
//!
//! A *worker* is a value that takes turns on a thread of its own: by the clock, for each task that is put into its
//! queue, or whenever its event is set. The program holds a *handle*, which starts the worker, stops it, waits for its
//! end and says how it ended. A stop wakes the worker at once and loses nothing that is queued, and an error or a panic
//! in a turn ends one run at most, never the program. With a policy for restarts, the worker then runs again by itself.
//!
//! # A tour
//!
//! A looped worker takes a turn when the clock says so, here on an exact grid of 1 ms. It stops when its function
//! returns `false`, or when the program tells it to:
//!
//! ```
//! use std::time::Duration;
//!
//! let hello = pyaltt::looped(|_tick, cx| {
//!     println!("I'm a worker {}, turn {}", cx.name(), cx.turn_number());
//!     cx.turn_number() < 3
//! })
//! .name("hello")
//! .interval(Duration::from_millis(1))
//! .start()?;
//! assert_eq!(hello.wait()?.turns, 3);
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
//!
//! A queue worker takes a turn for each task. `stop` ends it after the current turn and leaves the rest in the queue;
//! `drain` ends it after everything that was put:
//!
//! ```
//! let mail = pyaltt::queue(|letter: &str, _cx| println!("delivered: {letter}")).start()?;
//! mail.put("dear Sir")?;
//! mail.put("dear Madam")?;
//! assert_eq!(mail.drain()?.turns, 2);
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
//!
//! An event worker takes a turn when it was triggered, and is told how often:
//!
//! ```
//! let alarm = pyaltt::event(|trigger, _cx| {
//!     println!("{} alarms", trigger.count);
//!     false // one turn is enough here
//! })
//! .start()?;
//! alarm.trigger();
//! assert_eq!(alarm.wait()?.turns, 1);
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
//!
//! A function collection runs a pack of functions as one. None of them keeps the others from running:
//!
//! ```
//! let dump = pyaltt::FunctionCollection::new();
//! dump.add("threads", || 4)?;
//! dump.add_result("port", || "8080".parse::<i32>())?;
//! let (results, ok) = dump.execute();
//! assert!(ok);
//! assert_eq!(results.get("port").and_then(|outcome| outcome.value()), Some(&8080));
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
//!
//! With the feature `sqlite`, a queue can be in a file. Its tasks outlive the process, are tried again when they fail, and
//! are shared by all processes that open the file:
//!
#![cfg_attr(feature = "sqlite", doc = "```")]
#![cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
//! use pyaltt::{Durable, Sqlite};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let orders: Durable<String> = Sqlite::open(&path)?.queue("orders").build()?;
//! orders.put("two coffees".to_owned())?; // on the disk when this returns
//! let waiter = pyaltt::queue(|order: String, _cx| println!("{order}")).queue(orders).start()?;
//! assert_eq!(waiter.drain()?.turns, 1);
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
//!
//! A supervisor makes a program of workers: it starts them in order, and ends them in reverse when the process is told to
//! end, with a report of how each did. Here the one worker ends by itself:
//!
//! ```
//! use pyaltt::Supervisor;
//!
//! let clock = pyaltt::looped(|tick, _cx| tick.index < 2).name("clock").build()?;
//! # #[cfg(feature = "signals")]
//! let report = Supervisor::new().name("gateway").add(&clock).run_until_signal()?;
//! # #[cfg(not(feature = "signals"))]
//! # let report = Supervisor::new().name("gateway").add(&clock).run()?;
//! println!("{report}"); // gateway: all members have ended
//! assert_eq!(report.exit_code(), 0);
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
//!
//! Most programs need only the names of `use pyaltt::prelude::*`.
//!
//! # The guide
//!
//! | chapter | what it explains |
//! | --- | --- |
//! | [`guide::looped`] | delays and intervals, missed ticks, strategies, statistics, a ticker without a worker |
//! | [`guide::timing`] | which strategy to use, what it costs, and how exact it is |
//! | [`guide::queues`] | orders, bounds, overflow, external queues, and who owns a task when |
#![cfg_attr(
    feature = "sqlite",
    doc = "| [`guide::durable`] | tasks that outlive the process: retries, keys, versions, what is promised |"
)]
#![cfg_attr(
    feature = "sqlite",
    doc = "| [`guide::operating`] | running durable queues: files, backups, dead tasks, deploys |"
)]
#![cfg_attr(
    all(feature = "postgres", feature = "sqlite"),
    doc = "| [`guide::engines`] | which engine: memory, SQLite or PostgreSQL, what each costs, and what a death means |"
)]
#![cfg_attr(
    not(all(feature = "postgres", feature = "sqlite")),
    doc = "| `guide::engines` | with the features `sqlite` and `postgres`: which engine |"
)]
#![cfg_attr(
    not(feature = "sqlite"),
    doc = "| `guide::durable` | with the feature `sqlite`: tasks that outlive the process |"
)]
#![cfg_attr(
    not(feature = "sqlite"),
    doc = "| `guide::operating` | with the feature `sqlite`: running durable queues |"
)]
//! | [`guide::asking`] | answers to tasks: for threads, in a `select!`, in async code; when none comes |
//! | [`guide::events`] | triggers, shared events, what happens to triggers that nobody waits for |
//! | [`guide::writing_workers`] | the trait [`Worker`], its hooks, custom loops, factories, the [`Context`] |
//! | [`guide::lifecycle`] | starting, stopping, waiting, pausing; daemons; handles; stop tokens |
//! | [`guide::restart`] | workers that run again by themselves: backoff, budgets, devices that come and go |
//! | [`guide::programs`] | programs of workers: an ordered start and end, restarts together, signals, reports |
//! | [`guide::systemd`] | a program as a service of systemd: readiness, status, reload, watchdog |
//! | [`guide::errors`] | failing turns, panics, every error type and what to do about it, logging |
//! | [`guide::faults`] | panics, hung turns, a start without a thread, signals: what happens and what to do |
//! | [`guide::platforms`] | what each feature does on Linux, macOS, Windows and elsewhere |
//! | [`guide::decorators`] | `#[background_worker]`, `#[collect]` and `collection!` |
//! | [`guide::collections`] | dump and shutdown, priorities, time limits, parallel runs |
//! | [`guide::testing`] | tests of timed workers that never sleep |
//! | [`guide::from_python`] | the Python library `pyaltt` beside this crate, row by row |
//! | [`guide::from_0_1`] | what to change in a program that uses version 0.1 |
//!
//! # Examples
//!
//! The directory `examples/examples` of the repository has one short program for each concept, and one larger one,
//! the quickstart. Each asserts its own outcome: `cargo run -p pyaltt-examples --example quickstart`.
//!
//! # Features
//!
//! | feature | default | what it brings | what it costs |
//! | --- | --- | --- | --- |
//! | `macros` | on | `#[background_worker]` | the build of `syn` and `quote` |
//! | `statics` | on | `collection!` and `#[collect]`, with `macros` | the crate `inventory`, some code before `main` |
//! | `sched` | on | [`Sched`]: scheduling policy, affinity, memory locks of a worker's thread | the crate `thread-priority` |
//! | `histograms` | on | percentiles in [`Stats`] | the crate `hdrhistogram`, some 30 KiB a looped worker |
//! | `signals` | on | [`Supervisor::run_until_signal`] and its kin, and `wait_for_signal`: Ctrl-C and SIGTERM, on Unix | the crate `nix` |
//! | `systemd` | off | `Supervisor::systemd`, on Linux: readiness, status and watchdog | nothing to speak of |
//! | `sqlite` | off | `Sqlite`: durable queues in a file; turns `durable` on | SQLite, built from source: half a minute and a C compiler |
//! | `postgres` | off | `Postgres`: durable queues in PostgreSQL; turns `durable` on | the crate postgres, with tokio in it |
//! | `durable` | off | `Durable` and the module `durable`, without an engine that lasts | the crates `serde_json` and `uuid` |
//! | `test-util` | off | `ManualClock`, a clock that moves only when it is told to; [`guide::testing`] shows its use | belongs in `[dev-dependencies]` |
//!
//! Without the default features a worker of any kind, its queue and its timing are all there.
//!
//! # Platforms
//!
//! The crate needs threads and a C library, and works on Linux, macOS, Windows and other systems that have both.
//! [`guide::platforms`] says what each feature does where, and which of it is tested.

#[cfg(feature = "macros")]
mod decorated;
#[cfg(feature = "durable")]
pub mod durable;
pub mod group;
pub mod guide;
pub mod leased;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod prelude;
#[cfg(feature = "sched")]
pub mod sched;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod timing;

// Collections.
pub use pyaltt_collection::{CollectionError, FunctionCollection, NewFunction, Outcome, Results};
#[cfg(feature = "statics")]
pub use pyaltt_collection::{StaticCollection, collection};
// Workers: the three kinds, their handles and their builders.
pub use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Batch, Builder, Event, EventBuilder,
    Handle, LoopedBuilder, Overflow, Queue, QueueBuilder, Start, TaskQueue, Trigger, Waker, WeakHandle,
    batch, event, event_from, looped, looped_from, queue, queue_from,
};
// What a worker is, and what it meets on its thread.
pub use pyaltt_core::{Context, Flow, Inbox, IntoTurn, NoTask, StopToken, Turn, Worker, done};
// Questions and answers.
pub use pyaltt_core::{AskError, AskFuture, Reply, ReplyTo, reply};
// The ends of other workers.
pub use pyaltt_core::{Ended, Exits, WaitError, Watch, wait_all, wait_any};
// Futures, and who waits for whom.
pub use pyaltt_core::{EndFuture, PutFuture, WaitingOn, WaitsFor};
// The end of the process.
pub use pyaltt_core::exit;
#[cfg(all(unix, feature = "signals"))]
pub use pyaltt_core::{Signal, wait_for_signal};
// Programs of workers. The rest of what one can be asked for is in `group`.
pub use pyaltt_group::{
    Child, EndedBy, GroupError, GroupEvent, MemberOutcome, Report, Supervision, Supervisor,
};
// How a run goes and ends.
/// The crate whose channels can be queues of workers, in the version that fits.
pub use pyaltt_core::crossbeam_channel;
pub use pyaltt_core::{Backoff, Restart};
pub use pyaltt_core::{
    BoxError, BuildError, Exit, ExitDetails, ExitReason, Panic, PutError, PutErrorKind, StartError, State,
    Stats, StopError, Then, WorkerError, WorkerErrorKind,
};
// Leased queues. What only those need who write one is in `leased`.
pub use pyaltt_core::{Priority, TaskId, TaskInfo, give_up, later, retry_after};
#[cfg(feature = "macros")]
pub use pyaltt_macros::background_worker;
#[cfg(feature = "statics")]
pub use pyaltt_macros::collect;
// Durable queues: what most programs name; the rest is in `durable`, `sqlite` and `postgres`.
#[cfg(feature = "durable")]
pub use pyaltt_durable::{Durable, Placed, Put, Retry};
#[cfg(feature = "postgres")]
pub use pyaltt_postgres::Postgres;
#[cfg(feature = "sqlite")]
pub use pyaltt_sqlite::Sqlite;
// What most timed programs name; the rest is in `timing` and `sched`.
#[cfg(feature = "sched")]
pub use pyaltt_sched::Sched;
pub use pyaltt_timing::{MissedTick, Tick, Ticker};

// The names that stood at the root in 0.1, so that programs can move to `timing` and `sched` in their own time.
#[cfg(feature = "sched")]
#[doc(hidden)]
pub use pyaltt_sched::{RtFeature, RtItem, RtOutcome, RtReport, SchedError};
#[cfg(feature = "test-util")]
#[doc(hidden)]
pub use pyaltt_timing::ManualClock;
#[doc(hidden)]
pub use pyaltt_timing::{
    Clock, Gate, Poll, Precise, Profile, Realtime, Schedule, Stopper, Strategy, Summary, SystemClock,
    TimingError, Waited,
};

/// What the code that the macros generate needs. Not for use by hand, and not stable.
#[cfg(feature = "macros")]
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "statics")]
    pub use pyaltt_collection::__private::*;

    pub use pyaltt_group::Child;

    pub use crate::decorated::{
        Decorated, FunctionWorker, HandleOf, Lazy, Looped, Queued, Triggered, build_event, build_looped,
        build_queue,
    };
}

/// The README's examples, as tests. One of them needs the feature.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
