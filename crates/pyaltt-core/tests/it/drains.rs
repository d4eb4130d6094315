//! Drains at unusual moments, with a limit and without waiting, and stops from inside a comparison of tasks.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use pyaltt_core::{BackgroundQueueWorker, ExitReason, State, StopError, queue};
use testkit::os_thread::{OsThread, spawn_asleep};
use testkit::{Probe, Turnstile, until};

use crate::flavour::{Flavour, wait_until_asleep, wait_until_thread_is_asleep};
use crate::slow_start::SlowStart;

const LONG: Duration = Duration::from_secs(3600);

/// 10, f09.
#[apply(bounded)]
fn a_drain_of_a_worker_that_starts_runs_what_is_queued() {
    for flavour in Flavour::ALL {
        for runs in 1..3 {
            let turnstile = Turnstile::new();
            let builder = BackgroundQueueWorker::builder(SlowStart(turnstile.clone()));
            let worker = flavour.unbounded(builder).build().unwrap();
            for _ in 1..runs {
                turnstile.release();
                worker.start().unwrap();
                turnstile.wait();
                worker.stop().unwrap();
            }
            (0..3).for_each(|task| worker.put(task).unwrap());
            let starter = worker.clone();
            let starter = std::thread::spawn(move || starter.start());
            turnstile.wait();
            assert_eq!(worker.state(), State::Starting);
            let drains = [false, true].map(|timed| {
                let worker = worker.clone();
                spawn_asleep(move || if timed { worker.drain_timeout(LONG) } else { worker.drain() })
            });
            worker.signal_drain();
            // This one comes after the drains.
            worker.put(3).unwrap();
            turnstile.release();
            starter.join().unwrap().unwrap();
            for drain in drains {
                let exit = drain.join().unwrap().unwrap();
                assert_eq!((exit.reason, exit.turns, exit.left), (ExitReason::Stopped, 3, 0), "{flavour:?}");
            }
            assert_eq!(worker.len(), 1);
        }
    }
}

/// 10, f09. As early as it can come.
#[apply(bounded)]
fn a_drain_from_the_first_moment_of_a_start_loses_no_task() {
    for flavour in Flavour::ALL {
        let worker = flavour.unbounded(queue(|_task: u32, _cx| ())).build().unwrap();
        for run in 1..=100 {
            (0..3).for_each(|task| worker.put(task).unwrap());
            std::thread::scope(|scope| {
                let drainer = scope.spawn(|| {
                    while worker.state() == State::Stopped && worker.last_exit().run < run {
                        std::thread::yield_now();
                    }
                    worker.drain().unwrap()
                });
                worker.start().unwrap();
                let exit = drainer.join().unwrap();
                assert_eq!((exit.run, exit.turns, exit.left), (run, 3, 0), "{flavour:?}");
            });
            assert!(worker.is_empty());
        }
    }
}

/// 11.
#[apply(bounded)]
fn a_drain_that_takes_too_long_stays_in_force() {
    for flavour in Flavour::ALL {
        let (worker, turnstile) = flavour.held(3);
        for limit in [Duration::ZERO, Duration::from_millis(1)] {
            match worker.drain_timeout(limit) {
                Err(StopError::Timeout { worker, stuck_turn: Some(1), .. }) => assert_eq!(&*worker, "held"),
                other => panic!("{flavour:?}: {other:?}"),
            }
        }
        assert_eq!(worker.state(), State::Stopping);
        worker.put(9).unwrap();
        (0..4).for_each(|_| turnstile.release());
        let exit = worker.wait().unwrap();
        assert_eq!((exit.reason, exit.turns, exit.left), (ExitReason::Stopped, 4, 0), "{flavour:?}");
        assert_eq!(worker.take_pending(), [9]);
        // A worker that is stopped is drained at once.
        assert_eq!(worker.drain_timeout(Duration::ZERO).unwrap().run, 1);
    }
}

