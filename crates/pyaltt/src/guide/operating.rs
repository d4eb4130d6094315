//! Operating durable queues: files, backups, full disks, dead tasks, deploys, and what to watch.
//!
//! [Queues that last](super::durable) explains how to use them. This chapter is for whoever keeps the program running.
//!
//! # The files
//!
//! | file | what it is |
//! | --- | --- |
//! | `tasks.db` | the database. Any number of queues can be in it, and tables of your own, whose names do not begin with `pyaltt_` |
//! | `tasks.db-wal`, `tasks.db-shm` | what was committed and is not in `tasks.db` yet. **They belong to it**: a copy without them lacks tasks |
//! | `tasks.db-owners/` | a locked file and a socket of each process that takes tasks. Nothing in it belongs into a backup |
//!
//! The file has to be on a local file system. NFS, SMB, Ceph and the like are refused on Linux, because the locks of SQLite
//! do not hold there; on other systems it is up to you. A volume that two machines mount at once is the same trouble. The
//! folder has to be writable for all processes that open the file, also for those that only put.
//!
//! A file that is deleted or replaced while it is open is an error of each call, and no new one is made in its place: put
//! the file back, or restart the program.
//!
//! # Backups
//!
//! Copy the file with SQLite, which makes a consistent copy while everything runs, and not with `cp`:
//!
//! ```console
//! $ sqlite3 tasks.db "vacuum into 'backup/tasks.db'"
//! ```
//!
//! A restored copy has the tasks of its time. What has been done since then runs again, which an
//! [idempotent handler](super::durable#a-handler-that-may-run-twice) can take. Stop the processes, put the copy in
//! place, remove `tasks.db-wal` and `tasks.db-shm` of the old file, and start. Tasks that were running at the time of the copy
//! come again when the lease of that time has run out, or at once after a reboot.
//!
//! # When the disk is full
//!
//! A put fails with [`Unavailable`](crate::PutErrorKind::Unavailable), and nothing of it is stored. Workers go on with what they
//! have in hand, and what became of it is written when there is room again: the write is tried again and again, with
//! pauses of up to 5 s. Nothing has to be restarted. If it takes longer than a lease, tasks that are still in a turn
//! then count as [lost](crate::Context::is_lost) and run again; what was done before is written all the same. The same holds
//! while another program keeps the file locked.
//!
//! # Several processes
//!
//! Start as many as you like: each gets its share of the writes, and a put wakes one that is idle. They need the same
//! [kind](super::durable#versions-and-kinds). Their leases and retries may differ, but better do not: what becomes of a
//! task is up to the process that has it. A process that only puts costs nothing while it does not.
//!
//! # Pause and resume
//!
//! After [`Durable::pause`](crate::Durable::pause) no process takes tasks any more, until
//! [`resume`](crate::Durable::resume), also over restarts. Turns under way end, and puts succeed. To rest one worker alone, pause
//! [its handle](super::lifecycle#pausing).
//!
//! ```
//! use pyaltt::prelude::*;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let mail: Durable<String> = Sqlite::open(path)?.queue("mail").build()?;
//! let postman = queue(|letter: String, _cx| println!("{letter}")).queue(mail.clone()).build()?;
//! mail.pause()?; // the mail server is down
//! mail.put("dear Sir".into())?;
//! postman.start()?;
//! assert_eq!(postman.drain()?.turns, 0);
//! mail.resume()?;
//! postman.start()?;
//! assert_eq!(postman.drain()?.turns, 1);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Dead tasks
//!
//! A task is dead when its attempts are used up, when a turn gave it up, or when it cannot be read. It stays until somebody
//! decides: [`requeue`](crate::durable::Dead::requeue) gives it all its attempts again, [`purge`](crate::durable::Dead::purge)
//! removes it. Look at them every day, and purge the old ones, or they pile up.
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::durable::{Page, Which};
//! use pyaltt::prelude::*;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let mail: Durable<String> = Sqlite::open(path)?.queue("mail").retry(Retry::none()).build()?;
//! mail.put("dear Sir".into())?;
//! queue(|_: String, _cx| Err::<(), _>("the server is down")).queue(mail.clone()).start()?.drain()?;
//!
//! for dead in mail.dead().list(Page::default())? {
//!     let errors: Vec<_> = dead.errors.iter().map(|error| error.text.as_str()).collect();
//!     println!("{}, put at {:?}: {}", dead.info.id, dead.info.put_at, errors.join("; "));
//! }
//! assert_eq!(mail.dead().requeue(Which::All)?, 1); // the server is up again
//! let a_month = Duration::from_secs(30 * 24 * 3600);
//! assert_eq!(mail.dead().purge(Which::OlderThan(a_month))?, 0);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! A dead task holds no unique key. If another task has the key by now, a requeue leaves the dead one as it is. Asked for by
//! its id, it is the error [`Duplicate`](crate::durable::QueueErrorKind::Duplicate).
//!
//! # What to watch
//!
//! [`Durable::stats`](crate::Durable::stats) counts without touching the tasks:
//!
//! | number | watch for | it means |
//! | --- | --- | --- |
//! | [`oldest_ready`](crate::durable::QueueStats::oldest_ready) | more than a task may wait | too few workers, a paused queue, or tasks of a kind or version that nobody takes |
//! | `dead` | growth | turns that fail for good |
//! | `alone` | anything but 0 | tasks that were lost with their process twice: poison, or a process that is killed often |
//! | `owners` | fewer than there should be, or without `lease_left` | processes that are gone or stand still |
//! | `engine.findings` | anything | a setting that breaks the promise, or damage, as of the last check |
//!
//! [`Durable::check`](crate::Durable::check) looks at the settings and at the consistency of the file, and reads the whole file if it
//! has less than 100 MB. It is done at each `build` as well. The [log](super::errors#logging) has a warning for each failed attempt, for tasks of
//! dead processes and for a lost lease, and an error for each task that dies and for what a check finds.
//!
//! ```
//! use std::time::Duration;
//! use pyaltt::{durable::QueueError, prelude::*};
//!
//! fn alarm(mail: &Durable<String>) -> Result<Option<String>, QueueError> {
//!     let stats = mail.stats()?;
//!     if let Some(finding) = mail.check()?.first() {
//!         return Ok(Some(finding.to_string()));
//!     }
//!     if stats.oldest_ready > Some(Duration::from_secs(300)) {
//!         return Ok(Some(format!("mail waits, and {} processes take it", stats.owners.len())));
//!     }
//!     Ok((stats.dead > 0).then(|| format!("{} letters are dead", stats.dead)))
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tasks.db");
//! let mail = Sqlite::open(path)?.queue("mail").build()?;
//! mail.put("dear Sir".into())?;
//! assert_eq!(alarm(&mail)?, None);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # The command
//!
//! `pyaltt-queue` does the same from a shell, while the programs run or not. It takes no tasks, and makes no files or tables
//! unless told:
//!
//! ```console
//! $ cargo install pyaltt-queue
//! $ pyaltt-queue sqlite:tasks.db stats
//! QUEUE   READY  DELAYED  RUNNING  DEAD  OWNERS  OLDEST  NEXT DUE  NOTE
//! mail        5        0        2     3       1    1.9s         -  1 high
//! orders      0        1        1     0       1       -     9m58s  paused
//! total       5        1        3     3       2
//! ```
//!
//! ```console
//! $ pyaltt-queue sqlite:tasks.db stats --watch
//! $ pyaltt-queue sqlite:tasks.db -q mail dead list
//! $ pyaltt-queue sqlite:tasks.db show 01a21a44-0da2-7665-9570-e3ac3a7849c2
//! $ pyaltt-queue sqlite:tasks.db -q mail dead requeue --all
//! $ pyaltt-queue sqlite:tasks.db -q mail dead purge --older-than 30d
//! $ pyaltt-queue sqlite:tasks.db -q mail pause
//! $ pyaltt-queue sqlite:tasks.db check
//! ```
//!
//! `--json` makes it print an object in one line. Its exit code is 0, or 1 if a check found something or what was named is not
//! there, or 2 if the store cannot be used: fit for a job that raises an alarm. `--help` lists the rest.
//!
//! Queues in PostgreSQL have the same commands. `migrate` is the one that makes their tables, or brings older ones to the layout
//! of this version, while programs go on:
//!
//! ```console
//! $ export PGPASSWORD=..
//! $ pyaltt-queue postgres://mailer@db.example.org/tasks migrate
//! made the queues, with layout 1
//! $ pyaltt-queue postgres://mailer@db.example.org/tasks stats --watch
//! $ pyaltt-queue 'postgres:///tasks?host=/run/postgresql&user=mailer' check
//! ```
//!
//! # Deploys
//!
//! 1. Tell the old process to stop (SIGTERM), and have it stop its workers, as with
//!    [`wait_for_signal`](super::platforms#code-for-several-systems). A turn under way ends first, so let the service manager
//!    wait for longer than the longest turn takes before it kills.
//! 2. Start the new one, before or after that: both can run at once.
//! 3. A killed process is no disaster: its tasks run again, and have lost one attempt each.
//!
//! **Versions of tasks**: deploy the [new version](super::durable#versions-and-kinds) to the workers first, and to
//! producers that are processes of their own after that. Going back is safe: tasks of the new version wait for its return.
//!
//! **Versions of the file**: a new version of the library brings the file to its layout when it opens it, in one transaction.
//! Older versions go on with it as long as they can. If they cannot, they refuse the file with both numbers, in
//! [`SqliteError::TooNew`](crate::sqlite::SqliteError::TooNew), and touch nothing.
//!
//! # Growth
//!
//! Tasks that are done are deleted, and their pages are used again. So the file has the size of the largest backlog that
//! it ever had, and does not shrink by itself. To shrink it, at a quiet time, because nobody can write meanwhile:
//!
//! ```console
//! $ sqlite3 tasks.db vacuum
//! ```
//!
//! Processes wait for that for as long as [`io_timeout`](crate::sqlite::SqliteBuilder::io_timeout) says, 10 s by default, and then
//! their calls fail and are tried again.
//!
//! `tasks.db-wal` stays below 64 MiB, unless some program reads the file for a long time in one transaction: SQLite cannot take anything
//! out of the log that such a reader may still see. A check has a note of that.
//!
//! # Clocks
//!
//! | what | follows | if the wall clock is set |
//! | --- | --- | --- |
//! | delays, retries, the age of dead tasks | the machine's wall clock | what is delayed comes earlier or later by as much |
//! | leases | on Linux the time since the boot, with the time that the machine slept; elsewhere the wall clock | nothing, on Linux |
//! | the order of ready tasks | their places in the file | nothing |
//!
//! A machine that wakes from sleep may find its leases over: then turns under way are [lost](crate::Context::is_lost) if another process
//! was faster, and their tasks run again.
