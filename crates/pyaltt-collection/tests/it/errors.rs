//! Invalid options, errors and results.

use std::error::Error;
use std::io;
use std::time::Duration;

use pyaltt_collection::{
    CollectionError, FunctionCollection, NewFunction, Outcome, Results, StaticCollection,
};

#[test]
fn a_duplicate_name_is_refused_and_the_first_function_stays() {
    let fc = FunctionCollection::new();
    fc.add("cpu", || 1).unwrap();
    let error = fc.add("cpu", || 2).unwrap_err();
    assert!(matches!(&error, CollectionError::DuplicateName { name } if name == "cpu"));
    assert_eq!(error.function(), Some("cpu"));
    assert_eq!(fc.run().get("cpu").unwrap().value(), Some(&1));
    assert_eq!(fc.len(), 1);
}

#[test]
fn a_time_limit_of_zero_is_refused() {
    let fc = FunctionCollection::new();
    let error = fc.function("cpu").time_limit(Duration::ZERO).add(|| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "option `time_limit` of function `cpu` cannot be zero: allowed is any longer time, or no limit at all"
    );
    assert!(!fc.contains("cpu"));
}

#[test]
fn parallel_refuses_zero_and_too_many() {
    let fc = FunctionCollection::<()>::new();
    let text = |at_once| fc.parallel(at_once).unwrap_err().to_string();
    assert_eq!(text(0), "option `parallel` cannot be 0: allowed is 1 to 1024");
    assert_eq!(text(1025), "option `parallel` cannot be 1025: allowed is 1 to 1024");
    assert!(fc.parallel(1).is_ok());
    assert!(fc.parallel(1024).is_ok());
}

#[test]
fn an_empty_collection_runs_and_is_ok() {
    let fc = FunctionCollection::<()>::new();
    let (results, ok) = fc.parallel(8).unwrap().execute();
    assert!(ok);
    assert!(results.is_empty());
}

#[test]
fn the_error_of_a_function_is_the_source_of_its_fault() {
    let fc = FunctionCollection::new().on_error(|_| ()).include_errors(true);
    fc.add_result("disk", || Err::<(), _>(io::Error::from(io::ErrorKind::StorageFull))).unwrap();
    let results = fc.run();
    let source = results.get("disk").unwrap().error().unwrap().source().unwrap();
    assert_eq!(source.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::StorageFull);
}

#[test]
fn results_can_be_taken_from_and_collected() {
    let fc = FunctionCollection::new();
    fc.add("a", || 1).unwrap();
    fc.add("b", || 2).unwrap();
    let mut results = fc.run();
    assert_eq!(results.take("a").unwrap().into_value(), Some(1));
    assert!(results.take("a").is_none());
    assert!(results.get("a").is_none());
    assert_eq!(results.iter().len(), 1);

    let entry = |name: &str, value| (name.to_owned(), Outcome::Value(value));
    let again: Results<i32> = [entry("x", 1), entry("y", 2), entry("x", 3)].into_iter().collect();
    assert_eq!(again.names().collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(again.get("x").unwrap().value(), Some(&3));
}

#[test]
fn collections_are_send_and_sync_if_their_values_are_send() {
    fn send_and_sync<T: Send + Sync>() {}
    // A `Cell` is `Send` but not `Sync`.
    type Value = std::cell::Cell<u8>;
    send_and_sync::<FunctionCollection<Value>>();
    send_and_sync::<StaticCollection<Value>>();
    send_and_sync::<NewFunction<'static, Value>>();
    send_and_sync::<CollectionError>();
    send_and_sync::<Results<u8>>();
}

#[test]
fn a_setter_changes_the_same_collection_alone_and_in_a_chain() {
    let fc = FunctionCollection::new().include_errors(true).on_error(|_| ());
    fc.include_errors(true);
    let clone = fc.clone();
    clone.add("a", || ()).unwrap();
    assert!(fc.contains("a"));
    assert_eq!(
        format!("{fc:?}"),
        "FunctionCollection { functions: [\"a\"], include_errors: true, parallel: 1, .. }"
    );
}
