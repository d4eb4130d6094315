//! Invalid options, errors and results.

use std::error::Error;
use std::fmt;
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

/// Number 4 of issue 11: the text of a function's error stood twice, in the fault and in its source.
#[test]
fn no_text_stands_twice_in_the_chain_of_an_error() {
    #[derive(Debug)]
    struct Mount(io::Error);
    impl fmt::Display for Mount {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("cannot mount")
        }
    }
    impl Error for Mount {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }
    let fc = FunctionCollection::new().on_error(|_| ()).include_errors(true);
    fc.add_result("disk", || Err::<(), _>(Mount(io::Error::other("no medium")))).unwrap();
    fc.add_result("port", || Err("in use")).unwrap();
    let results = fc.run();
    let chain = |name| {
        let mut next: Option<&dyn Error> = Some(results.get(name).unwrap().error().unwrap());
        let mut texts = Vec::new();
        while let Some(error) = next {
            texts.push(error.to_string());
            next = error.source();
        }
        texts
    };
    assert_eq!(chain("disk"), ["function `disk` failed: cannot mount", "no medium"]);
    assert_eq!(chain("port"), ["function `port` failed: in use"]);
}

/// Number 4 of issue 11.
#[test]
fn the_debug_of_an_error_reads_as_its_display() {
    let fc = FunctionCollection::new().on_error(|_| ()).include_errors(true);
    fc.add_result("disk", || Err::<(), _>(io::Error::from(io::ErrorKind::StorageFull))).unwrap();
    fc.add("boom", || panic!("no way")).unwrap();
    let results = fc.run();
    let twin = fc.add("disk", || ()).unwrap_err();
    let zero = fc.parallel(0).unwrap_err();
    let errors = results.iter().filter_map(|(_, outcome)| outcome.error()).chain([&twin, &zero]);
    let texts: Vec<_> = errors.map(|error| (format!("{error:?}"), error.to_string())).collect();
    assert_eq!(texts.len(), 4);
    assert!(texts.iter().all(|(debug, display)| debug == display), "{texts:?}");
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
