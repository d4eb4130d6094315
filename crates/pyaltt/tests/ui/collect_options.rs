use pyaltt::{FunctionCollection, collect, collection};

collection! { static SHUTDOWN: FunctionCollection<()>; }

#[collect(SHUTDOWN, color = "red")]
fn unknown_option() {}

#[collect(SHUTDOWN, priority = 1, priority = 2)]
fn option_given_twice() {}

#[collect(SHUTDOWN, name)]
fn option_without_value() {}

#[collect(SHUTDOWN, name = 5)]
fn name_that_is_no_text() {}

#[collect(SHUTDOWN, priority = "high")]
fn priority_that_is_no_number() {}

#[collect(SHUTDOWN, priority = 3_000_000_000)]
fn priority_out_of_range() {}

#[collect(SHUTDOWN, priority = 10u8)]
fn priority_of_a_type() {}

#[collect(SHUTDOWN, priority = )]
fn priority_forgotten() {}

#[collect(SHUTDOWN, time_limit = 500)]
fn time_limit_without_unit() {}

#[collect(SHUTDOWN, time_limit = "5 parsecs")]
fn time_limit_of_unknown_unit() {}

#[collect(SHUTDOWN, time_limit = "0ms")]
fn time_limit_of_zero() {}

#[collect(SHUTDOWN priority = 1)]
fn no_comma() {}

fn main() {}
