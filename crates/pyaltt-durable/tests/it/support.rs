//! What the tests of workers share.

use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use pyaltt::{BackgroundQueueWorker, Context, TaskInfo, Turn};
use pyaltt_durable::{Durable, TaskState};
use testkit::until;

/// A limit for what has to happen.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A turn that was seen.
pub(crate) type Seen = (String, TaskInfo);

/// Starts a worker that tells of each turn before it does what `turn` says.
pub(crate) fn worker(
    queue: &Durable<String>,
    mut turn: impl FnMut(&str, &mut Context) -> Turn + Send + 'static,
) -> (BackgroundQueueWorker<String>, Receiver<Seen>) {
    let (sender, seen) = mpsc::channel();
    let worker = pyaltt::queue(move |letter: String, cx: &mut Context| {
        let info = cx.task().expect("a leased task").clone();
        // Whoever has seen enough may have gone.
        sender.send((letter.clone(), info)).ok();
        turn(&letter, cx)
    })
    .queue(queue.clone())
    .start()
    .unwrap();
    (worker, seen)
}

/// Waits until a queue has nothing to do any more, but for dead tasks.
pub(crate) fn wait_until_done(queue: &Durable<String>) {
    let is_done = || {
        let stats = queue.stats().unwrap();
        stats.ready.iter().sum::<u64>() + stats.delayed + stats.running == 0
    };
    assert!(until(LIMIT, is_done), "it is not done: {:?}", queue.stats());
}

/// Waits until a queue has so many tasks in hand.
pub(crate) fn wait_for_running(queue: &Durable<String>, running: u64) {
    assert!(until(LIMIT, || queue.stats().unwrap().running == running), "{:?}", queue.stats());
}

pub(crate) fn state_of(queue: &Durable<String>, id: pyaltt::TaskId) -> Option<TaskState> {
    queue.find(id).unwrap().map(|task| task.state)
}