/// 11.
#[apply(bounded)]
fn a_drain_with_a_limit_is_a_drain() {
    for flavour in Flavour::ALL {
        for limit in [LONG, Duration::MAX] {
            let worker = flavour.unbounded(queue(|_task: u32, _cx| ())).start().unwrap();
            (0..100).for_each(|task| worker.put(task).unwrap());
            let exit = worker.drain_timeout(limit).unwrap();
            assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 100), "{flavour:?}");
            assert_eq!(worker.state(), State::Stopped);
        }
    }
}

/// 11.
#[apply(bounded)]
fn a_drain_can_be_signalled_without_waiting() {
    for flavour in Flavour::ALL {
        let (worker, turnstile) = flavour.held(3);
        worker.signal_drain();
        worker.signal_drain();
        assert_eq!(worker.state(), State::Stopping);
        worker.put(9).unwrap();
        (0..4).for_each(|_| turnstile.release());
        assert_eq!(worker.wait().unwrap().turns, 4, "{flavour:?}");
        assert_eq!(worker.take_pending(), [9]);
        // It is nothing to a worker that does not run, nor to its next run.
        worker.signal_drain();
        worker.start().unwrap();
        worker.put(1).unwrap();
        turnstile.wait();
        assert!(worker.is_active());
        turnstile.release();
        worker.stop().unwrap();
    }
}

/// 11. A turn drains its own worker.
#[apply(bounded)]
fn a_turn_may_drain_its_own_worker() {
    for flavour in Flavour::ALL {
        for timed in [None, Some(false), Some(true)] {
            let slot = Arc::new(OnceLock::<BackgroundQueueWorker<u32>>::new());
            let inner = Arc::clone(&slot);
            let worker = flavour.unbounded(queue(move |task: u32, _cx| {
                let worker = inner.wait();
                if task > 0 {
                    return;
                }
                (1..4).for_each(|task| worker.put(task).unwrap());
                match timed {
                    None => worker.signal_drain(),
                    Some(timed) => {
                        let result = if timed { worker.drain_timeout(LONG) } else { worker.drain() };
                        assert!(matches!(result, Err(StopError::FromWorker { .. })), "{result:?}");
                    }
                }
                worker.put(9).unwrap();
            }));
            let worker = worker.start().unwrap();
            let _ = slot.set(worker.clone());
            worker.put(0).unwrap();
            let exit = worker.wait().unwrap();
            assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 4), "{flavour:?}");
            assert_eq!(worker.take_pending(), [9]);
        }
    }
}

/// 11. The stop of the worker that asks cuts a drain with a limit, and what was asked for stays in force.
#[apply(bounded)]
fn a_cut_drain_of_another_worker_stays_in_force() {
    let (other, turnstile) = Flavour::Fifo.held(2);
    let (drained, threads) = (other.clone(), Probe::new());
    let show = threads.clone();
    let asker = queue(move |_task: u32, _cx| {
        show.add(OsThread::current());
        drained.drain_timeout(LONG).map(drop)
    });
    let asker = asker.start().unwrap();
    asker.put(1).unwrap();
    wait_until_asleep(&threads);
    assert_eq!(asker.stop().unwrap().reason, ExitReason::Stopped);
    (0..3).for_each(|_| turnstile.release());
    assert_eq!(other.wait().unwrap().turns, 3);
}

/// What a comparison on the thread of the test calls, once.
type Hook = Box<dyn FnOnce() + Send>;

/// A task whose comparison calls a function, on a thread that is not the worker's.
struct Compared {
    key: u32,
    hook: Arc<Mutex<Option<Hook>>>,
}

