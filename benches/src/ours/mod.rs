//! Our contenders: the library, as a user uses it.

mod asked;
mod durable;
mod event;
mod group;
mod lone;
mod queue;
mod stalling;
mod ticker;
mod worker;

pub use queue::{QueueWorker, Running};

use crate::awaiting::Runtime;
use crate::contender::Contender;

/// Our contenders in the messages report, in the order of its tables.
pub fn messages() -> Vec<Contender> {
    vec![queue::contender(), queue::with_policy(), asked::put(), event::contender(), event::restarted()]
}

/// Our contenders in the cases of async code, which are part of the messages report, in the order of its tables.
pub fn awaiting<R: Runtime>() -> Vec<Contender> {
    vec![asked::contender::<R>(), asked::try_put::<R>()]
}

/// Our contenders in the queues report.
pub fn queues() -> Vec<Contender> {
    vec![durable::contender(), durable::many_at_once()]
}

/// Our contenders in the groups report, in the order of its tables.
pub fn groups() -> Vec<Contender> {
    vec![group::contender(), group::workers(), group::by_hand()]
}

/// Our contenders in the timing report, in the order of its tables.
pub fn timing() -> Vec<Contender> {
    vec![
        ticker::tight(),
        ticker::balanced(),
        ticker::frugal(),
        ticker::awake(),
        worker::realtime(),
        ticker::precise(),
        worker::precise(),
        ticker::poll(),
    ]
}
