//! Models: the real code of workers and queues, under thread schedules that a model checker chooses.
//!
//! `cargo xtask models` builds them with `--cfg pyaltt_model` and runs them; [`crate::sync`] says how that works. Each
//! model is a small program with a few threads that runs under thousands of schedules. A random scheduler chooses half
//! of them, and a scheduler that seldom preempts a thread the other half (PCT, "A Randomized Scheduler with
//! Probabilistic Guarantees of Finding Bugs", Burckhardt and others, 2010). No model has to assert that every thread
//! comes to its end: a schedule in which all remaining threads wait is a failure.
//!
//! - [`asks`]: nobody who asks is left behind.
//! - [`capacity`]: producers that wait for room in a full queue get it, or get their task back.
//! - [`conservation`]: no task is lost, and none runs twice.
//! - [`cuts`]: waits on a worker's own thread are cut by its own stop.
//! - [`drains`]: a drain beside other consumers.
//! - [`ends`]: who is told of the end of a worker is told exactly once.
//! - [`failures`]: queues of failed workers.
//! - [`futures`]: futures that wait for room or for an end, beside threads, are not left waiting.
//! - [`held`]: members that their group holds, and a group with a member that hangs.
//! - [`leased`]: leased tasks are settled or handed back, and drains and closes of leased queues end.
//! - [`life`]: lives of several runs, against all that can end one or begin the next run.
//! - [`lifecycle`]: starts, stops, waits and drops of handles, against each other.
//! - [`own_loops`]: a loop of the worker's own ends.
//! - [`own_queues`]: workers that ask the readers of their own queue.
//! - [`pause`]: a pause loses no task and no wake-up, hinders no end, and holds as long as it is meant to.
//! - [`shelves`]: leased tasks that lie ready for a worker that is paused, or whose run ends.
//! - [`stop_signal`]: the word that ends a run, and its channels.
//! - [`task_queues`]: each task of a user's queue wakes one worker, and room one producer.
//! - [`wakeups`]: no wake-up is lost.

mod asks;
mod capacity;
mod conservation;
mod cuts;
mod drains;
mod ends;
mod failures;
mod futures;
mod held;
mod leased;
mod life;
mod lifecycle;
mod loans;
mod own_loops;
mod own_queues;
mod pause;
mod shelves;
mod stop_signal;
mod support;
mod task_queues;
mod wakeups;
