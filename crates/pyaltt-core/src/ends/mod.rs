//! Being told of the ends of other workers.
//!
//! - [`watch`]: a task for a queue worker at the end of another worker.
//! - [`wait_any`], [`wait_all`]: a wait for several workers. [`wait_error`]: why it gave none.
//! - [`exits`]: the ends of many workers, one after the other.
//! - [`arrivals`]: where ends arrive for a thread that waits for them.
//!
//! All of them are [listeners](crate::control::listening), so none of them polls, and each is told of an end exactly once.

mod arrivals;
pub(crate) mod exits;
pub(crate) mod wait_all;
pub(crate) mod wait_any;
pub(crate) mod wait_error;
pub(crate) mod watch;
