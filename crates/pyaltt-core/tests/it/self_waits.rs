//! Threads that cannot wait for themselves: destructors on a worker's thread, and threads that belong to a worker.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyaltt_core::layer::CurrentWorker;
use pyaltt_core::{
    BackgroundQueueWorker, ExitReason, Handle, PutErrorKind, StartError, State, StopError, event, looped,
    queue,
};
use testkit::os_thread::spawn_asleep;
use testkit::{OnDrop, Probe, Turnstile, until};

use crate::flavour::Flavour;

const LONG: Duration = Duration::from_secs(3600);

type Job = Box<dyn FnMut() + Send>;

std::thread_local! {
    /// Called as one of the last acts of a thread.
    static AT_END: RefCell<Option<OnDrop<Job>>> = const { RefCell::new(None) };
}

fn at_end_of_thread(job: impl FnMut() + Send + 'static) {
    AT_END.set(Some(OnDrop::new(Box::new(job))));
}

/// What a destructor calls, and what it is told.
type Call = fn(&BackgroundQueueWorker<u32>) -> String;

fn reason(result: Result<pyaltt_core::Exit, StopError>) -> String {
    result.map_or_else(|error| error.to_string(), |exit| format!("{:?}", exit.reason))
}

const ENDS: [Call; 7] = [
    |worker| reason(worker.wait()),
    |worker| reason(worker.wait_timeout(LONG)),
    |worker| reason(worker.stop()),
    |worker| reason(worker.stop_timeout(LONG)),
    |worker| reason(worker.drain()),
    |worker| reason(worker.drain_timeout(LONG)),
    |worker| {
        worker.terminate();
        worker.signal_stop();
        worker.signal_drain();
        format!("{:?}", worker.last_exit().reason)
    },
];

const START: Call = |worker| match worker.start() {
    Err(StartError::FromWorker { worker }) => format!("{worker} cannot"),
    other => format!("{other:?}"),
};

/// 6, f02.
#[apply(bounded)]
fn a_destructor_of_a_thread_local_may_call_its_worker() {
    for flavour in Flavour::ALL {
        for (call, want) in ENDS.map(|call| (call, "Stopped")).into_iter().chain([(START, "own cannot")]) {
            let (slot, told) = (Arc::new(OnceLock::<BackgroundQueueWorker<u32>>::new()), Probe::new());
            let worker = flavour.unbounded(queue({
                let (slot, told) = (Arc::clone(&slot), told.clone());
                move |_task: u32, _cx| {
                    let (worker, told) = (slot.wait().clone(), told.clone());
                    at_end_of_thread(move || told.note(call(&worker)));
                }
            }));
            let worker = worker.name("own").start().unwrap();
            let _ = slot.set(worker.clone());
            worker.put(1).unwrap();
            assert!(until(LONG, || worker.stats().turns == 1));
            // This joins the thread, so the destructor has returned.
            assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
            assert_eq!(told.all(), [want], "{flavour:?}");
            worker.start().unwrap();
            assert_eq!(worker.stop().unwrap().run, 2);
        }
    }
}

/// An error that calls the worker when it is dropped. It has a lock because errors have to be `Sync`.
struct Calls {
    _at_drop: std::sync::Mutex<OnDrop<Job>>,
}

impl std::fmt::Debug for Calls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it calls")
    }
}

impl std::fmt::Display for Calls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Calls {}

/// 6, f02. The exit of a run is dropped on the thread of the next one.
#[apply(bounded)]
fn a_destructor_of_the_last_exits_error_may_call_its_worker() {
    for (call, want) in ENDS.map(|call| (call, "Stopped")).into_iter().chain([(START, "own cannot")]) {
        let (slot, told) = (Arc::new(OnceLock::<BackgroundQueueWorker<u32>>::new()), Probe::new());
        let worker = queue({
            let (slot, told) = (Arc::clone(&slot), told.clone());
            move |task: u32, _cx| {
                if task > 0 {
                    return Ok(());
                }
                let (worker, told) = (slot.wait().clone(), told.clone());
                let job: Job = Box::new(move || told.note(call(&worker)));
                Err(Calls { _at_drop: std::sync::Mutex::new(OnDrop::new(job)) })
            }
        });
        let worker = worker.name("own").start().unwrap();
        let _ = slot.set(worker.clone());
        worker.put(0).unwrap();
        assert!(matches!(worker.wait(), Err(StopError::Failed(_))));
        worker.start().unwrap();
        worker.put(1).unwrap();
        assert!(until(LONG, || worker.stats().turns == 2));
        assert!(told.is_empty());
        assert_eq!(worker.stop().unwrap().run, 2);
        assert_eq!(told.next(), want);
        // The slot keeps the worker alive otherwise.
        worker.start().unwrap();
        assert_eq!(worker.drain().unwrap().run, 3);
    }
}

