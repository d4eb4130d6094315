//! The runtime that the async peers share.

use std::future::Future;
use std::sync::LazyLock;

use pyaltt_benches::awaiting;
use tokio::runtime::Runtime;

/// The multi-threaded runtime with its defaults, as `#[tokio::main]` makes it: one thread for each processor.
pub(crate) static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("threads can be started"));

/// The same, for the cases of async code.
#[derive(Debug)]
pub(crate) struct Tokio;

impl awaiting::Runtime for Tokio {
    fn all<F: Future<Output: Send> + Send + 'static>(futures: Vec<F>) -> Vec<F::Output> {
        let tasks: Vec<_> = futures.into_iter().map(|future| RUNTIME.spawn(future)).collect();
        let ended = tasks.into_iter().map(|task| RUNTIME.block_on(task).expect("it does not panic"));
        ended.collect()
    }
}
