//! The queue of a worker that restarts: a life that waits is a life of its queue.

use std::time::Duration;

use pyaltt_core::{BackgroundQueueWorker, Context, ManualClock, PutError, PutErrorKind, Queue, State, queue};
use testkit::os_thread::spawn_asleep;
use testkit::{OnDrop, Probe, Turnstile};

use super::starts::{Faults, Printer};
use super::{LONG, MILLIS, Rig, exact, printer, wait_for};
use crate::flavour::Flavour;

/// A worker that has failed and waits for its restart, with room for one task in its queue.
fn waiting(flavour: Flavour) -> Rig {
    waiting_with(flavour, ())
}

/// The same, with an object.
fn waiting_with(flavour: Flavour, object: impl Send + 'static) -> Rig {
    let builder = flavour.bounded(BackgroundQueueWorker::builder(Printer(Faults::default())), 1).o(object);
    let rig = Rig::of(builder, exact().max(1, LONG));
    rig.fail();
    // The worker of a channel sleeps by the clock in its backoff as well.
    rig.is_asleep();
    rig
}

/// Another worker of the queue, whose first failure is its last; it is held before it fails.
fn other(queue_of: &Rig) -> (BackgroundQueueWorker<u32>, Turnstile) {
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let other = queue(move |_task: u32, _cx: &mut Context| {
        pass.pass();
        Err::<(), _>("no ink")
    });
    let other = other.queue(queue_of.worker.queue().clone()).start().unwrap();
    other.put(0).unwrap();
    turnstile.wait();
    (other, turnstile)
}

fn blocked_put(queue: &Queue<u32>, task: u32) -> std::thread::JoinHandle<Result<(), PutError<u32>>> {
    let queue = queue.clone();
    spawn_asleep(move || queue.put(task))
}

#[track_caller]
fn assert_refused(result: Result<(), PutError<u32>>, want: PutErrorKind) {
    assert_eq!(result.unwrap_err().kind(), want);
}

#[apply(bounded)]
fn the_queue_of_a_worker_that_waits_is_open_and_its_producers_wait() {
    for flavour in Flavour::ALL {
        let rig = waiting(flavour);
        rig.worker.put(1).unwrap();
        assert_refused(rig.worker.try_put(2), PutErrorKind::Full);
        assert_refused(rig.worker.put_timeout(2, Duration::ZERO), PutErrorKind::Timeout);
        let producers = [3, 4].map(|task| blocked_put(rig.worker.queue(), task));
        assert!(producers.iter().all(|producer| !producer.is_finished()), "{flavour:?}");
        rig.end_backoff();
        for producer in producers {
            producer.join().unwrap().unwrap();
        }
        assert!(testkit::until(LONG, || rig.worker.stats().turns == 4), "{flavour:?}");
        // The budget is spent now: the last failure of the last life gives the producers their tasks back.
        rig.worker.put(0).unwrap();
        testkit::failed(rig.worker.wait());
        assert_refused(rig.worker.put(5), PutErrorKind::WorkerFailed);
    }
}

#[apply(bounded)]
fn the_last_failure_of_another_worker_does_not_fail_the_queue_of_one_that_waits() {
    for flavour in Flavour::ALL {
        let rig = waiting(flavour);
        let (other, turnstile) = other(&rig);
        rig.worker.put(1).unwrap();
        let producer = blocked_put(rig.worker.queue(), 2);
        turnstile.release();
        testkit::failed(other.wait());
        assert_refused(other.try_put(3), PutErrorKind::Full);
        assert!(!producer.is_finished(), "{flavour:?}");
        rig.end_backoff();
        producer.join().unwrap().unwrap();
        assert!(testkit::until(LONG, || rig.worker.is_empty()));
        rig.worker.stop().unwrap();
    }
}

#[apply(bounded)]
fn a_worker_that_gives_up_fails_the_queue_if_it_is_the_last_one() {
    for flavour in Flavour::ALL {
        for is_last in [false, true] {
            let rig = waiting(flavour);
            let (other, turnstile) = other(&rig);
            if is_last {
                turnstile.release();
                testkit::failed(other.wait());
            }
            rig.restart();
            rig.worker.put(0).unwrap();
            testkit::failed(rig.worker.wait());
            if is_last {
                assert_refused(rig.worker.put(1), PutErrorKind::WorkerFailed);
            } else {
                rig.worker.put(1).unwrap();
                assert_refused(rig.worker.try_put(2), PutErrorKind::Full);
                turnstile.release();
                testkit::failed(other.wait());
                assert_refused(rig.worker.put(2), PutErrorKind::WorkerFailed);
            }
            assert_eq!(rig.worker.take_pending().len(), usize::from(!is_last), "{flavour:?}");
        }
    }
}

