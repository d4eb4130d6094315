//! The operating system and the C library: thread names, the exit of the process, memory maps.

pub(crate) mod at_exit;
pub(crate) mod memory_maps;
pub(crate) mod process_exit;
#[cfg(all(unix, feature = "signals"))]
pub(crate) mod signals;
pub(crate) mod sys;
