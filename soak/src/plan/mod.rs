//! What is to be done: the steps of each thread and the faults that strike. Both are functions of the seed alone.

pub(crate) mod fault;
pub(crate) mod mix;
pub(crate) mod step;
