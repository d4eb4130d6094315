//! The behaviour that the README of the Python library shows.

use pyaltt_collection::{FunctionCollection, Results};

use crate::support::{Journal, journaled};

fn values(results: Results<i32>) -> Vec<(String, Option<i32>)> {
    results.into_iter().map(|(name, outcome)| (name, outcome.into_value())).collect()
}

#[test]
fn run_returns_what_every_function_returned_by_name() {
    let fc = FunctionCollection::new();
    fc.add("f1", || 1).unwrap();
    fc.add("f2", || 2).unwrap();
    assert_eq!(values(fc.run()), [("f1".to_owned(), Some(1)), ("f2".to_owned(), Some(2))]);
}

#[test]
fn the_outcome_of_a_function_that_fails_carries_no_error() {
    let (fc, faults) = journaled();
    fc.add_result("broken", || Err::<i32, _>("no power")).unwrap();
    fc.add("fine", || 2).unwrap();
    let (results, ok) = fc.execute();
    assert!(!ok);
    assert!(results.get("broken").unwrap().error().is_none());
    assert_eq!(values(results), [("broken".to_owned(), None), ("fine".to_owned(), Some(2))]);
    assert_eq!(faults.lines(), ["function `broken` failed: no power"]);
}

#[test]
fn include_errors_puts_the_error_into_the_outcome() {
    let fc = FunctionCollection::new().on_error(|_| ()).include_errors(true);
    fc.add_result("broken", || Err::<(), _>("no power")).unwrap();
    fc.add("boom", || panic!("at the {}", "disco")).unwrap();
    let results = fc.run();
    let error = |name| results.get(name).unwrap().error().unwrap().to_string();
    assert_eq!(error("broken"), "function `broken` failed: no power");
    assert_eq!(error("boom"), "function `boom` panicked: at the disco");

    fc.include_errors(false);
    assert!(fc.run().get("boom").unwrap().error().is_none());
}

#[test]
fn run_can_be_overridden_and_execute_returns_whether_all_succeeded() {
    let journal = Journal::default();
    let notes = journal.clone();
    let fc = FunctionCollection::new().on_error(|_| ()).on_run(move |fc| {
        notes.note("started");
        let (results, ok) = fc.execute();
        notes.note(&if ok { "finished" } else { "failed" });
        results
    });
    fc.add("fine", || ()).unwrap();
    assert_eq!(fc.run().len(), 1);
    fc.add("boom", || panic!()).unwrap();
    assert_eq!(fc.run().len(), 2);
    assert_eq!(journal.lines(), ["started", "finished", "started", "failed"]);
}

#[test]
fn removing_an_unknown_name_goes_to_on_error() {
    let (fc, faults) = journaled();
    fc.add("known", || ()).unwrap();
    assert!(!fc.remove("typo"));
    assert_eq!(
        faults.lines(),
        ["no function named `typo` is in the collection: `names()` lists the functions that are"]
    );
    assert!(fc.remove("known"));
    assert!(fc.is_empty());
    assert_eq!(faults.lines().len(), 1);
}
