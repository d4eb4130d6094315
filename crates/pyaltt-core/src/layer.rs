//! What the layers above this crate need. It promises nothing to anyone else.

pub use crate::user_code::{call, discard, print_error};
pub use crate::wait::current_worker::CurrentWorker;
