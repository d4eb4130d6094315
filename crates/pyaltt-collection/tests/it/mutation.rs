//! Functions that change or run their own collection.

use std::time::Duration;

use pyaltt_collection::FunctionCollection;

use crate::support::{kind, logged};

#[test]
fn a_function_may_add_to_its_own_collection() {
    let fc = FunctionCollection::new();
    let inner = fc.clone();
    fc.add("adds", move || inner.add("added", || true).is_ok()).unwrap();
    assert_eq!(fc.run().names().collect::<Vec<_>>(), ["adds"]);
    assert_eq!(fc.run().names().collect::<Vec<_>>(), ["adds", "added"]);
}

#[test]
fn a_function_may_remove_itself_and_others_and_the_run_goes_on() {
    for at_once in [1, 3] {
        let fc = FunctionCollection::new().parallel(at_once).unwrap();
        let inner = fc.clone();
        fc.add("removes", move || inner.remove("removes") && inner.remove("other")).unwrap();
        fc.add("other", || true).unwrap();
        let results = fc.run();
        assert_eq!(results.get("removes").unwrap().value(), Some(&true));
        assert_eq!(results.get("other").unwrap().value(), Some(&true));
        assert!(fc.is_empty());
    }
}

/// Adds a function that runs its own collection, and returns the fault that the inner run reports for it.
fn reenter(fc: &FunctionCollection<String>, limit: Option<Duration>) -> String {
    let fc = fc.on_error(|_| ()).include_errors(true);
    let inner = fc.clone();
    let mut function = fc.function("runs");
    if let Some(limit) = limit {
        function = function.time_limit(limit);
    }
    function
        .add(move || {
            let results = inner.run();
            assert!(results.get("other").unwrap().is_ok());
            kind(results.get("runs").unwrap().error().unwrap())
        })
        .unwrap();
    fc.add("other", String::new).unwrap();
    fc.run().get("runs").unwrap().value().unwrap().clone()
}

#[test]
fn a_function_that_runs_its_collection_is_not_called_again_inside() {
    assert_eq!(reenter(&FunctionCollection::new(), None), "Reentered runs");
}

#[test]
fn a_function_that_runs_its_collection_is_not_called_again_by_a_parallel_run() {
    assert_eq!(reenter(&FunctionCollection::new().parallel(2).unwrap(), None), "Reentered runs");
}

#[test]
fn a_function_that_runs_its_collection_is_not_called_again_on_the_thread_of_its_limit() {
    assert_eq!(reenter(&FunctionCollection::new(), Some(Duration::from_secs(3600))), "Reentered runs");
}

#[test]
fn functions_that_all_run_their_collection_end() {
    let fc = FunctionCollection::new();
    for name in ["a", "b", "c"] {
        let inner = fc.clone();
        fc.add(name, move || drop(inner.run())).unwrap();
    }
    let mut ok = false;
    // Only the inner runs have faults.
    assert!(!logged(|| ok = fc.execute().1).is_empty());
    assert!(ok);
}

#[test]
fn a_function_may_use_its_collection_while_it_is_dropped() {
    struct Uses(FunctionCollection);
    impl Drop for Uses {
        fn drop(&mut self) {
            self.0.add("late", || ()).unwrap();
        }
    }
    let fc = FunctionCollection::new();
    let uses = Uses(fc.clone());
    fc.add("guard", move || {
        let _ = &uses;
    })
    .unwrap();
    fc.remove("guard");
    assert_eq!(fc.names(), ["late"]);
}
