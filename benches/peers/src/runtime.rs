//! The runtime that the async peers share.

use std::sync::LazyLock;

use tokio::runtime::Runtime;

/// The multi-threaded runtime with its defaults, as `#[tokio::main]` makes it: one thread for each processor.
pub(crate) static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("threads can be started"));
