//! `on_error`, the log that replaces it, and `on_run`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use pyaltt_collection::FunctionCollection;

use crate::support::{Journal, journaled, logged};

#[test]
fn faults_without_on_error_are_logged() {
    let fc = FunctionCollection::new();
    fc.add("boom", || panic!("unseen")).unwrap();
    let lines = logged(|| {
        fc.run();
        fc.remove("typo");
    });
    assert_eq!(
        lines,
        [
            "function `boom` panicked: unseen",
            "no function named `typo` is in the collection: `names()` lists the functions that are",
        ]
    );
}

#[test]
fn faults_with_on_error_are_not_logged() {
    let (fc, faults) = journaled();
    fc.add("boom", || panic!("seen")).unwrap();
    assert!(logged(|| drop(fc.run())).is_empty());
    assert_eq!(faults.lines().len(), 1);
}

#[test]
fn an_on_error_that_panics_is_logged_with_the_fault_and_keeps_nothing_from_running() {
    let fc = FunctionCollection::new().on_error(|_| panic!("handler"));
    fc.add("boom", || panic!("first")).unwrap();
    fc.add("after", || ()).unwrap();
    let lines = logged(|| assert!(fc.run().get("after").unwrap().is_ok()));
    assert_eq!(
        lines,
        ["the function given to `on_error` panicked: handler", "function `boom` panicked: first"]
    );
}

#[test]
fn a_fault_inside_on_error_is_logged_and_does_not_call_it_again() {
    let fc = FunctionCollection::<()>::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let inner = fc.clone();
    fc.on_error(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        inner.run();
    });
    fc.add("boom", || panic!("again")).unwrap();
    let lines = logged(|| drop(fc.run()));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(lines, ["function `boom` panicked: again"]);
}

#[test]
fn handlers_may_replace_themselves() {
    let journal = Journal::default();
    let fc = FunctionCollection::<()>::new();
    let (inner, second) = (fc.clone(), journal.clone());
    fc.on_error(move |_| {
        let second = second.clone();
        inner.on_error(move |error| second.note(error));
    });
    fc.on_run(|fc| {
        fc.on_run(|_| pyaltt_collection::Results::default());
        fc.execute().0
    });
    fc.add("boom", || panic!("twice")).unwrap();
    fc.add("bang", || panic!("once")).unwrap();
    assert_eq!(fc.run().len(), 2);
    assert_eq!(journal.lines(), ["function `bang` panicked: once"]);
    assert!(fc.run().is_empty());
}

#[test]
fn a_run_inside_its_override_executes() {
    let fc = FunctionCollection::new().on_run(FunctionCollection::run);
    fc.add("fine", || 1).unwrap();
    assert_eq!(fc.run().get("fine").unwrap().value(), Some(&1));
    assert_eq!(fc.run().len(), 1);
}

#[test]
fn a_run_inside_a_function_inside_the_override_executes_too() {
    static FC: OnceLock<FunctionCollection<usize>> = OnceLock::new();
    let overrides = Journal::default();
    let notes = overrides.clone();
    let fc = FC.get_or_init(FunctionCollection::new).on_error(|_| ()).parallel(2).unwrap();
    fc.on_run(move |fc| {
        notes.note("override");
        fc.execute().0
    });
    fc.add("inner", || FC.get().unwrap().run().len()).unwrap();
    fc.add("other", || 0).unwrap();
    assert_eq!(fc.run().get("inner").unwrap().value(), Some(&2));
    assert_eq!(overrides.lines(), ["override"]);
}

#[test]
fn an_override_that_runs_another_collection_runs_its_override() {
    let inner = FunctionCollection::new().on_run(|fc| fc.execute().0);
    inner.add("inner", || ()).unwrap();
    let outer = FunctionCollection::<()>::new().on_run(move |_| inner.run());
    assert_eq!(outer.run().names().collect::<Vec<_>>(), ["inner"]);
}
