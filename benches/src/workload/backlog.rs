//! The stop of a consumer with very many waiting tasks.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::times::{nanos, real};
use crate::case::{Case, Figure, Unit, Work};
use crate::contender::Contender;
use crate::handover::{Handover, Inbox};
use crate::measured::Measured;

/// The id of its case.
pub const STOP_WITH_BACKLOG: &str = "stop-with-backlog";

pub(super) fn cases() -> Vec<Case> {
    let how = "Every task takes 5 µs and is put before the stop. From the call of stop until the consumer has ended, \
               without the tasks that it did not begin.";
    let title = "Stop of a worker with very many queued tasks";
    let figures = [
        Figure::nanos("ns", "stop").with_ratio(),
        Figure::new("handled_after", "tasks handled after", Unit::Count),
    ];
    vec![Case::new(STOP_WITH_BACKLOG, title, how, Work::Repeat(1_000_000)).with(figures)]
}

impl Contender {
    /// Takes part: its stop overtakes the tasks that wait.
    #[must_use]
    pub fn overtakes<P: Handover>(self) -> Self {
        self.does(STOP_WITH_BACKLOG, backlog::<P>)
    }
}

/// The time that a task takes: the consumer must be far from done when it is stopped.
const TASK: Duration = Duration::from_micros(5);

/// From the call of stop until the consumer has ended, and how many tasks it handled after the call.
fn backlog<P: Handover>(count: usize) -> Result<Measured, String> {
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
