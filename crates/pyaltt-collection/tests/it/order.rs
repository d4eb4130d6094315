//! The order of calls and results.

use pyaltt_collection::FunctionCollection;

use crate::support::Journal;

#[test]
fn functions_run_by_priority_and_then_in_the_order_added() {
    let fc = FunctionCollection::new();
    let calls = Journal::default();
    for (name, priority) in [("b", 0), ("last", i32::MIN), ("a", 0), ("first", i32::MAX), ("c", 0), ("d", -1)]
    {
        let calls = calls.clone();
        fc.function(name).priority(priority).add(move || calls.note(name)).unwrap();
    }
    let expected = ["first", "b", "a", "c", "d", "last"];
    assert_eq!(fc.names(), expected);
    let results = fc.run();
    assert_eq!(calls.lines(), expected);
    assert_eq!(results.names().collect::<Vec<_>>(), expected);
}

#[test]
fn a_function_added_again_comes_last() {
    let fc = FunctionCollection::new();
    for name in ["a", "b"] {
        fc.add(name, || ()).unwrap();
    }
    fc.remove("a");
    fc.add("a", || ()).unwrap();
    assert_eq!(fc.names(), ["b", "a"]);
}
