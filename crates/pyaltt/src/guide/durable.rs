//! Queues that last: tasks that outlive their process, kept in a SQLite file.
//!
//! The queue of a worker is in memory, and what is pending in it ends with the process. A durable queue keeps its tasks in
//! a file. They survive a crash, a kill, a power cut and a deploy, they wait for their time, they are tried again when they
//! fail, and any number of processes of one machine share them. No server has to be installed. It is for work that must
//! not be forgotten: mail to send, orders to confirm, readings to upload when the link is back. For several machines the same
//! queue can be in PostgreSQL: the chapter `engines` says what is different there.
//!
//! It costs a write to the disk for each put, and another one for what became of the task. A worker that handles
//! thousands of events a second, of which nobody misses one, is better off with a queue in memory.
//!
//! # A first program
//!
//! ```toml
//! [dependencies]
//! pyaltt = { version = "0.1", features = ["sqlite"] }
//! serde = { version = "1", features = ["derive"] }
//! ```
//!
//! ```
//! use pyaltt::prelude::*;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Letter {
//!     to: String,
//!     text: String,
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! # /*
//! let path = "tasks.db";
//! # */
//! let mail: Durable<Letter> = Sqlite::open(path)?.queue("mail").build()?;
//! let id = mail.put(Letter { to: "Ann".into(), text: "dear Ann".into() })?; // on the disk when this returns
//!
//! let postman = queue(|letter: Letter, _cx| println!("to {}: {}", letter.to, letter.text))
//!     .queue(mail.clone())
//!     .start()?;
//! postman.drain()?;
//! assert_eq!(mail.find(id)?, None); // nothing is kept of a task that is done
//! # Ok::<(), BoxError>(())
//! ```
//!
//! Everything that this guide says of [queue workers](super::queues) holds, and a worker takes tasks one by one, in order.
//! [What is different](super::queues#leased-queues) follows from other processes having their hands in the same queue. A
//! process can put without a worker, and its clones of a [`Durable`](crate::Durable) are the same queue. Nothing is taken
//! in advance: no task waits behind a long turn while another worker, of whatever process, is idle.
//!
//! # What is promised
//!
//! - **A task whose put returned `Ok` is in the file**, and is never lost. It runs until a turn is done with it or its
//!   attempts are used up, and then it is kept as a [dead task](super::operating#dead-tasks).
//! - **It runs at least once.** It runs more than once when a turn failed, or in the cases of the table below.
//! - **A turn may take as long as it likes.** While its process runs and can write to the file, nobody else is given the task.
//! - **The tasks of a dead process run again**: at once when the program is started again, and otherwise at the next look of
//!   another process, within half of a [lease](#leases-and-poison).
//! - **What a worker does not understand is not dropped.** A newer [version](#versions-and-kinds) waits, and what cannot be
//!   read is a dead task with its bytes intact.
//!
//! | a second run without a failure | its sign |
//! | --- | --- |
//! | the process died in the turn, or after it and before its end was in the file, which is a matter of milliseconds | `attempt` and `crashes` of [`TaskInfo`](crate::TaskInfo) are one more |
//! | the process stood still for longer than its lease (SIGSTOP, a debugger), so another one has the task | the same; the first turn sees [`is_lost`](crate::Context::is_lost), and its end changes nothing |
//! | the file could not be written for longer than the lease (a full disk, a lock), while a turn ran | the same |
//! | `main` returned while the file could not be written, for longer than [`exit_patience`](crate::durable::DurableBuilder::exit_patience), 10 s | the same, and [`Exit::unsettled`](crate::Exit) was not 0 |
//! | an [uncertain put](#when-a-put-fails) was repeated after its task was done | a new task with the same id |
//!
//! [`QueueStats::repeats`](crate::durable::RepeatCounts) counts them.
//!
//! # A handler that may run twice
//!
//! So a handler has to be *idempotent*: running it again must do no harm. The id of the task stays the same over all
//! attempts, and makes that easy in most cases:
//!
//! - Give the id to whoever does the work, as the key of the request, where it takes such keys.
//! - Write the id into the same transaction as the effect, in a column that is unique. If it is there, all is done.
//! - Make the effect a single step that can be repeated. This one prints into a file under a name of its own, and a
//!   rename is all or nothing:
//!
//! ```
//! use std::{fs, io, path::Path};
//! use pyaltt::{TaskId, prelude::*};
//!
//! fn print(page: &str, id: TaskId, printed: &Path) -> io::Result<()> {
//!     let part = printed.join(format!("{id}.part")); // an attempt that died may have left one
//!     fs::write(&part, page)?;
//!     fs::rename(part, printed.join(format!("{id}.txt")))
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let (path, printed) = (folder.path().join("tasks.db"), folder.path().to_owned());
//! let pages: Durable<String> = Sqlite::open(path)?.queue("pages").build()?;
//! let printer = queue(move |page: String, cx| match cx.task() {
//!     Some(task) => print(&page, task.id, &printed),
//!     None => Ok(()), // not a durable queue
//! })
//! .queue(pages.clone())
//! .start()?;
//! let id = pages.put("page 1".into())?;
//! printer.drain()?;
//! # assert!(folder.path().join(format!("{id}.txt")).exists());
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # When a turn fails
//!
//! A turn that returns an error or panics has failed its task, not its run: the worker goes on without an `on_error`. The
//! queue tries the task again, by its [`Retry`](crate::Retry), and keeps the last ten errors with it. The defaults are five
//! attempts, after waits of 1, 2, 4 and 8 seconds, each up to 25 % shorter or longer. The turn can say more:
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::{give_up, later, prelude::*, retry_after};
//!
//! const HOUR: Duration = Duration::from_secs(3600);
//!
//! fn deliver(address: &str) -> Result<(), BoxError> {
//!     match address {
//!         "nowhere" => Err(give_up("no such address")),            // dead at once
//!         "a full box" => Err(retry_after(HOUR, "no room")),       // an attempt that failed; the next one is in an hour
//!         "a closed office" => Err(later(HOUR)),                   // no attempt, no error: it comes again in an hour
//!         "a bad road" => Err("no way through".into()),            // by the policy
//!         _ => Ok(()),
//!     }
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let mail: Durable<String> = Sqlite::open(path)?
//!     .queue("mail")
//!     .retry(Retry::exponential(Duration::from_secs(10)).max_delay(HOUR).attempts(8))
//!     .build()?;
//! let addresses = ["Ann", "nowhere", "a full box", "a closed office", "a bad road"].map(String::from);
//! mail.put_many(addresses.to_vec())?;
//! queue(|address: String, _cx| deliver(&address)).queue(mail.clone()).start()?.drain()?;
//! let stats = mail.stats()?;
//! assert_eq!((stats.dead, stats.delayed), (1, 3));
//! # Ok::<(), BoxError>(())
//! ```
//!
//! [`Retry::when`](crate::Retry::when) decides by the error, for errors of others that know nothing of `give_up`:
//!
//! ```
//! use pyaltt::durable::Verdict;
//! use pyaltt::{Retry, WorkerErrorKind};
//!
//! let retry = Retry::default().when(|error, _task| match error.kind() {
//!     WorkerErrorKind::Failed(error) if error.is::<std::num::ParseIntError>() => Verdict::Dead,
//!     _ => Verdict::Retry,
//! });
//! # drop(retry);
//! ```
//!
//! The policy is that of the process that runs the attempt. A producer can give a task its own number of
//! [attempts](crate::Put::attempts).
//!
//! # Time, order and keys
//!
//! [`put_with`](crate::Durable::put_with) takes a [`Put`](crate::Put):
//!
//! | option | what it does | default |
//! | --- | --- | --- |
//! | [`delay(d)`](crate::Put::delay), [`at(time)`](crate::Put::at) | makes the task wait in the file, for however long | ready at once |
//! | [`priority(p)`](crate::Put::priority) | lets it overtake lower levels | [`Priority::Normal`](crate::Priority::Normal) |
//! | [`unique(key)`](crate::Put::unique) | stores it only if no task with this key waits or runs | no key |
//! | [`replace()`](crate::Put::replace) | with `unique`: the waiting task takes this payload and time | the waiting one stays as it is |
//! | [`attempts(n)`](crate::Put::attempts) | how many attempts it has | those of the `Retry` |
//! | [`header(name, value)`](crate::Put::header) | goes with the task, for traces | none |
//! | [`patience(d)`](crate::Put::patience) | how long to try while the file cannot be written | not again |
//! | [`id(id)`](crate::Put::id) | the id, so that the put can be repeated | a fresh one, in order of time |
//!
//! **Order.** Within a level, tasks are taken in the order in which they became ready: a task that was delayed or failed
//! goes behind those that are ready. Several workers take at once, so they may end in another order.
//!
//! **Levels** are strict, but for one task in 16 that a process takes by age, whatever its level. So nothing starves, however many
//! urgent tasks come. [`fair_share(n)`](crate::durable::DurableBuilder::fair_share) sets that number; 0 makes levels strict.
//!
//! **Keys** are a part of the task: a key is free as soon as its task is done, dead or cancelled, and never before.
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::{Placed, Priority, prelude::*};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let jobs: Durable<String> = Sqlite::open(path)?.queue("jobs").build()?;
//! jobs.put_with("sweep the floor".into(), Put::new().priority(Priority::Low))?;
//! jobs.put_with("put out the fire".into(), Put::new().priority(Priority::Urgent))?;
//!
//! // Ten changes of a page within a minute index it once, with what it says then.
//! let soon = Put::new().unique("index of page 7").replace().delay(Duration::from_secs(60));
//! let first = jobs.put_with("index version 1".into(), soon.clone())?;
//! assert_eq!(jobs.put_with("index version 2".into(), soon)?, Placed::Replaced(first.id()));
//!
//! let (done, order) = std::sync::mpsc::channel();
//! queue(move |job: String, _cx| done.send(job)).queue(jobs.clone()).start()?.drain()?;
//! assert_eq!(order.iter().collect::<Vec<_>>(), ["put out the fire", "sweep the floor"]);
//! assert_eq!(jobs.stats()?.delayed, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # What a turn can ask
//!
//! [`cx.task()`](crate::Context::task) has the id, the attempt, how many there are in all, and the headers. A turn with
//! effects that matter looks at [`cx.is_lost()`](crate::Context::is_lost), which is one atomic load: once it is true, somebody else
//! may have the task, or it was [cancelled](crate::Durable::cancel), and nothing that this turn returns has an effect.
//!
//! ```
//! use std::sync::mpsc;
//! use pyaltt::{durable::Cancelled, prelude::*};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let films: Durable<String> = Sqlite::open(path)?.queue("films").build()?;
//! let (frames, seen) = mpsc::channel();
//! let cutter = queue(move |_film: String, cx| {
//!     while !cx.is_lost() {
//!         let _ = frames.send(()); // the next frame
//!     }
//! })
//! .queue(films.clone())
//! .start()?;
//!
//! let id = films.put("the long one".into())?;
//! seen.recv()?; // it runs
//! assert_eq!(films.cancel(id)?, Cancelled::Running);
//! cutter.stop()?; // after the turn, which ends at once
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Batches
//!
//! Small tasks cost most of their time in the file. [`batch`](crate::batch) takes up to so many at once and settles them
//! together, in one transaction, and [`put_many`](crate::Durable::put_many) puts many, all or none. Puts of several threads at the
//! same time become one transaction by themselves. A batch that fails comes again task by task, so that a bad one does
//! not take the others with it:
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::{batch, prelude::*};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let rows: Durable<u32> = Sqlite::open(path)?.queue("rows").retry(Retry::none()).build()?;
//! rows.put_many((1..=100).collect())?;
//! let table = batch(50, Duration::ZERO, |rows: Vec<u32>, _cx| {
//!     if rows.contains(&13) { Err("no row 13") } else { Ok(()) }
//! })
//! .queue(rows.clone())
//! .start()?;
//! table.drain()?;
//! let stats = rows.stats()?;
//! assert_eq!((stats.dead, stats.ready, stats.delayed), (1, [0; 4], 0)); // only row 13
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Versions and kinds
//!
//! In a rolling deploy the old program and the new one use the same queue. Each says which version of its tasks it
//! knows. A worker does not take a newer one: it waits in the file, unharmed, for a worker that knows it. An older one
//! is taken, and `upgrade` makes the current version of it:
//!
//! ```
//! use pyaltt::prelude::*;
//! use serde_json::json;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let file = Sqlite::open(path)?;
//! let old: Durable<String> = file.queue("mail").kind("letter").version(1).build()?;
//! old.put("Ann".into())?;
//!
//! // Version 2 has a number of copies as well.
//! let new: Durable<(String, u32)> = file
//!     .queue("mail")
//!     .kind("letter")
//!     .version(2)
//!     .upgrade(|version, json| Ok(if version == 1 { json!([json, 1]) } else { json }))
//!     .build()?;
//! new.put(("Bert".into(), 3))?;
//!
//! let old_postman = queue(|name: String, _cx| assert_eq!(name, "Ann")).queue(old).start()?;
//! old_postman.drain()?; // the letter to Bert is not for it
//! assert_eq!(new.stats()?.ready.iter().sum::<u64>(), 1);
//! let postman = queue(|(name, copies), _cx| println!("{copies} for {name}")).queue(new.clone()).start()?;
//! assert_eq!(postman.drain()?.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! A field that an old program can do without needs no new version: `#[serde(default)]` is enough. A
//! [kind](crate::durable::DurableBuilder::kind) says what the tasks are. Workers of one queue with different kinds take only
//! their own.
//!
//! # Stopping
//!
//! A stop needs nothing from the file. It waits for the turn, and then for at most 100 ms for what became of the task to be
//! written; [`Exit::unsettled`](crate::Exit) says how many such writes were still under way. They go on by themselves, and when
//! `main` returns the process waits for them. So a service that stops its workers at SIGTERM runs nothing twice. Tasks
//! that were handed to a worker and had no turn go back to their old places.
//!
//! # Leases and poison
//!
//! A process that takes tasks has a *lease*, of 30 s by default, and renews it while it has tasks in hand. One lease
//! is for all its tasks, however long they take. On Unix the death of a process is seen without it, by a file that the
//! process has locked. The lease is for what does not die: a process that stands still.
//!
//! The death of its process counts as an attempt of a task. One that was lost with its process twice runs alone from
//! then on, with nothing else in the hands of that process. So a task that kills its process ends as a dead task, and
//! takes no other with it.
//!
//! # When a put fails
//!
//! The error has the task, and its [`kind`](crate::PutError::kind) says whether it is stored:
//!
//! | kind | is it stored? | what to do |
//! | --- | --- | --- |
//! | [`Unavailable`](crate::PutErrorKind::Unavailable) | no: the file is locked, gone, or its disk is full | try later, or let [`patience`](crate::Put::patience) do so |
//! | [`Uncertain`](crate::PutErrorKind::Uncertain) | perhaps: the write has failed half-way | [`put_again`](crate::Durable::put_again): the same id is stored once |
//! | [`Rejected`](crate::PutErrorKind::Rejected) | no: it is longer than [`max_body`](crate::durable::DurableBuilder::max_body), 1 MiB, or cannot be encoded | mend the program |
//! | [`Stopping`](crate::PutErrorKind::Stopping) | no: the worker whose turn puts is told to stop | return the error |
//! | [`Duplicate`](crate::PutErrorKind::Duplicate) | no: for queues of others; a `Durable` answers [`Placed::Existing`](crate::Placed::Existing) | |
//!
//! Its text has the [reason](crate::PutError::reason), such as a full disk. An id of your own makes a put idempotent as well, whatever happens to its caller:
//!
//! ```
//! use pyaltt::{PutErrorKind, TaskId, prelude::*};
//!
//! fn order(orders: &Durable<String>, order: String) -> Result<TaskId, PutError<String>> {
//!     let mut put = orders.put(order);
//!     while let Err(error) = put {
//!         match error.kind() {
//!             PutErrorKind::Uncertain => put = orders.put_again(error),
//!             _ => return Err(error),
//!         }
//!     }
//!     put
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let orders = Sqlite::open(path)?.queue("orders").max_body(100).build()?;
//! order(&orders, "ten screws".into())?;
//! let error = order(&orders, "screws ".repeat(100)).unwrap_err();
//! assert_eq!(error.kind(), PutErrorKind::Rejected);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Which settings keep the promise
//!
//! The library sets what it needs: the write-ahead log, and a sync of the disk at each commit. The file has to be on a
//! local file system, and the disk has to do what it says. `build` checks the settings and logs what breaks the promise.
//! With [`require_durable(true)`](crate::durable::DurableBuilder::require_durable) it refuses to build such a queue. The engine in
//! memory, which is for tests, is one:
//!
//! ```
//! use pyaltt::durable::{MemoryStore, QueueErrorKind};
//!
//! let error = MemoryStore::default().queue("mail").require_durable(true).build::<String>().unwrap_err();
//! assert_eq!(error.kind(), QueueErrorKind::NotDurable);
//! ```
//!
//! # What it does not do
//!
//! - Run a task exactly once: no queue can, together with the effects of a turn.
//! - Keep results or progress. A turn puts them where they belong, or puts a task into another queue.
//! - Share a file between machines: it belongs to one. A queue in PostgreSQL is shared.
//! - Start tasks by a calendar, chain them into workflows, limit their rate, compress or encrypt them (a
//!   [`Codec`](crate::durable::Codec) of your own can do the last two).
//! - Serve async code directly: a put blocks its thread for the time of a write.
//!
//! # An engine of your own
//!
//! Everything above, but the file, is the same for all engines. An engine is an implementation of
//! [`Engine`](crate::durable::engine::Engine), nine calls that are one transaction each, and of
//! [`Bell`](crate::durable::engine::Bell), by which it wakes an idle process. [`DurableBuilder::new`](crate::durable::DurableBuilder::new)
//! makes queues of it:
//!
//! ```
//! use pyaltt::durable::{DurableBuilder, MemoryStore};
//! use pyaltt::prelude::*;
//!
//! let store = MemoryStore::default(); // in its place, your own
//! let open = move || Ok(Box::new(store.engine()) as _);
//! let mail: Durable<String> = DurableBuilder::new("mail", open).build()?;
//! mail.put("dear Sir".into())?;
//! # Ok::<(), BoxError>(())
//! ```
//!
//! The crate `pyaltt-durable` has a suite that says whether it keeps the contract: cases for each failure that is known,
//! and random operations whose answers have to be those of the engine in memory. It is a feature for development:
//!
//! ```toml
//! [dev-dependencies]
//! pyaltt-durable = { version = "0.1", features = ["conformance"] }
//! ```
//!
//! ```
//! # use pyaltt::durable::MemoryStore;
//! // tests/suite.rs: a function that makes an empty store, and of it any number of connections.
//! fn fresh() -> impl pyaltt_durable::conformance::Subject {
//!     let store = MemoryStore::default();
//!     move || store.engine()
//! }
//!
//! pyaltt_durable::conformance_tests!(fresh);
//! ```
