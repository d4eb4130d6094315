//! The threads of a round.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::plan::mix::mix;
use crate::plan::step::Plan;
use crate::round::Round;
use crate::round::driver::{Driver, taken};
use crate::round::groups;
use crate::round::progress::ThreadProgress;

/// Has the threads take all their steps, as the seed says.
pub(crate) fn play(round: &Round, seed: u64, number: u64) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for keeper in 0..round.size.groups {
            let is_over = &is_over;
            scope.spawn(move || groups::keep(round, keeper, mix(seed ^ number), is_over));
        }
        let threads: Vec<_> = (0..)
            .zip(&round.progress)
            .map(|(producer, progress)| {
                let plan = Plan::new(seed, number, producer.into(), round.size.workers, round.size.steps);
                scope.spawn(move || {
                    let mut driver = Driver::new(round, progress, producer);
                    for step in plan {
                        progress.step(step, |step| driver.take(step));
                    }
                })
            })
            .collect();
        let mut before = Vec::new();
        while threads.iter().any(|thread| !thread.is_finished()) {
            thread::sleep(Duration::from_millis(5));
            before = make_room(round, &before);
        }
        is_over.store(true, Ordering::SeqCst);
    });
}

/// Makes room for puts that wait. A put waits as long as it might still be served, and perhaps nobody will ever start
/// the worker. If it has been waiting since the last look, it gets its room by `take_pending`, which has to wake it.
fn make_room(round: &Round, before: &[u64]) -> Vec<u64> {
    let steps: Vec<u64> = round.progress.iter().map(ThreadProgress::steps).collect();
    for (index, thread) in round.progress.iter().enumerate() {
        if before.get(index) == Some(&steps[index])
            && let Some(queue) = thread.waits_for()
        {
            taken(queue.take_pending());
        }
    }
    steps
}