/// 6. A worker that a factory made is dropped before the run has ended, so its destructor is inside the run.
#[apply(bounded)]
fn a_destructor_of_a_made_worker_is_told_that_it_is_the_workers_thread() {
    let (slot, told) = (Arc::new(OnceLock::<Handle>::new()), Probe::new());
    let worker = {
        let (slot, told) = (Arc::clone(&slot), told.clone());
        pyaltt_core::queue_from(move || {
            let (slot, told) = (Arc::clone(&slot), told.clone());
            let at_drop = OnDrop::new(move || {
                let worker = slot.wait();
                told.add(worker.wait().map(drop).unwrap_err());
                told.add(worker.stop().map(drop).unwrap_err());
            });
            Ok(move |_task: u32, _cx: &mut pyaltt_core::Context| {
                let _ = &at_drop;
            })
        })
        .start()
        .unwrap()
    };
    let _ = slot.set(Handle::from(&worker));
    worker.stop().unwrap();
    assert!(told.all().iter().all(|error| matches!(error, StopError::FromWorker { .. })));
}

/// 7.
#[apply(bounded)]
fn calls_with_a_limit_do_not_wait_for_the_thread_to_go() {
    for fails in [false, true] {
        let turnstile = Turnstile::new();
        let pass = turnstile.clone();
        let turn = move || {
            let pass = pass.clone();
            at_end_of_thread(move || pass.pass());
            if fails { Err("no paper") } else { Ok(()) }
        };
        let (on_tick, on_task, on_trigger) = (turn.clone(), turn.clone(), turn);
        let beat = looped(move |_tick, _cx| on_tick()).interval(LONG).start().unwrap();
        let mail = queue(move |_task: u32, _cx| on_task()).start().unwrap();
        let alarm = event(move |_trigger, _cx| on_trigger()).start().unwrap();
        mail.put(1).unwrap();
        alarm.trigger();
        let drained = mail.clone();
        let handles = [Handle::from(beat), Handle::from(mail), Handle::from(alarm)];
        for handle in &handles {
            assert!(until(LONG, || handle.stats().turns == 1));
            handle.signal_stop();
        }
        for handle in &handles {
            // Its thread stays as long as the turnstile holds it.
            turnstile.wait();
            assert!(until(LONG, || handle.state() == State::Stopped));
        }
        let waiting: Vec<_> = handles
            .iter()
            .map(|handle| {
                let handle = handle.clone();
                // It joins the thread, and the others must not wait behind it.
                spawn_asleep(move || handle.wait().is_err())
            })
            .collect();
        let want = if fails { ExitReason::Failed } else { ExitReason::Stopped };
        for handle in &handles {
            for limit in [Duration::ZERO, Duration::from_millis(10), LONG] {
                assert_eq!(handle.stop_timeout(limit).unwrap().reason, want);
                match handle.wait_timeout(limit) {
                    Ok(exit) => assert_eq!(exit.reason, ExitReason::Stopped),
                    Err(StopError::Failed(_)) if fails => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
        assert_eq!(drained.drain_timeout(LONG).is_err(), fails);
        assert!(waiting.iter().all(|waiting| !waiting.is_finished()), "the threads are held");
        (0..3).for_each(|_| turnstile.release());
        for waiting in waiting {
            assert_eq!(waiting.join().unwrap(), fails);
        }
    }
}

/// 7. Waits on workers' threads have no thread to join either, because a stop could not cut that.
#[apply(bounded)]
fn a_turn_that_stops_another_worker_does_not_wait_for_its_thread_to_go() {
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let other = queue(move |_task: u32, _cx| {
        let pass = pass.clone();
        at_end_of_thread(move || pass.pass());
    })
    .start()
    .unwrap();
    other.put(1).unwrap();
    assert!(until(LONG, || other.stats().turns == 1));
    let (stopped, stops) = (other.clone(), Probe::new());
    let told = stops.clone();
    let asker = queue(move |_task: u32, _cx| told.add(stopped.stop().unwrap().reason)).start().unwrap();
    asker.put(1).unwrap();
    assert_eq!(stops.next(), ExitReason::Stopped);
    turnstile.wait();
    turnstile.release();
    asker.stop().unwrap();
}

/// 6. What a turn runs on other threads belongs to its worker.
#[apply(bounded)]
fn a_thread_that_works_for_a_worker_cannot_wait_for_it() {
    for flavour in Flavour::ALL {
        let (slot, told) = (Arc::new(OnceLock::<BackgroundQueueWorker<u32>>::new()), Probe::new());
        let worker = flavour.bounded(
            queue({
                let (slot, told) = (Arc::clone(&slot), told.clone());
                move |task: u32, _cx| {
                    if task > 0 {
                        return;
                    }
                    let current = CurrentWorker::get().expect("it is a worker's thread");
                    let worker = slot.wait();
                    worker.put(1).unwrap();
                    std::thread::scope(|scope| {
                        scope.spawn(|| {
                            assert!(CurrentWorker::get().is_none());
                            current.run(|| {
                                assert!(CurrentWorker::get().is_some());
                                let error = worker.put(2).unwrap_err();
                                assert_eq!(error.kind(), PutErrorKind::FromWorker);
                                for error in [worker.drain(), worker.drain_timeout(LONG)] {
                                    told.add(error.map(drop).unwrap_err());
                                }
                                for error in [worker.wait(), worker.stop(), worker.stop_timeout(LONG)] {
                                    told.add(error.map(drop).unwrap_err());
                                }
                                assert!(matches!(worker.start(), Err(StartError::AlreadyRunning { .. })));
                            });
                            assert!(CurrentWorker::get().is_none());
                            let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                                current.run(|| std::panic::resume_unwind(Box::new(())));
                            }));
                            assert!(unwound.is_err() && CurrentWorker::get().is_none());
                        });
                    });
                }
            }),
            1,
        );
        let worker = worker.start().unwrap();
        let _ = slot.set(worker.clone());
        worker.put(0).unwrap();
        let exit = worker.wait().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Terminated, 1), "{flavour:?}");
        let told = told.all();
        assert_eq!(told.len(), 5);
        assert!(told.iter().all(|error| matches!(error, StopError::FromWorker { .. })), "{told:?}");
        assert_eq!(worker.take_pending(), [1]);
    }
}