/// Ends the life of a worker that waits; the worker may be gone by then.
type End = fn(BackgroundQueueWorker<u32>) -> Option<BackgroundQueueWorker<u32>>;

const ENDS: [(&str, End); 4] = [
    ("stop", |worker| {
        worker.stop().unwrap();
        Some(worker)
    }),
    ("terminate", |worker| {
        worker.terminate();
        drop(worker.wait());
        Some(worker)
    }),
    ("the last handle", |worker| {
        drop(worker);
        None
    }),
    ("taken out", |worker| {
        worker.signal_stop();
        assert!(worker.into_inner::<Printer>().is_ok());
        None
    }),
];

#[apply(bounded)]
fn a_life_that_was_ended_while_it_waited_leaves_its_queue_open_and_is_no_life_of_it_any_more() {
    for flavour in Flavour::ALL {
        for (name, end) in ENDS {
            let gone = Probe::new();
            let last = gone.clone();
            let rig = waiting_with(flavour, OnDrop::new(move || last.add(())));
            let (other, turnstile) = other(&rig);
            let queue = rig.worker.queue().clone();
            let left = end(rig.worker);
            queue.put(1).unwrap();
            assert_refused(queue.try_put(2), PutErrorKind::Full);
            if name == "the last handle" {
                // Its thread leaves the queue, some time after the drop.
                gone.next();
            }
            // So the next failure is that of the last life.
            turnstile.release();
            testkit::failed(other.wait());
            assert_refused(queue.try_put(2), PutErrorKind::WorkerFailed);
            drop(left);
        }
    }
}

#[apply(bounded)]
fn a_worker_taken_out_before_its_thread_has_left_the_queue_is_no_life_of_it_any_more() {
    for flavour in Flavour::ALL {
        let (exits, clock) = (Turnstile::new(), ManualClock::new());
        let pass = exits.clone();
        let worker = flavour
            .bounded(BackgroundQueueWorker::builder(Printer(Faults::default())), 1)
            .restart(exact())
            .clock(clock.clone())
            .on_exit(move |_| pass.pass())
            .start()
            .unwrap();
        let queue_of = worker.queue().clone();
        let other = queue(|_task: u32, _cx: &mut Context| Err::<(), _>("no ink"));
        let other = other.queue(queue_of.clone()).build().unwrap();
        worker.put(0).unwrap();
        exits.wait();
        // Its thread is held, and all that it has is gone.
        worker.signal_stop();
        assert!(worker.into_inner::<Printer>().is_ok());
        other.start().unwrap();
        queue_of.put(1).unwrap();
        testkit::failed(other.wait());
        assert_refused(queue_of.try_put(2), PutErrorKind::WorkerFailed);
        exits.release();
    }
}

#[apply(bounded)]
fn two_workers_that_wait_both_count() {
    for flavour in Flavour::ALL {
        let rig = waiting(flavour);
        let (clock, exits) = (ManualClock::new(), Probe::new());
        let seen = exits.clone();
        let second = printer()
            .queue(rig.worker.queue().clone())
            .restart(exact().max(1, LONG))
            .on_exit(move |exit| seen.add(exit.then))
            .clock(clock.clone())
            .start()
            .unwrap();
        second.put(0).unwrap();
        exits.next();
        // The first gives up, and the second waits for its restart.
        rig.restart();
        rig.worker.put(0).unwrap();
        testkit::failed(rig.worker.wait());
        second.put(1).unwrap();
        assert_refused(second.try_put(2), PutErrorKind::Full);
        assert_eq!(clock.advance_to_next(), 100 * MILLIS);
        wait_for(&second, State::Active);
        second.put(0).unwrap();
        testkit::failed(second.wait());
        assert_refused(second.put(3), PutErrorKind::WorkerFailed);
        // A new life of either opens it.
        rig.worker.start().unwrap();
        second.put(4).unwrap();
        assert!(testkit::until(LONG, || second.is_empty()), "{flavour:?}");
    }
}

#[apply(bounded)]
fn what_is_pending_when_the_last_handle_of_a_worker_that_waits_is_dropped_is_its_queues() {
    for flavour in Flavour::ALL {
        let rig = waiting(flavour);
        rig.worker.put(7).unwrap();
        let queue = rig.worker.queue().clone();
        drop(rig.worker);
        assert_eq!(queue.take_pending(), [7], "{flavour:?}");
        queue.put(8).unwrap();
    }
}
