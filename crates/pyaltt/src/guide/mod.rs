//! The guide: each concept of the crate in a chapter, with examples that run.
//!
//! The words that all chapters use:
//!
//! | word | meaning |
//! | --- | --- |
//! | worker | the value that takes turns: a function, or a type that implements [`Worker`](crate::Worker) |
//! | handle | what the program holds of it; clones are handles of the same worker |
//! | run | from a start to its exit; a worker can have many, one after another |
//! | turn | one call of [`Worker::run`](crate::Worker::run), or of the function |
//! | task, tick, trigger | what a turn is given: by a queue, by the clock, by an event |
//! | inbox | where a worker takes its turns and its control messages from |
//! | schedule | when the ticks of a looped worker are due |
//! | strategy | how a looped worker waits for a tick |
//! | lateness | how long after its time a tick was taken |
//! | missed tick | a slot of an interval that passed without a turn |
//! | exit | how a run ended |
//! | pending tasks | those that are in the queue and not yet taken |
//!
//! [`looped`], [`queues`] and [`events`] are about the three kinds of worker, [`writing_workers`], [`lifecycle`] and
//! [`errors`] about what they have in common. [`faults`] goes through all that can go wrong. [`timing`] is about being
//! exact. [`decorators`] makes statics of functions, [`collections`] runs packs of functions, [`testing`] shows how to
//! test all of it, and [`from_python`] is for those who know the Python library.

pub mod collections;
pub mod decorators;
pub mod errors;
pub mod events;
pub mod faults;
pub mod from_python;
pub mod lifecycle;
pub mod looped;
pub mod queues;
pub mod testing;
pub mod timing;
pub mod writing_workers;
