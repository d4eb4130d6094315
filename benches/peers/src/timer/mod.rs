//! Peers that keep an interval: one file for each way to wait.
//!
//! - [`std_sleep`], [`spin_sleep`], [`tokio`], [`rtsc`], [`crossbeam`]: what else a Rust program can use.
//! - [`nanosleep`], [`cyclictest`]: the yardstick of the field, as a clone in this process and as itself.

mod crossbeam;
mod cyclictest;
mod nanosleep;
mod rtsc;
mod spin_sleep;
mod std_sleep;
mod tokio;

use pyaltt_benches::contender::Contender;

/// All of them, in the order of the tables.
pub fn contenders() -> Vec<Contender> {
    vec![
        spin_sleep::hint(),
        spin_sleep::yielding(),
        cyclictest::contender(),
        nanosleep::default_slack(),
        nanosleep::least_slack(),
        std_sleep::contender(),
        crossbeam::tick(),
        crossbeam::select(),
        rtsc::contender(),
        tokio::contender(),
    ]
}
