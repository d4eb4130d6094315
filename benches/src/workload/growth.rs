//! Growth: the same number of tasks, for ever more consumers.

use std::time::Instant;

use super::{Ledger, Payload, cpu_time, each, nanos};
use crate::cell::GROWTH;
use crate::handover::{Handover, Inbox, start};
use crate::protocol::Measured;

/// One producer gives one idle consumer after the other its share of `count` tasks; the time and the processor time
/// of a task, for each number of consumers.
///
/// # Errors
///
/// When not every task was handled exactly once.
pub fn growth<P: Handover>(count: usize) -> Result<Measured, String> {
    once::<P>(1, count / 10)?;
    let mut all = Measured::default();
    let (mut single, mut worst) = (f64::INFINITY, 0.0_f64);
    for consumers in GROWTH {
        let (time, cpu) = once::<P>(consumers, count)?;
        if consumers == 1 {
            single = time;
        }
        worst = worst.max(time);
        all = all.and(&format!("at_{consumers}"), time).and(&format!("cpu_{consumers}"), cpu);
    }
    Ok(all.and("growth", worst / single))
}

fn once<P: Handover>(consumers: usize, count: usize) -> Result<(f64, f64), String> {
    let share = (count / consumers).max(1);
    let total = share * consumers;
    let ledger = Ledger::new(consumers);
    let consumer = |_| {
        let mut tally = ledger.tally(share);
        start::<P, _, _>(move |task: Payload<1>| _ = tally.take(task.check()))
    };
    let inboxes: Vec<_> = (0..consumers).map(consumer).collect();
    let spent = cpu_time();
    let began = Instant::now();
    for (index, inbox) in inboxes.iter().enumerate() {
        (index * share..(index + 1) * share).for_each(|number| inbox.put(Payload::new(number)));
    }
    ledger.wait();
    let elapsed = began.elapsed();
    let spent = cpu_time().saturating_sub(spent);
    for inbox in inboxes {
        drop(inbox.stop());
    }
    ledger.check(total)?;
    Ok((each(nanos(elapsed), total), each(nanos(spent), total)))
}
