use std::rc::Rc;

use pyaltt::prelude::*;

#[background_worker(queue)]
fn task_that_stays(_task: Rc<u8>) {}

#[background_worker]
fn parameter_that_stays(_value: &Rc<u8>, _other: &u8) {}

#[background_worker]
fn wrong_tick(_tick: u8) {}

#[background_worker]
fn wrong_context(_cx: &mut u8) {}

#[background_worker]
fn wrong_value() -> u8 {
    5
}

#[background_worker]
fn wrong_error() -> Result<(), u8> {
    Ok(())
}

#[background_worker(on_error = |error| error.to_string())]
fn wrong_handler() {}

#[background_worker(queue, priority)]
fn no_order(_task: f64) {}

#[background_worker]
fn mailer(_server: &String, _sent: &mut u64) {}

fn main() {
    mailer.start().unwrap();
    mailer.start("localhost", 0).unwrap();
}
