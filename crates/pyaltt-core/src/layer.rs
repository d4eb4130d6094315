//! What the layers above this crate need. It promises nothing to anyone else.

pub use crate::wait::current_worker::CurrentWorker;
