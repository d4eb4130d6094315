//! The stop of a consumer that has very many tasks waiting.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{nanos, real};
use crate::handover::{Handover, Inbox};
use crate::protocol::Measured;

/// What a task takes, so that the consumer is far from done when it is stopped.
const TASK: Duration = Duration::from_micros(5);

/// From the call of stop until the consumer has ended, and how many tasks it handled after the call.
///
/// # Errors
///
/// When no task was left to be overtaken.
pub fn backlog<P: Handover>(count: usize) -> Result<Measured, String> {
    let handled = Arc::new(AtomicUsize::new(0));
    let inbox = P::start(None, {
        let handled = Arc::clone(&handled);
        move |_number: usize| {
            let until = Instant::now() + TASK;
            while Instant::now() < until {
                hint::spin_loop();
            }
            handled.fetch_add(1, Ordering::Relaxed);
        }
    });
    (0..count).for_each(|number| inbox.put(number));
    let before = handled.load(Ordering::Relaxed);
    let began = Instant::now();
    let rest = inbox.stop();
    let elapsed = began.elapsed();
    let after = handled.load(Ordering::Relaxed);
    drop(rest);
    if after >= count {
        return Err(format!("all {count} tasks were handled, {} of them after the stop", after - before));
    }
    Ok(Measured::of("ns", nanos(elapsed)).and("handled_after", real(after - before)))
}
