use pyaltt::prelude::*;

#[background_worker(interval = "0ms")]
fn zero_interval() {}

#[background_worker(poll_delay = "0s")]
fn zero_poll_delay() {}

#[background_worker(delay_before = "0.0s")]
fn zero_delay() {}

#[background_worker(interval = "100")]
fn no_unit() {}

#[background_worker(interval = 100)]
fn number() {}

#[background_worker(delay = "5 parsecs")]
fn unknown_unit() {}

#[background_worker(delay_after = "ten ms")]
fn words() {}

#[background_worker(interval)]
fn no_time() {}

#[background_worker(interval = 5.0 * 2.0)]
fn code_of_another_type() {}

fn main() {}
