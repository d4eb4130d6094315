//! Waits on a worker's own thread, which the worker's own stop cuts.

mod ends;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Flow, Inbox, PutError, PutErrorKind, Queue,
    StopError, Turn, Worker, queue,
};
use testkit::os_thread::OsThread;
use testkit::{EXPECTED, Probe, Turnstile, silence_expected_panics};

use crate::flavour::{Flavour, wait_until_asleep};

const LONG: Duration = Duration::from_secs(3600);

/// The two ways to put that wait.
type Put = fn(&Queue<u32>, u32) -> Result<(), PutError<u32>>;
type End = fn(&BackgroundQueueWorker<u32>);

const PUTS: [Put; 2] = [|queue, task| queue.put(task), |queue, task| queue.put_timeout(task, LONG)];

/// The two ways to end a run, with the reason that it is to have.
const ENDS: [(End, ExitReason); 2] = [
    (|worker| worker.signal_stop(), ExitReason::Stopped),
    (|worker| worker.terminate(), ExitReason::Terminated),
];

/// A worker that waits in its first turn, what tells when, and the errors that its handler is given.
struct Waiting {
    worker: BackgroundQueueWorker<u32>,
    threads: Probe<OsThread>,
    handled: Probe<String>,
}

fn waiting(turn: impl Fn(u32) -> Turn + Send + 'static) -> Waiting {
    let (threads, handled) = (Probe::new(), Probe::new());
    let (show, seen) = (threads.clone(), handled.clone());
    let worker = queue(move |task: u32, _cx| {
        show.add(OsThread::current());
        turn(task)
    })
    .name("waits")
    .on_error(move |error| {
        seen.note(error.to_string());
        Flow::Stop
    })
    .start()
    .unwrap();
    worker.put(1).unwrap();
    wait_until_asleep(&threads);
    Waiting { worker, threads, handled }
}

impl Waiting {
    /// Asserts that the run has ended as one that was cut in its first turn.
    #[track_caller]
    fn assert_interrupted(&self, reason: ExitReason) {
        let exit = self.worker.wait().unwrap();
        let seen = (exit.reason, exit.turns, exit.errors, exit.panics);
        assert_eq!(seen, (reason, 1, 0, 0));
        assert!(exit.error.is_none());
        let stats = self.worker.stats();
        assert_eq!((stats.interrupted, stats.errors), (1, 0));
        assert!(self.handled.is_empty(), "{:?}", self.handled.all());
    }
}

/// 8, f15.
#[apply(bounded)]
fn a_put_into_a_full_queue_is_cut_by_the_stop_of_the_worker_that_puts() {
    for flavour in Flavour::ALL {
        for put in PUTS {
            for (end, reason) in ENDS {
                let target = flavour.full("full");
                let (lines, refused) = (target.queue().clone(), Probe::new());
                let told = refused.clone();
                let waiting = waiting(move |task| {
                    put(&lines, task).map_err(|error| {
                        told.add((error.kind(), error.to_string()));
                        error.into_inner().to_string()
                    })?;
                    Ok(Flow::Continue)
                });
                end(&waiting.worker);
                waiting.assert_interrupted(reason);
                let (kind, text) = refused.next();
                assert_eq!(kind, PutErrorKind::Stopping, "{flavour:?}");
                assert_eq!(text, "the queue is full, and the worker that puts was told to stop");
                assert_eq!(target.take_pending(), [0]);
                // The next run is not cut by the stop of the last one.
                waiting.worker.put(2).unwrap();
                waiting.worker.start().unwrap();
                assert_eq!(waiting.worker.drain().unwrap().turns, 1);
                assert_eq!(target.take_pending(), [2]);
            }
        }
    }
}

/// 8. A turn that goes on after the cut, and one that has been told to stop before it waits.
#[apply(bounded)]
fn a_turn_that_puts_up_with_the_cut_is_an_ordinary_turn() {
    for flavour in Flavour::ALL {
        let target = flavour.full("full");
        let (lines, refused) = (target.queue().clone(), Probe::new());
        let told = refused.clone();
        let waiting = waiting(move |task| {
            for _ in 0..3 {
                told.add(lines.put(task).unwrap_err().kind());
            }
            Ok(Flow::Continue)
        });
        let exit = waiting.worker.stop().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1), "{flavour:?}");
        assert_eq!(waiting.worker.stats().interrupted, 0);
        assert_eq!(refused.all(), [PutErrorKind::Stopping; 3]);
        // What needs no wait is no matter.
        assert!(target.take_pending() == [0] && target.try_put(1).is_ok());
    }
}

