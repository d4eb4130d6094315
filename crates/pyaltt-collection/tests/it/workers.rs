//! A collection that a worker's turn runs: what it runs on other threads belongs to that worker. Number 6 of issue 11.

use std::sync::mpsc;
use std::time::Duration;

use pyaltt::{BackgroundQueueWorker, BoxError, Exit, ExitReason, PutErrorKind, Queue, StopError};
use pyaltt_collection::{CollectionError, FunctionCollection};
use testkit::watchdog;

const LONG: Duration = Duration::from_secs(3600);

type Worker = BackgroundQueueWorker<()>;
type Ending = fn(&Worker) -> Result<Exit, StopError>;

/// All that waits for the end of a worker, with the time limits much longer than that of the test.
const ENDINGS: [(&str, Ending); 5] = [
    ("stop", |worker| worker.stop()),
    ("stop_timeout", |worker| worker.stop_timeout(LONG)),
    ("wait", |worker| worker.wait()),
    ("wait_timeout", |worker| worker.wait_timeout(LONG)),
    ("drain", |worker| worker.drain()),
];

/// Runs a collection in a worker's turn, and returns how the run of the worker ended.
fn in_a_turn(
    collection: impl FnOnce(&Worker) -> Result<FunctionCollection<String>, CollectionError>,
) -> (Exit, Vec<String>) {
    let (tell, told) = mpsc::channel::<FunctionCollection<String>>();
    let (report, reported) = mpsc::channel();
    let worker = pyaltt::queue(move |(), _cx| {
        let results = told.recv()?.run();
        let values = results.into_iter().map(|(_, outcome)| outcome.into_value().unwrap_or_default());
        report.send(values.collect::<Vec<_>>())?;
        Ok::<_, BoxError>(())
    })
    .start()
    .unwrap();
    tell.send(collection(&worker).unwrap()).unwrap();
    worker.put(()).unwrap();
    let reported = reported.recv().unwrap();
    (worker.stop().unwrap(), reported)
}

fn text(end: Result<Exit, StopError>) -> String {
    match end {
        Err(StopError::FromWorker { .. }) => "from worker".to_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_function_on_another_thread_cannot_wait_for_the_worker_that_waits_for_it() {
    for (name, ending) in ENDINGS {
        let run = || {
            in_a_turn(|worker| {
                let fc = FunctionCollection::new().parallel(2)?;
                // Neither returns before the other has begun, so one of them is on the other thread.
                let both = std::sync::Arc::new(std::sync::Barrier::new(2));
                for twin in ["one", "other"] {
                    let (worker, both) = (worker.clone(), both.clone());
                    fc.add(twin, move || {
                        both.wait();
                        text(ending(&worker))
                    })?;
                }
                Ok(fc)
            })
        };
        let (exit, texts) = watchdog::within(Duration::from_secs(60), name, run);
        assert_eq!(texts, ["from worker", "from worker"], "{name}");
        assert!(matches!(exit.reason, ExitReason::Terminated | ExitReason::Stopped), "{name}: {exit:?}");
    }
}

#[test]
fn a_function_with_a_time_limit_does_not_burn_it_by_waiting_for_the_worker() {
    for (name, ending) in ENDINGS {
        let run = || {
            in_a_turn(|worker| {
                let (fc, worker) = (FunctionCollection::new(), worker.clone());
                fc.function("ends it").time_limit(LONG).add(move || text(ending(&worker)))?;
                Ok(fc)
            })
        };
        let (_, texts) = watchdog::within(Duration::from_secs(60), name, run);
        assert_eq!(texts, ["from worker"], "{name}");
    }
}

#[test]
fn a_collection_that_a_function_on_another_thread_runs_belongs_to_the_worker_too() {
    let run = || {
        in_a_turn(|worker| {
            let (outer, inner) = (FunctionCollection::new(), FunctionCollection::new());
            let worker = worker.clone();
            inner.function("stops").time_limit(LONG).add(move || text(worker.stop()))?;
            outer.function("runs").time_limit(LONG).add(move || {
                inner.run().take("stops").and_then(pyaltt_collection::Outcome::into_value).unwrap_or_default()
            })?;
            Ok(outer)
        })
    };
    let (_, texts) = watchdog::within(Duration::from_secs(60), "nested", run);
    assert_eq!(texts, ["from worker"]);
}

#[test]
fn a_stop_of_the_worker_cuts_the_waits_of_its_functions_on_all_threads() {
    let full = pyaltt::queue(|(), _cx| ()).bounded(1).build().unwrap();
    full.put(()).unwrap();
    let queue: Queue<()> = full.queue().clone();
    let (begun, has_begun) = mpsc::channel();
    let worker = pyaltt::queue(move |report: mpsc::Sender<PutErrorKind>, _cx| {
        let fc = FunctionCollection::new().parallel(2)?;
        for (name, limit) in
            [("here", None), ("there", None), ("limited", Some(LONG)), ("limited too", Some(LONG))]
        {
            let (queue, begun) = (queue.clone(), begun.clone());
            let mut function = fc.function(name);
            if let Some(limit) = limit {
                function = function.time_limit(limit);
            }
            function.add(move || {
                begun.send(()).unwrap();
                queue.put(()).map_err(|error| error.kind())
            })?;
        }
        for (_, outcome) in fc.run() {
            report.send(outcome.into_value().unwrap().unwrap_err())?;
        }
        Ok::<_, BoxError>(())
    })
    .start()
    .unwrap();
    let (report, reported) = mpsc::channel();
    worker.put(report).unwrap();
    (0..2).for_each(|_| has_begun.recv().unwrap());
    watchdog::within(Duration::from_secs(60), "cut", || worker.stop()).unwrap();
    assert_eq!(reported.iter().collect::<Vec<_>>(), [PutErrorKind::Stopping; 4]);
}

#[test]
fn functions_may_still_wait_for_other_workers() {
    let other = pyaltt::looped(|_tick, _cx| ()).interval(Duration::from_millis(1)).start().unwrap();
    let run = || {
        in_a_turn(|_| {
            let fc = FunctionCollection::new();
            let other = other.clone();
            fc.function("stops another")
                .time_limit(LONG)
                .add(move || format!("{:?}", other.stop().unwrap().reason))?;
            Ok(fc)
        })
    };
    let (_, texts) = watchdog::within(Duration::from_secs(60), "another worker", run);
    assert_eq!(texts, ["Stopped"]);
}

#[test]
fn outside_of_a_worker_functions_on_other_threads_stop_workers_as_any_thread_does() {
    let worker = pyaltt::looped(|_tick, _cx| ()).interval(Duration::from_millis(1)).start().unwrap();
    let fc = FunctionCollection::new().parallel(2).unwrap();
    let stopped = worker.clone();
    fc.function("stops").time_limit(LONG).add_result(move || stopped.stop().map(|exit| exit.reason)).unwrap();
    assert_eq!(fc.run().get("stops").unwrap().value(), Some(&ExitReason::Stopped));
    assert!(!worker.is_active());
}
