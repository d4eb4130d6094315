//! The guide: each concept of the crate in one chapter, with examples that run.
//!
//! All chapters use these words:
//!
//! | word | meaning |
//! | --- | --- |
//! | worker | the value that takes turns: a function, or a type that implements [`Worker`](crate::Worker) |
//! | handle | what the program holds; clones are handles of the same worker |
//! | run | from a start or a restart to its exit; a worker can have many, one after another |
//! | life | the runs from a start to the end that no restart follows; without a policy, one run |
//! | backoff | the wait before a restart |
//! | group, member | workers that a supervisor starts and ends together; one of them |
//! | turn | one call of [`Worker::run`](crate::Worker::run), or of the function |
//! | task, tick, trigger | what a turn is given: by a queue, by the clock, by an event |
//! | inbox | where a worker takes its turns and its control messages from |
//! | schedule | when the ticks of a looped worker are due |
//! | strategy | how a looped worker waits for a tick |
//! | lateness | how long after its due time a tick was taken |
//! | missed tick | a slot of an interval that passed without a turn |
//! | exit | how a run ended |
//! | reply, asker | the answer to a task that is to come; whoever waits for it |
//! | pending tasks | the tasks that are queued and not yet taken |
//! | durable queue | a queue whose tasks are kept outside of the process, and outlive it |
//! | engine | what keeps the tasks of durable queues: SQLite, PostgreSQL, or one of your own |
//! | lease | how long the tasks that a process has in hand are its own; it is renewed while the process lives |
//! | attempt | one turn of a task, of which a durable queue gives it several |
//! | dead task | one that has failed for good, and is kept for somebody to look at |
//!
//! [`looped`], [`queues`] and [`events`] cover the three kinds of worker; [`writing_workers`], [`lifecycle`],
//! [`restart`] and [`errors`] cover what they have in common. [`asking`] gets answers from a queue worker. [`programs`] makes a program of them, and [`systemd`] a service. [`faults`] lists everything that can go wrong, and
//! [`platforms`] what differs between systems. [`timing`] explains how exact an interval can be. [`decorators`] turns functions into statics, [`collections`] runs groups of functions,
//! and [`testing`] shows how to test all of it. With the feature `sqlite`,
#![cfg_attr(
    feature = "sqlite",
    doc = "[`durable`] explains queues whose tasks outlive the process, and [`operating`]"
)]
#![cfg_attr(
    not(feature = "sqlite"),
    doc = "`durable` explains queues whose tasks outlive the process, and `operating`"
)]
//! how to keep them running.
#![cfg_attr(
    all(feature = "postgres", feature = "sqlite"),
    doc = "[`engines`] says which engine to take, and what is special to PostgreSQL."
)]
#![cfg_attr(
    not(all(feature = "postgres", feature = "sqlite")),
    doc = "With the feature `postgres` as well, `engines` says which engine to take."
)]
//! If you know the Python library, start with [`from_python`]; if your
//! program uses version 0.1, [`from_0_1`] says what to change.

pub mod asking;
pub mod collections;
pub mod decorators;
#[cfg(feature = "sqlite")]
pub mod durable;
#[cfg(all(feature = "postgres", feature = "sqlite"))]
pub mod engines;
pub mod errors;
pub mod events;
pub mod faults;
pub mod from_0_1;
pub mod from_python;
pub mod lifecycle;
pub mod looped;
#[cfg(feature = "sqlite")]
pub mod operating;
pub mod platforms;
pub mod programs;
pub mod queues;
pub mod restart;
pub mod systemd;
pub mod testing;
pub mod timing;
pub mod writing_workers;
