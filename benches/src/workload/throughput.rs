//! Throughput: a stream of tasks from some producers to one consumer.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use super::{Ledger, Payload, cpu_time, each, nanos};
use crate::handover::{Handover, Inbox};
use crate::protocol::Measured;

/// From the first put until the last task was handled, for each task; a tenth of the tasks goes ahead as a warm-up.
///
/// # Errors
///
/// When not every task was handled exactly once.
pub fn throughput<P: Handover, const N: usize>(
    bound: Option<usize>,
    producers: usize,
    count: usize,
) -> Result<Measured, String> {
    once::<P, N>(bound, producers, count / 10)?;
    once::<P, N>(bound, producers, count)
}

fn once<P: Handover, const N: usize>(
    bound: Option<usize>,
    producers: usize,
    count: usize,
) -> Result<Measured, String> {
    let share = (count / producers).max(1);
    let total = share * producers;
    let ledger = Ledger::new(1);
    let mut tally = ledger.tally(total);
    let inbox = P::start(bound, move |task: Payload<N>| _ = tally.take(task.check()));
    let barrier = Barrier::new(producers + 1);
    let (elapsed, spent) = thread::scope(|scope| {
        let produce = |producer| {
            let (inbox, barrier) = (&inbox, &barrier);
            scope.spawn(move || {
                barrier.wait();
                // Each tells when it began: the thread that waits may get its processor back when all is done.
                let began = Instant::now();
                (producer * share..(producer + 1) * share).for_each(|number| inbox.put(Payload::new(number)));
                began
            })
        };
        let producers: Vec<_> = (0..producers).map(produce).collect();
        let spent = cpu_time();
        barrier.wait();
        ledger.wait();
        let (ended, spent) = (Instant::now(), cpu_time().saturating_sub(spent));
        let began = producers.into_iter().filter_map(|producer| producer.join().ok()).min();
        (ended.saturating_duration_since(began.unwrap_or(ended)), spent)
    });
    drop(inbox.stop());
    ledger.check(total)?;
    Ok(Measured::of("ns", each(nanos(elapsed), total)).and("cpu", each(nanos(spent), total)))
}
