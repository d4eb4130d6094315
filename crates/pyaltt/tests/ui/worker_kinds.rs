use pyaltt::prelude::*;

#[background_worker(bounded = 64)]
fn looped_with_bound() {}

#[background_worker(event, interval = "1s")]
fn event_with_interval() {}

#[background_worker(queue, realtime)]
fn queue_with_realtime(_task: u8) {}

#[background_worker(event, on_dropped = drop)]
fn event_with_on_dropped() {}

#[background_worker(queue, event)]
fn two_kinds(_task: u8) {}

#[background_worker(looped, queue = LETTERS)]
fn two_kinds_with_value(_task: u8) {}

#[background_worker(queue, queue = LETTERS)]
fn kind_twice(_task: u8) {}

fn main() {}
