//! What is watched of the process: its threads, descriptors and memory, and whether they grow.

pub(crate) mod growth;
pub(crate) mod sample;
