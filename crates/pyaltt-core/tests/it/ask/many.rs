//! Many askers of one worker.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use pyaltt_core::{AskError, BackgroundQueueWorker, Reply};

use super::{Task, started};

/// Counts its calls, and calls the worker in each of them, which takes its locks.
struct Counts {
    calls: AtomicUsize,
    worker: BackgroundQueueWorker<Task>,
}

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let _ = (self.worker.ask(Task::Answer).is_err(), self.worker.last_exit());
    }
}

/// 17. All of them are told, each once, and none under a lock.
#[apply(bounded)]
fn a17_the_end_releases_any_number_of_askers() {
    const ASKERS: usize = 100_000;
    let (clerk, turnstile) = started();
    let held = clerk.ask(Task::Hold).unwrap();
    turnstile.wait();
    let counts = Arc::new(Counts { calls: AtomicUsize::new(0), worker: clerk.clone() });
    let waker = Waker::from(Arc::clone(&counts));
    let mut cx = Context::from_waker(&waker);
    // Half of them wait.
    let mut replies: Vec<Reply<u64>> = (0..ASKERS).map(|_| clerk.ask(Task::Answer).unwrap()).collect();
    for reply in replies.iter_mut().step_by(2) {
        assert!(pin!(reply).poll(&mut cx).is_pending());
    }
    clerk.signal_stop();
    turnstile.release();
    clerk.stop().unwrap();
    assert_eq!(counts.calls.load(Ordering::SeqCst), ASKERS / 2);
    for reply in &mut replies {
        assert!(matches!(pin!(reply).poll(&mut cx), Poll::Ready(Err(AskError::Ended { .. }))));
    }
    assert_eq!(held.wait().unwrap(), 1);
    assert_eq!(clerk.take_pending().len(), ASKERS);
    assert_eq!(counts.calls.load(Ordering::SeqCst), ASKERS / 2);
}
