use pyaltt::prelude::*;

#[background_worker(interval = "1s", delay = "1s")]
fn interval_and_delay() {}

#[background_worker(delay_after = "1s", interval = "1s")]
fn delay_and_interval() {}

#[background_worker(delay = "1s", delay_after = "1s")]
fn two_delays() {}

#[background_worker(poll_delay = "1s", realtime)]
fn poll_delay_and_realtime() {}

#[background_worker(realtime = true, strategy = pyaltt::Precise)]
fn realtime_and_strategy() {}

#[background_worker(strategy = pyaltt::Precise, poll_delay = "1s")]
fn strategy_and_poll_delay() {}

#[background_worker(queue, overflow = Overflow::Reject)]
fn overflow_without_bound(_task: u8) {}

#[background_worker(queue, on_dropped = drop)]
fn on_dropped_without_bound(_task: u8) {}

#[background_worker(queue, bounded = 5, on_dropped = drop)]
fn on_dropped_without_drops(_task: u8) {}

#[background_worker(delay = "1s", missed = MissedTick::Skip)]
fn missed_without_interval() {}

#[background_worker(on_error = drop, on_error_with = |_, _| ())]
fn two_handlers() {}

#[background_worker(queue, priority, lifo)]
fn two_orders(_task: u8) {}

#[background_worker(queue = Queue::unbounded(), bounded = 5)]
fn bounded_external(_task: u8) {}

#[background_worker(lifo, queue = Queue::unbounded())]
fn ordered_external(_task: u8) {}

fn main() {}