/// 8. The handle of the other worker gives the same, and says whose queue it was.
#[apply(bounded)]
fn a_cut_put_by_a_handle_names_the_worker_of_the_queue() {
    for flavour in Flavour::ALL {
        let target = flavour.full("target");
        let (handle, refused) = (target.clone(), Probe::new());
        let told = refused.clone();
        let waiting = waiting(move |task| {
            told.add(handle.put(task).unwrap_err());
            Ok(Flow::Continue)
        });
        waiting.worker.stop().unwrap();
        let error = refused.next();
        let want = r#"worker "target": its queue is full, and the worker that puts was told to stop"#;
        assert_eq!((error.to_string(), error.into_inner()), (want.to_owned(), 1));
    }
}

/// 8. Errors and panics that no cut has caused, and those that come after one.
#[apply(bounded)]
fn only_an_error_after_a_cut_is_no_failure() {
    silence_expected_panics();
    // An error while the worker stops, without a wait that was cut.
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let worker = queue(move |_task: u32, _cx| {
        pass.pass();
        Err::<(), _>("no paper")
    })
    .start()
    .unwrap();
    worker.put(1).unwrap();
    turnstile.wait();
    worker.signal_stop();
    turnstile.release();
    assert!(matches!(worker.wait(), Err(StopError::Failed(_))));
    assert_eq!(worker.stats().interrupted, 0);

    // A panic is a bug, whatever came before it.
    let target = Flavour::Fifo.full("full");
    let lines = target.queue().clone();
    let waiting = waiting(move |task| {
        assert!(lines.put(task).is_ok(), "{EXPECTED}refused");
        Ok(Flow::Continue)
    });
    waiting.worker.signal_stop();
    assert!(matches!(waiting.worker.wait(), Err(StopError::Failed(_))));
    assert_eq!((waiting.handled.len(), waiting.worker.stats().interrupted), (1, 0));
}

/// 8. An own loop that returns the error.
#[apply(bounded)]
fn an_own_loop_that_returns_the_error_of_a_cut_put_was_interrupted() {
    struct Pusher {
        lines: Queue<u32>,
        threads: Probe<OsThread>,
        handled: Probe<String>,
    }
    impl Worker for Pusher {
        type Task = u32;
        fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
        fn r#loop(&mut self, _inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
            self.threads.add(OsThread::current());
            self.lines.put(7)?;
            Ok(())
        }
        fn on_error(&mut self, error: &pyaltt_core::WorkerError, _cx: &mut Context) -> Flow {
            self.handled.note(error.to_string());
            Flow::Stop
        }
    }
    for flavour in Flavour::ALL {
        let (threads, handled) = (Probe::new(), Probe::new());
        let target = flavour.full("full");
        let pusher =
            Pusher { lines: target.queue().clone(), threads: threads.clone(), handled: handled.clone() };
        let worker = BackgroundQueueWorker::builder(pusher).start().unwrap();
        wait_until_asleep(&threads);
        let exit = worker.stop().unwrap();
        assert_eq!(exit.reason, ExitReason::Stopped, "{flavour:?}");
        assert!(exit.error.is_none() && handled.is_empty());
        assert_eq!(worker.stats().interrupted, 1);
        worker.wait().unwrap();
    }
}

/// 8. A puts into B, and B into A, both full: one call stops each.
#[apply(bounded)]
fn a_ring_of_workers_that_wait_for_each_other_is_stopped_by_one_call_each() {
    for flavour in Flavour::ALL {
        let slots: [Arc<OnceLock<Queue<u32>>>; 3] = Default::default();
        let threads = Probe::new();
        let ring: Vec<_> = (0..3)
            .map(|index| {
                let (next, show) = (Arc::clone(&slots[(index + 1) % 3]), threads.clone());
                let push = queue(move |task: u32, _cx| {
                    let next = next.wait();
                    // Until it is full, and then one more.
                    while next.try_put(task).is_ok() {}
                    show.add(OsThread::current());
                    loop {
                        next.put(task)?;
                    }
                    #[expect(unreachable_code, reason = "it says what the closure returns")]
                    Ok::<(), BoxError>(())
                });
                let worker = flavour.bounded(push, 1).name(format!("ring {index}")).build().unwrap();
                slots[index].set(worker.queue().clone()).unwrap();
                worker
            })
            .collect();
        for worker in &ring {
            worker.put(1).unwrap();
        }
        for worker in &ring {
            worker.start().unwrap();
        }
        (0..3).for_each(|_| wait_until_asleep(&threads));
        for worker in &ring {
            let exit = worker.stop().unwrap();
            assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1), "{flavour:?}");
        }
        for worker in &ring {
            assert_eq!(worker.stats().interrupted, 1);
            assert_eq!(worker.take_pending(), [1]);
        }
    }
}

type Wait = fn(&BackgroundQueueWorker<u32>) -> Result<Exit, StopError>;

/// Every wait for another worker's end.
const WAITS: [Wait; 6] = [
    |worker| worker.wait(),
    |worker| worker.wait_timeout(LONG),
    |worker| worker.stop(),
    |worker| worker.stop_timeout(LONG),
    |worker| worker.drain(),
    |worker| worker.drain_timeout(LONG),
];
