//! What the operating system and the C library give: thread names, the end of the process, memory maps.

pub(crate) mod at_exit;
pub(crate) mod memory_maps;
pub(crate) mod sys;
