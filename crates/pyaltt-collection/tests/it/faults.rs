//! A function that misbehaves never keeps the others from running.

use std::fmt;
use std::panic;

use pyaltt_collection::{BoxError, CollectionError, FunctionCollection};
use testkit::Bomb;

use crate::support::{journaled, logged};

/// Runs a misbehaving function between two good ones, sequentially and in parallel, and returns its error.
fn between_good_ones(misbehave: fn() -> Result<(), BoxError>) -> String {
    let mut texts = Vec::new();
    for at_once in [1, 3] {
        let (fc, faults) = journaled();
        fc.parallel(at_once).unwrap();
        fc.add("before", || ()).unwrap();
        fc.add_result("bad", misbehave).unwrap();
        fc.add("after", || ()).unwrap();
        let (results, ok) = fc.execute();
        assert!(!ok);
        assert!(results.get("before").unwrap().is_ok());
        assert!(!results.get("bad").unwrap().is_ok());
        assert!(results.get("after").unwrap().is_ok());
        texts.extend(faults.lines());
    }
    assert_eq!(texts.len(), 2);
    assert_eq!(texts[0], texts[1]);
    texts.pop().unwrap()
}

#[test]
fn an_error_is_contained() {
    assert_eq!(between_good_ones(|| Err("no power".into())), "function `bad` failed: no power");
}

#[test]
fn a_panic_with_a_message_is_contained() {
    assert_eq!(between_good_ones(|| panic!("plain")), "function `bad` panicked: plain");
    assert_eq!(between_good_ones(|| panic!("{}", 7)), "function `bad` panicked: 7");
}

#[test]
fn a_panic_whose_payload_panics_when_dropped_is_contained() {
    assert_eq!(
        between_good_ones(|| panic::panic_any(Bomb::new())),
        "function `bad` panicked: a payload that is not text"
    );
}

#[test]
fn an_error_that_panics_when_dropped_is_contained() {
    struct Nasty(Bomb);
    impl fmt::Debug for Nasty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("nasty")
        }
    }
    impl fmt::Display for Nasty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("nasty")
        }
    }
    impl std::error::Error for Nasty {}
    assert_eq!(between_good_ones(|| Err(Box::new(Nasty(Bomb::new())))), "function `bad` failed: nasty");
}

#[test]
fn an_error_that_panics_when_printed_is_contained() {
    #[derive(Debug)]
    struct Mute;
    impl fmt::Display for Mute {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("nothing to say")
        }
    }
    impl std::error::Error for Mute {}
    let fc = FunctionCollection::new();
    fc.add_result("mute", || Err::<(), _>(Mute)).unwrap();
    fc.add("after", || ()).unwrap();
    let mut results = None;
    logged(|| results = Some(fc.run()));
    assert!(results.unwrap().get("after").unwrap().is_ok());
}

#[test]
fn a_function_whose_destructor_panics_is_contained() {
    let fc = FunctionCollection::new();
    let nasty = Bomb::new();
    fc.add("nasty", move || {
        let _ = &nasty;
    })
    .unwrap();
    assert!(fc.remove("nasty"));
    assert!(fc.is_empty());
}

#[test]
fn the_collection_works_after_a_fault() {
    let (fc, faults) = journaled();
    fc.add("boom", || panic!("again")).unwrap();
    for _ in 0..3 {
        assert!(!fc.execute().1);
    }
    assert_eq!(faults.lines().len(), 3);
    assert!(fc.remove("boom"));
    assert!(fc.execute().1);
}

#[test]
fn an_override_that_panics_is_reported_and_gives_no_results() {
    let (fc, faults) = journaled();
    fc.add("fine", || ()).unwrap();
    fc.on_run(|_| panic!("no shutdown"));
    assert!(fc.run().is_empty());
    assert_eq!(
        faults.lines(),
        ["the function given to `on_run` panicked, so the run has no results: no shutdown"]
    );
    assert!(fc.execute().1);
}

#[test]
fn errors_in_outcomes_outlive_the_collection() {
    let fc = FunctionCollection::new().on_error(|_| ()).include_errors(true);
    fc.add("boom", || panic!("gone")).unwrap();
    let results = fc.run();
    drop(fc);
    let outcome = results.get("boom").unwrap().clone();
    assert!(matches!(outcome.error(), Some(CollectionError::Panicked { message, .. }) if message == "gone"));
}
