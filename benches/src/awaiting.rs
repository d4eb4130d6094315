//! What a contender of the cases of async code offers, and the runtime in which these run.

use std::future::Future;

/// A runtime. Ours knows none, so whoever lists the contenders brings one.
pub trait Runtime: 'static {
    /// Makes each future a task of its own, waits until all of them have ended, and returns what they gave.
    fn all<F: Future<Output: Send> + Send + 'static>(flavor: Flavor, futures: Vec<F>) -> Vec<F::Output>;
}

/// The threads of a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// One for each processor.
    MultiThread,
    /// The one that waits for the tasks.
    CurrentThread,
}

/// Asks from async code.
pub trait AsyncAsker: Send + 'static {
    /// Asks, and waits for the answer of the other side, which is the next number.
    fn ask(&mut self, question: u64) -> impl Future<Output = u64> + Send;
}

/// Hands tasks over from async code.
pub trait AsyncInbox: Clone + Send + Sync + 'static {
    /// Hands a task over, and waits while there is no room.
    fn put(&self, number: u64) -> impl Future<Output = ()> + Send;
}
