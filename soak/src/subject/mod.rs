//! What is driven: the workers under test, of every kind, and what several of them share.

pub(crate) mod build;
pub(crate) mod counted_event;
pub(crate) mod kind;
pub(crate) mod part;
pub(crate) mod queues;
pub(crate) mod restarts;
pub(crate) mod supplies;
pub(crate) mod tested;
pub(crate) mod worker;