std::thread_local! {
    static CALLS_HOOKS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

testkit::ordered_by!(Compared, |a, b| {
    if CALLS_HOOKS.get() {
        let hook = a.hook.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
    }
    a.key.cmp(&b.key)
});

/// A worker that is held in its first turn, its thread, and what a comparison of its other tasks calls.
struct Held {
    worker: BackgroundQueueWorker<Compared>,
    turnstile: Turnstile,
    thread: OsThread,
    hook: Arc<Mutex<Option<Hook>>>,
}

impl Held {
    fn with_four_tasks() -> Self {
        let (turnstile, threads) = (Turnstile::new(), Probe::new());
        let (pass, show) = (turnstile.clone(), threads.clone());
        let worker = queue(move |_task: Compared, _cx| {
            show.add(OsThread::current());
            pass.pass();
        });
        let worker = worker.priority().start().unwrap();
        let hook = Arc::default();
        let put = |key| worker.put(Compared { key, hook: Arc::clone(&hook) }).unwrap();
        put(9);
        turnstile.wait();
        (0..4).for_each(put);
        Self { thread: threads.next(), worker, turnstile, hook }
    }
}

/// 10, f13.
#[apply(bounded)]
fn a_stop_from_inside_a_comparison_on_another_thread_returns() {
    type End = fn(&BackgroundQueueWorker<Compared>) -> ExitReason;
    let ends: [End; 3] = [
        |worker| worker.stop().unwrap().reason,
        |worker| worker.stop_timeout(LONG).unwrap().reason,
        |worker| {
            worker.terminate();
            worker.wait().unwrap().reason
        },
    ];
    for end in ends {
        for compare in
            [(|worker| drop(worker.take_pending())) as fn(&BackgroundQueueWorker<Compared>), |worker| {
                worker.signal_drain();
            }]
        {
            let Held { worker, turnstile, thread, hook } = Held::with_four_tasks();
            let ended = Probe::new();
            let (stopped, told) = (worker.clone(), ended.clone());
            *hook.lock().unwrap() = Some(Box::new(move || {
                // The turn ends while the heap is out, and the worker comes for its next task.
                turnstile.release();
                wait_until_thread_is_asleep(&thread);
                told.add(end(&stopped));
            }));
            CALLS_HOOKS.set(true);
            compare(&worker);
            CALLS_HOOKS.set(false);
            let reason = ended.next();
            assert!(matches!(reason, ExitReason::Stopped | ExitReason::Terminated), "{reason:?}");
            assert_eq!(worker.stats().turns, 1);
            drop(worker.take_pending());
        }
    }
}

/// 10, f13. The worker that waited for the heap goes on when it comes back.
#[apply(bounded)]
fn a_worker_waits_for_a_comparison_on_another_thread_and_goes_on() {
    let Held { worker, turnstile, thread, hook } = Held::with_four_tasks();
    let release = turnstile.clone();
    *hook.lock().unwrap() = Some(Box::new(move || {
        release.release();
        wait_until_thread_is_asleep(&thread);
    }));
    CALLS_HOOKS.set(true);
    worker.signal_drain();
    CALLS_HOOKS.set(false);
    (0..4).for_each(|_| turnstile.release());
    assert!(until(LONG, || worker.state() == State::Stopped));
    assert_eq!(worker.drain().unwrap().turns, 5);
}

/// Another worker takes some of what a drain has counted, and the drain takes no more than that number of later tasks.
#[apply(bounded)]
fn a_drain_of_an_external_queue_beside_another_worker_takes_no_more_than_there_were() {
    for flavour in [Flavour::Channel, Flavour::Custom] {
        let (drained, turnstile) = flavour.held(0);
        let (other_turnstile, ran) = (Turnstile::new(), Probe::new());
        let (pass, sink) = (other_turnstile.clone(), ran.clone());
        let other = queue(move |task: u32, _cx| {
            sink.add(task);
            pass.pass();
        });
        let other = other.queue(drained.queue().clone()).start().unwrap();
        drained.put(1).unwrap();
        other_turnstile.wait();
        (2..4).for_each(|task| drained.put(task).unwrap());
        drained.signal_drain();
        (4..10).for_each(|task| drained.put(task).unwrap());
        // The other worker takes the two that were counted.
        for _ in 0..2 {
            other_turnstile.release();
            other_turnstile.wait();
        }
        (0..3).for_each(|_| turnstile.release());
        assert_eq!(drained.wait().unwrap().turns, 1 + 2, "{flavour:?}");
        assert_eq!((ran.all(), drained.take_pending()), (vec![1, 2, 3], vec![6, 7, 8, 9]), "{flavour:?}");
        other_turnstile.release();
        other.stop().unwrap();
    }
}
