//! Signals: who catches them, and who is told.
//!
//! - [`caught`]: what the handler leaves for threads. [`pipe`]: how it wakes them.
//! - [`disposition`]: the handler, and what the process does at a signal before and after it is caught.
//! - [`wait`]: `wait_for_signal`. [`listen`]: signals for the layers above, on a thread of its own.

mod caught;
mod disposition;
pub(crate) mod listen;
mod pipe;
pub(crate) mod wait;
