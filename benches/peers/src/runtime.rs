//! The runtime that the async peers share.

use std::future::Future;
use std::sync::LazyLock;

use pyaltt_benches::awaiting::{self, Flavor};
use tokio::runtime::{Builder, Runtime};

/// The multi-threaded runtime with its defaults, as `#[tokio::main]` makes it: one thread for each processor.
pub(crate) static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("threads can be started"));

/// The same, for the cases of async code.
#[derive(Debug)]
pub(crate) struct Tokio;

impl awaiting::Runtime for Tokio {
    fn all<F: Future<Output: Send> + Send + 'static>(flavor: Flavor, futures: Vec<F>) -> Vec<F::Output> {
        let own;
        let runtime = match flavor {
            Flavor::MultiThread => &*RUNTIME,
            Flavor::CurrentThread => {
                own = Builder::new_current_thread().build().expect("a runtime can be made");
                &own
            }
        };
        let tasks: Vec<_> = futures.into_iter().map(|future| runtime.spawn(future)).collect();
        let ended = tasks.into_iter().map(|task| runtime.block_on(task).expect("it does not panic"));
        ended.collect()
    }
}
