//! Growth: the same number of tasks, shared by more and more consumers.

use std::time::Instant;

use super::ledger::Ledger;
use super::payload::Payload;
use super::times::{cpu_time, each, nanos};
use crate::case::{Case, Figure, Unit, Work};
use crate::contender::Contender;
use crate::handover::{Handover, Inbox, start};
use crate::measured::Measured;

/// The id of its case.
pub const GROWTH: &str = "growth";

/// The numbers of consumers.
pub const CONSUMERS: [usize; 4] = [1, 10, 100, 1_000];

pub(super) fn cases() -> Vec<Case> {
    let how = "One producer gives one idle consumer after the other its share of the tasks. Growth is the \
               highest cost of a task, divided by that with a single consumer.";
    let title = "Cost growth: the same tasks for 1 to 1,000 workers";
    let case = Case::new(GROWTH, title, how, Work::Repeat(1_000_000));
    let times = CONSUMERS.map(|n| Figure::nanos(format!("at_{n}"), format!("time a task, {n}")));
    let cpu = CONSUMERS.map(|n| Figure::nanos(format!("cpu_{n}"), format!("CPU a task, {n}")));
    vec![case.with([Figure::new("growth", "growth", Unit::Times).with_ratio()]).with(times).with(cpu)]
}

impl Contender {
    /// Takes part, with up to 1,000 consumers.
    #[must_use]
    pub fn grows<P: Handover>(self) -> Self {
        self.does(GROWTH, growth::<P>)
    }
}

/// One producer gives one idle consumer after the other its share of `count` tasks; the time and the processor time
/// of a task, for each number of consumers.
fn growth<P: Handover>(count: usize) -> Result<Measured, String> {
    once::<P>(1, count / 10)?;
    let mut all = Measured::default();
    let (mut single, mut worst) = (f64::INFINITY, 0.0_f64);
    for consumers in CONSUMERS {
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
