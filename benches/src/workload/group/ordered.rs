//! Very many members that start one after the other, and stop in reverse.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::case::{Case, Figure, Work};
use crate::contender::Contender;
use crate::measured::Measured;
use crate::workload::times::nanos;

/// The id of its case with 1,000 members.
pub const THOUSAND: &str = "group-ordered-1000";

/// The id of its case with 10,000 members.
pub const TEN_THOUSAND: &str = "group-ordered-10000";

const CASES: [(&str, &str, usize); 2] = [
    (THOUSAND, "Start of 1,000 in order, stop in reverse", 1_000),
    (TEN_THOUSAND, "Start of 10,000 in order, stop in reverse", 10_000),
];

/// The time that the last one gets to fall asleep before the stop.
const UNTIL_ASLEEP: Duration = Duration::from_millis(100);

pub(super) fn cases() -> Vec<Case> {
    let how = "Each member is at work before the next one starts, and has ended before the one before it is told to stop; \
               each run checks that. The start includes all that has to be built for it. The members have nothing to do, \
               and sleep when they are stopped.";
    let case = |(id, title, count)| {
        Case::new(id, title, how, Work::Repeat(count)).with(
            [Figure::nanos("start", "start of all"), Figure::nanos("stop", "stop of all")]
                .map(Figure::with_ratio),
        )
    };
    CASES.map(case).into()
}

impl Contender {
    /// Takes part. `start` starts as many as [`Order::count`], and returns what stops them. What that returns is dropped after
    /// the time.
    #[must_use]
    pub fn orders<F: FnOnce() -> Result<A, String>, A>(
        self,
        start: impl Fn(&Arc<Order>) -> Result<F, String> + Copy + 'static,
    ) -> Self {
        CASES.into_iter().fold(self, |all, (case, ..)| {
            all.does(case, move |count| {
                // The first one sets up what all of them share.
                once(1, start)?;
                once(count, start)
            })
        })
    }
}

fn once<F: FnOnce() -> Result<A, String>, A>(
    count: usize,
    start: impl Fn(&Arc<Order>) -> Result<F, String>,
) -> Result<Measured, String> {
    let order = Arc::new(Order::new(count));
    let began = Instant::now();
    let stop = start(&order)?;
    let started = began.elapsed();
    thread::sleep(UNTIL_ASLEEP);
    let began = Instant::now();
    let after = stop()?;
    let stopped = began.elapsed();
    drop(after);
    order.check()?;
    Ok(Measured::of("start", nanos(started)).and("stop", nanos(stopped)))
}

/// The check that members start in order and end in reverse. They are numbered from 0.
#[derive(Debug)]
pub struct Order {
    count: usize,
    begun: AtomicUsize,
    ended: AtomicUsize,
    is_broken: AtomicBool,
}

impl Order {
    fn new(count: usize) -> Self {
        Self {
            count,
            begun: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            is_broken: AtomicBool::new(false),
        }
    }

    /// How many there are to be.
    pub fn count(&self) -> usize {
        self.count
    }

    /// A member is at work.
    pub fn begins(&self, number: usize) {
        self.expect(self.begun.fetch_add(1, Ordering::AcqRel) == number);
    }

    /// A member was told to stop, and ends.
    pub fn ends(&self, number: usize) {
        self.expect(self.ended.fetch_add(1, Ordering::AcqRel) + number + 1 == self.count);
    }

    fn expect(&self, is_next: bool) {
        self.is_broken.fetch_or(!is_next, Ordering::AcqRel);
    }

    fn check(&self) -> Result<(), String> {
        let of = |counter: &AtomicUsize| counter.load(Ordering::Acquire);
        let (begun, ended) = (of(&self.begun), of(&self.ended));
        let is_in_order = !self.is_broken.load(Ordering::Acquire);
        if is_in_order && (begun, ended) == (self.count, self.count) {
            return Ok(());
        }
        let order = if is_in_order { "" } else { ", and not in their order" };
        Err(format!("of {} members {begun} began and {ended} ended{order}", self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(begins: [usize; 2], ends: [usize; 2]) -> bool {
        let run = once(2, |order| {
            for number in begins {
                order.begins(number);
            }
            let order = Arc::clone(order);
            Ok(move || {
                for number in ends {
                    order.ends(number);
                }
                Ok(())
            })
        });
        run.is_ok()
    }

    #[test]
    fn another_order_is_found() {
        assert!(order([0, 1], [1, 0]));
        assert!(!order([1, 0], [1, 0]));
        assert!(!order([0, 1], [0, 1]));
        assert!(!order([0, 0], [1, 0]));
    }
}
