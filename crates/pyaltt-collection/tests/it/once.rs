//! Functions that can run only once: number 16 of issue 11.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pyaltt_collection::{CollectionError, FunctionCollection};

use crate::support::{journaled, kind};

#[test]
fn a_function_that_can_run_only_once_runs_and_says_so_afterwards() {
    let (fc, faults) = journaled();
    fc.include_errors(true);
    let sum = thread::spawn(|| 1 + 1);
    fc.add_once_result("sum", move || sum.join().map_err(|_| "it panicked")).unwrap();

    let (results, ok) = fc.execute();
    assert!(ok);
    assert_eq!(results.get("sum").unwrap().value(), Some(&2));
    for _ in 0..2 {
        let (results, ok) = fc.execute();
        assert!(!ok);
        assert_eq!(kind(results.get("sum").unwrap().error().unwrap()), "AlreadyRan sum");
    }
    let line = "function `sum` was not called: it can run only once, and an earlier run has called it";
    assert_eq!(faults.lines(), [line, line]);
}

#[test]
fn a_failure_is_the_one_run_too() {
    let (fc, faults) = journaled::<()>();
    fc.add_once_result("error", || Err("no power")).unwrap();
    fc.add_once("panic", || panic!("boom")).unwrap();
    fc.run();
    assert_eq!(faults.lines(), ["function `error` failed: no power", "function `panic` panicked: boom"]);
    fc.include_errors(true);
    let results = fc.run();
    assert!(
        results
            .iter()
            .all(|(_, outcome)| matches!(outcome.error(), Some(CollectionError::AlreadyRan { .. })))
    );
}

#[test]
fn what_the_function_captured_is_dropped_with_its_run_and_not_with_the_collection() {
    let fc = FunctionCollection::new();
    let (sender, receiver) = mpsc::channel::<()>();
    fc.add_once("close", move || drop(sender)).unwrap();
    assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Empty));
    assert!(fc.execute().1);
    assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Disconnected));
}

#[test]
fn of_runs_at_once_only_one_calls_it() {
    let fc = FunctionCollection::new().on_error(|_| ());
    fc.add_once("once", || ()).unwrap();
    let oks = thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| fc.execute().1)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).filter(|ok| *ok).count()
    });
    assert_eq!(oks, 1);
}

#[test]
fn it_may_have_a_time_limit_and_run_its_own_collection() {
    let fc = FunctionCollection::new().include_errors(true).on_error(|_| ());
    let own = fc.clone();
    let (tell, told) = mpsc::channel();
    fc.function("once")
        .time_limit(Duration::from_secs(3600))
        .add_once_result(move || {
            let results = own.run();
            tell.send(kind(results.get("once").unwrap().error().unwrap()))
        })
        .unwrap();
    assert!(fc.execute().1);
    assert_eq!(told.recv().unwrap(), "Reentered once");
    fc.remove("once");
}
