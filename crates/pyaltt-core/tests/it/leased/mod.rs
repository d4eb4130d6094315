//! Leased queues: what becomes of the tasks that a worker has in hand.

mod batches;
mod ends;
mod faults;
mod lives;
mod one_at_a_time;
mod turns;

use pyaltt_core::{BackgroundQueueWorker, Context, IntoTurn, Queue, QueueBuilder, queue};
use testkit::LendingQueue;

/// A worker of a function, on a leased queue with these tasks.
fn worker<R: IntoTurn + 'static>(
    tasks: &[u32],
    function: impl FnMut(u32, &mut Context) -> R + Send + 'static,
) -> (QueueBuilder<u32>, LendingQueue<u32>) {
    let store = LendingQueue::new();
    for task in tasks {
        store.add(*task);
    }
    (queue(function).name("lent").queue(Queue::leased(store.clone())), store)
}

/// Runs all that is ready, and returns the worker.
fn run_out(builder: QueueBuilder<u32>) -> BackgroundQueueWorker<u32> {
    let worker = builder.start().unwrap();
    worker.drain().unwrap();
    worker
}