/// 6. The last handle of a worker that one of its own threads drops does not stop it.
#[apply(bounded)]
fn a_thread_that_works_for_a_worker_may_drop_its_last_handle() {
    let (handles, turns) = (Probe::<BackgroundQueueWorker<u32>>::new(), Probe::new());
    let (taken, ran) = (handles.clone(), turns.clone());
    let worker = queue(move |task: u32, _cx| {
        if task == 0 {
            let current = CurrentWorker::get().unwrap();
            let last = taken.next();
            std::thread::scope(|scope| {
                scope.spawn(|| current.run(|| drop(last)));
            });
        }
        ran.add(task);
    })
    .daemon(false)
    .start()
    .unwrap();
    let letters = worker.queue().clone();
    handles.add(worker);
    letters.put(0).unwrap();
    letters.put(1).unwrap();
    assert_eq!([turns.next(), turns.next()], [0, 1]);
    letters.close();
}

/// 6. A thread of no worker is of none.
#[apply(bounded)]
fn a_thread_of_the_program_belongs_to_no_worker() {
    assert!(CurrentWorker::get().is_none());
    let seen = Probe::new();
    let told = seen.clone();
    let worker = event(move |_trigger, _cx| told.add(CurrentWorker::get().is_some())).start().unwrap();
    worker.trigger();
    assert!(seen.next());
    worker.stop().unwrap();
}
