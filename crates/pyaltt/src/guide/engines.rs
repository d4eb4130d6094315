//! Which engine: memory, a SQLite file, or PostgreSQL; what each costs, and what a death or a pooler means in each.
//!
//! The engine is chosen by one line. The worker, the handler and everything in [queues that last](super::durable) stay as they
//! are, so a program can begin with a file and move to a server later:
//!
//! ```
//! use pyaltt::prelude::*;
//! use pyaltt::Postgres;
//!
//! fn run(letters: Queue<String>) -> Result<u64, BoxError> {
//!     let postman = queue(|letter: String, _cx| println!("{letter}")).queue(letters).start()?;
//!     postman.put("dear Sir".into())?;
//!     Ok(postman.drain()?.turns)
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let in_memory = Queue::unbounded();
//! let in_file: Durable<String> = Sqlite::open(path)?.queue("mail").build()?;
//! assert_eq!(run(in_memory)? + run(in_file.into())?, 2);
//! # let Some(server) = testkit::PostgresServer::shared() else { return Ok(()) };
//! # let address = server.url("postgres");
//! # Postgres::builder(&address).migrate(true).connect()?;
//! let on_a_server: Durable<String> = Postgres::connect(&address)?.queue("mail").build()?;
//! assert_eq!(run(on_a_server.into())?, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Which one
//!
//! | | memory | SQLite | PostgreSQL |
//! | --- | --- | --- | --- |
//! | take it for | work that is worth nothing once the process is gone; many thousands of tasks a second | work of one machine that must not be forgotten | work that several machines share, or that belongs to a transaction of yours |
//! | who shares a queue | the threads of a process | the processes of a machine | the processes of all machines that reach the server |
//! | tasks outlive | a restart of the worker | the process, the system, a power cut | these, and the machine of the worker |
//! | has to be installed | nothing | nothing | a server of version 13 or newer, which somebody looks after |
//! | feature | none | `sqlite` | `postgres` |
//! | priorities, delays, unique keys, retries, dead tasks | an order of [your own](super::queues) | all of them | all of them |
//! | puts from other languages, and in transactions of your own | no | no | yes |
//!
//! If in doubt, take SQLite: it needs nobody who looks after it. Take PostgreSQL if it is there already, or if one machine is not
//! enough. [`MemoryStore`](crate::durable::MemoryStore) is a durable queue in memory, with retries and all the rest. It is for tests: it
//! keeps nothing.
//!
//! # What each costs
//!
//! A put in memory moves the task. A put in a file waits for the disk, and one on a server for the network and the disk of the
//! server; so does what becomes of the task. Threads that put at the same time wait together, and a batch is settled as one. So
//! throughput comes from batches and from workers side by side, not from the engine:
//!
//! | tasks a second | memory | SQLite | PostgreSQL | SQLite, busy disk | PostgreSQL, busy disk |
//! | --- | --- | --- | --- | --- | --- |
//! | puts of one thread, one after the other | 5,846,701 | 9,886 | 6,356 | 652 | 414 |
//! | puts of 16 threads | 3,916,142 | 45,975 | 18,652 | 5,624 | 4,358 |
//! | turns of one worker that does nothing | 6,939,956 | 7,624 | 3,168 | 486 | 369 |
//! | turns in batches of 100 | 8,712,547 | 84,441 | 38,612 | 30,310 | 18,076 |
//!
//! The example `engines` has measured this, with tasks of 200 bytes, on a virtual machine with two processors, the server on the
//! same machine, and every commit synced: the median of three runs on a free machine, and of three while other programs kept
//! the disk busy. The difference between the two is the disk. `cargo run --release -p pyaltt-examples --example engines -- 8000`
//! prints the figures of your machine, and those are the ones to go by. `cargo xtask bench --queues` measures the file thoroughly,
//! beside SQLite itself and a peer.
//!
//! | it takes | SQLite | PostgreSQL |
//! | --- | --- | --- |
//! | to build | SQLite from its source: a C compiler and half a minute | the crate `postgres`, with tokio in it as code, but no thread of it |
//! | in each process, for each queue | a connection; a thread and a socket if it has workers | a connection; another one and a thread if it has workers |
//! | while idle | nothing | nothing: a look every 30 s at most |
//!
//! # When something dies
//!
//! | what dies | SQLite | PostgreSQL |
//! | --- | --- | --- |
//! | a worker's process | its tasks run again at the next look of another process, or at once after a restart: its death is seen by a lock | its tasks run again when its lease is over, within 1.5 leases |
//! | its machine | the tasks wait in the file for the machine | the same as its process: the other machines go on |
//! | the server | there is none | see below |
//! | the disk | what is on it is gone, but for your backups | the same, but for a standby. A failover keeps what was acknowledged if the standby is synchronous |
//!
//! A [lease](crate::durable::DurableBuilder::lease) is 30 s by default. A shorter one makes others take over sooner and costs a
//! write three times a lease, one for all tasks of a process; but a process that does not reach the server for that long loses its
//! tasks in hand to others, and they run twice.
//!
//! **While the server is gone**, workers live on. A turn under way ends, and what became of its task is kept and sent when the
//! server is back. Puts fail with [`Unavailable`](crate::PutErrorKind::Unavailable), or with
//! [`Uncertain`](crate::PutErrorKind::Uncertain) if the connection broke in the middle: repeat those by
//! [`put_again`](crate::Durable::put_again). A stop needs nothing from the server. When it is back, workers go on by themselves:
//! they try again after pauses that grow to 5 s.
//!
//! The example `queue_ledger_postgres` kills one of three processes and the server, and accounts for each task. The tests of
//! `pyaltt-postgres` do so with as many tasks as you like. With 100,000, of which a hundredth failed on purpose, they killed a
//! consumer 173 times and the server 15 times: no task was lost, no claim was handed out twice, and each of 1,331 turns beyond
//! the first had its reason, 989 a failure on purpose and 342 the loss of a consumer:
//!
//! ```console
//! $ PYALTT_LEDGER_TASKS=100000 cargo test -p pyaltt-postgres --test it accounts -- --nocapture
//! ```
//!
//! # PostgreSQL: making the tables
//!
//! [`Postgres::connect`](crate::Postgres::connect) makes nothing: without the tables it is the error
//! [`NoQueues`](crate::postgres::PostgresError::NoQueues). They are made, or brought to the layout of a newer version, only when
//! that is asked for. All of it is in the schema `pyaltt`. There are three ways:
//!
//! - [`migrate(true)`](crate::postgres::PostgresBuilder::migrate) in the program. Of processes that do so at once, one does it.
//! - [`Postgres::schema()`](crate::Postgres::schema), the text for a migration tool of your own, which runs it in one transaction.
//! - `pyaltt-queue postgres://.. migrate`, from a shell.
//!
//! A migration is one transaction, and older programs go on beside it: the functions that they call stay. A database that is too
//! new for a program refuses it with both numbers, in [`TooNew`](crate::postgres::PostgresError::TooNew).
//!
//! # PostgreSQL: rights
//!
//! Whoever migrates owns the schema. Programs need no such rights, and run with those of their own role:
//!
//! ```
//! # use pyaltt::postgres::postgres::{Client, NoTls};
//! # use pyaltt::{BoxError, Durable, Postgres};
//! // For programs with workers; what only puts needs less.
//! const RIGHTS: &str = "
//!     grant usage on schema pyaltt to mailer, shop;
//!     grant usage on sequence pyaltt.pos to mailer, shop;
//!     grant select on pyaltt.meta to mailer;
//!     grant select, insert, update, delete on pyaltt.task, pyaltt.owner, pyaltt.queue to mailer;
//!     grant select, insert on pyaltt.task to shop;";
//! # let Some(server) = testkit::PostgresServer::shared() else { return Ok(()) };
//! # let address = server.url("postgres");
//! # let tasks = Postgres::builder(&address).migrate(true).connect()?;
//! # let mut client = Client::connect(&address, NoTls)?;
//! # let no_roles = "drop owned by mailer, shop; drop role mailer, shop";
//! # client.batch_execute(no_roles).ok();
//! # client.batch_execute("create role mailer login; create role shop login")?;
//! # client.batch_execute(RIGHTS)?;
//! # let as_role = |role: &str| address.replace("postgres@", &format!("{role}@"));
//! # let mail: Durable<String> = Postgres::connect(as_role("mailer"))?.queue("mail").kind("letter").build()?;
//! # mail.put("dear Sir".into())?;
//! # let mut shop = Client::connect(&as_role("shop"), NoTls)?;
//! # shop.batch_execute(r#"select pyaltt.put('mail', '"dear Ann"', kind => 'letter', key => 'Ann')"#)?;
//! # let (made, turns) = std::sync::mpsc::channel();
//! # let postman = pyaltt::queue(move |letter: String, _cx| made.send(letter)).queue(mail.clone()).start()?;
//! # assert_eq!(turns.iter().take(2).collect::<Vec<_>>(), ["dear Sir", "dear Ann"]);
//! # postman.drain()?;
//! # mail.pause()?;
//! # mail.resume()?;
//! # assert!(mail.dead().requeue(pyaltt::durable::Which::All).is_ok());
//! # assert!(shop.batch_execute("delete from pyaltt.task").is_err());
//! # drop((postman, mail));
//! # client.batch_execute(no_roles)?;
//! # Ok::<(), BoxError>(())
//! ```
//!
//! Here `mailer` has workers, and `shop` only puts, by [SQL](#postgresql-puts-in-transactions-and-other-languages). A put with
//! `replace => true` also needs the right to update `pyaltt.task`. A [check](crate::Durable::check) sees snapshots of others that hold back
//! the vacuum only as a member of `pg_monitor`.
//!
//! # PostgreSQL: puts in transactions, and other languages
//!
//! The order and the task to confirm it are there together, or neither is:
//!
//! ```
//! use pyaltt::postgres::postgres::{Client, NoTls};
//! use pyaltt::{Durable, Postgres, Put, prelude::*};
//!
//! # let Some(server) = testkit::PostgresServer::shared() else { return Ok(()) };
//! # let address = server.url("postgres");
//! # Postgres::builder(&address).migrate(true).connect()?;
//! let tasks = Postgres::connect(&address)?;
//! let mail: Durable<String> = tasks.queue("confirmations").kind("letter").build()?;
//! let mut client = Client::connect(&address, NoTls)?;
//! # client.batch_execute("create table if not exists orders(item text)")?;
//!
//! let mut order = client.transaction()?;
//! order.execute("insert into orders values ('ten screws')", &[])?;
//! tasks.put_in(&mut order, &mail, &"we have your order".into(), Put::new())?;
//! order.commit()?; // wakes an idle process
//!
//! // From any language. The payload is JSON, as serde reads it.
//! client.batch_execute(
//!     r#"select pyaltt.put('confirmations', '"from a shell"', kind => 'letter', delay => interval '1 s', priority => 'high')"#,
//! )?;
//! let stats = mail.stats()?;
//! assert_eq!((stats.ready.iter().sum::<u64>(), stats.delayed), (1, 1));
//! # client.batch_execute("drop table orders; delete from pyaltt.task where queue = 'confirmations'")?;
//! # Ok::<(), BoxError>(())
//! ```
//!
//! | argument of `pyaltt.put` | what it is | default |
//! | --- | --- | --- |
//! | `queue`, `body` | the name of the queue, and the task as `json` (a `jsonb` with `::json`) | |
//! | `delay` | an interval | ready at once |
//! | `key`, `replace` | a unique key, and whether a waiting task takes this payload and time | none, false |
//! | `kind`, `version` | those of the [workers](super::durable#versions-and-kinds) | `task`, 1 |
//! | `priority` | `urgent`, `high`, `normal` or `low` | `normal` |
//! | `attempts`, `headers`, `id` | as those of a [`Put`](crate::Put), the headers as `jsonb` | those of the worker, none, a fresh one |
//!
//! It returns the id of the task that is in the queue then. A worker of a queue without a
//! [`kind`](crate::durable::DurableBuilder::kind) takes tasks of the kind `task`.
//!
//! A turn that writes into the same database can make its own effect [idempotent](super::durable#a-handler-that-may-run-twice): it
//! inserts the id of the task in its transaction, into a column that is unique.
//!
//! # PostgreSQL: poolers
//!
//! The connection of a queue works through a pooler that gives each transaction another session, such as `PgBouncer` in its mode
//! `transaction`. It keeps nothing in the session that it needs. Only `LISTEN` does not work there. The build of a queue
//! finds that out, in 5 s: it has idle processes poll, prepares no statements and sets nothing in the session, with a note in
//! [the findings](super::operating#what-to-watch). Say so yourself, and it looks for nothing:
//!
//! ```no_run
//! use std::time::Duration;
//! use pyaltt::postgres::{Bell, Postgres};
//!
//! let tasks = Postgres::builder("postgres://mailer@pooler/tasks").bell(Bell::Poll(Duration::from_millis(250))).connect()?;
//! # Ok::<(), pyaltt::BoxError>(())
//! ```
//!
//! Then a put is heard after up to that time by a process that sleeps, an idle queue costs as many looks, and a round takes the
//! server nearly twice as long, since it is planned each time. Connect past the pooler where you can: a process needs two
//! connections for each queue with workers, and no pool.
//!
//! # PostgreSQL: what to look after
//!
//! - **Settings**: `synchronous_commit`, `fsync` and `full_page_writes` on, as by default. The build of a queue logs what breaks
//!   the promise, and [`require_durable(true)`](crate::durable::DurableBuilder::require_durable) refuses it.
//! - **Old snapshots**: a dump, a forgotten transaction or a slow standby keeps dead rows from being cleared. Workers step over
//!   them: with a snapshot held for 30 s under load, the last 3 s had 0.83, 0.99 and 1.32 times the rate of the first 3 s in three
//!   runs of the test `case_36` of `pyaltt-postgres`. The table grows all the same, and a check has a note of that.
//! - **Vacuum**: leave autovacuum on. The tables come with settings of their own for it.
//! - **Clocks**: all times are those of the server. Those of the machines do not matter.
//! - **Encryption**: [`tls`](crate::postgres::PostgresBuilder::tls) takes a connector. Without one, an address with `sslmode=require`
//!   is refused.
//! - **Async code**: calls block, and panic on a thread of an async runtime. Use its `spawn_blocking`.
