//! Several functions at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;

use pyaltt_collection::FunctionCollection;

use crate::support::Journal;

#[test]
fn as_many_functions_run_at_once_as_were_asked_for() {
    let fc = FunctionCollection::new().parallel(3).unwrap();
    let barrier = Arc::new(Barrier::new(3));
    for name in ["a", "b", "c"] {
        let barrier = Arc::clone(&barrier);
        // No function returns before all three have begun.
        fc.add(name, move || _ = barrier.wait()).unwrap();
    }
    assert!(fc.execute().1);
}

#[test]
fn never_more_functions_run_at_once_than_asked_for() {
    let fc = FunctionCollection::new().parallel(2).unwrap();
    let now = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    for number in 0..50 {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        fc.add(number.to_string(), move || {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // Gives a third function the time to begin.
            (0..100).for_each(|_| thread::yield_now());
            now.fetch_sub(1, Ordering::SeqCst);
        })
        .unwrap();
    }
    assert!(fc.execute().1);
    assert!(most.load(Ordering::SeqCst) <= 2);
}

#[test]
fn results_are_in_order_whichever_function_returns_first() {
    let fc = FunctionCollection::new().parallel(2).unwrap();
    let (done, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    fc.add("returns second", move || _ = wait.lock().unwrap().recv()).unwrap();
    fc.add("returns first", move || _ = done.send(())).unwrap();
    assert_eq!(fc.run().names().collect::<Vec<_>>(), ["returns second", "returns first"]);
}

#[test]
fn without_parallel_all_functions_run_on_the_calling_thread() {
    let fc = FunctionCollection::new();
    for name in ["a", "b"] {
        fc.add(name, || thread::current().id()).unwrap();
    }
    let here = thread::current().id();
    assert!(fc.run().into_iter().all(|(_, outcome)| outcome.into_value() == Some(here)));
}

#[test]
fn every_fault_is_reported_once() {
    let journal = Journal::default();
    let faults = journal.clone();
    let fc = FunctionCollection::new().on_error(move |error| faults.note(error)).parallel(8).unwrap();
    for number in 0..40 {
        fc.add_result(format!("f{number:02}"), || Err::<(), _>("broken")).unwrap();
    }
    let (results, ok) = fc.execute();
    assert!(!ok);
    assert_eq!(results.names().collect::<Vec<_>>(), fc.names());
    let mut lines = journal.lines();
    lines.sort();
    let expected: Vec<_> = (0..40).map(|number| format!("function `f{number:02}` failed: broken")).collect();
    assert_eq!(lines, expected);
}

#[test]
fn many_threads_may_run_and_change_one_collection() {
    let fc = FunctionCollection::new().parallel(2).unwrap();
    fc.add("stays", || ()).unwrap();
    thread::scope(|scope| {
        for number in 0..4 {
            let fc = &fc;
            scope.spawn(move || {
                for _ in 0..50 {
                    fc.add(number.to_string(), || ()).unwrap();
                    let (results, ok) = fc.execute();
                    assert!(ok && results.get("stays").is_some());
                    assert!(results.get(&number.to_string()).is_some());
                    assert!(fc.remove(&number.to_string()));
                }
            });
        }
    });
    assert_eq!(fc.names(), ["stays"]);
}
