//! Static collections, and the expansion of `#[collect]`, written by hand.

use std::time::Duration;

use pyaltt_collection::{FunctionCollection, collection};

use crate::support::{kind, logged};

collection! {
    /// Filled by the expansions below.
    pub(crate) static MARKED: FunctionCollection<u8>;
    static CLASHING: FunctionCollection<()>;
    static UNIT: FunctionCollection;
}

mod elsewhere {
    pyaltt_collection::collection! {
        pub(crate) static NESTED: pyaltt_collection::FunctionCollection<Vec<Vec<u8>>>;
    }
}

macro_rules! mark {
    ($collection:path, $line:expr, $name:expr, $returned:ty, $limit:expr, $function:expr) => {
        const _: () = {
            fn register() {
                pyaltt_collection::__private::Mark::of(&$collection)
                    .register::<$returned, _>($name, 0, $limit, $function);
            }
            pyaltt_collection::__private::inventory::submit! {
                pyaltt_collection::__private::Registration::new(module_path!(), $line, 1, $name, register)
            }
        };
    };
}

fn plain() -> u8 {
    1
}

fn fallible() -> Result<u8, std::num::ParseIntError> {
    "many".parse()
}

mark!(MARKED, 20, "fallible", Result<u8, std::num::ParseIntError>, None, fallible);
mark!(MARKED, 10, "plain", u8, Some(Duration::from_secs(3600)), plain);
mark!(CLASHING, 1, "clash", (), None, || ());
mark!(CLASHING, 2, "clash", (), None, || panic!("must not be called"));

#[test]
fn marked_functions_are_there_on_first_use_in_source_order() {
    assert_eq!(MARKED.names(), ["plain", "fallible"]);
    let fc = MARKED.on_error(|error| assert_eq!(kind(error), "Failed fallible"));
    let (results, ok) = fc.execute();
    assert!(!ok);
    assert_eq!(results.get("plain").unwrap().value(), Some(&1));
    assert!(!results.get("fallible").unwrap().is_ok());
}

#[test]
fn a_marked_function_whose_name_is_taken_fails_every_run() {
    for _ in 0..2 {
        let lines = logged(|| {
            let (results, ok) = CLASHING.execute();
            assert!(!ok);
            assert!(results.get("clash").unwrap().is_ok());
        });
        assert_eq!(
            lines,
            [
                "a function named `clash` is already in the collection: choose another name, or remove it first"
            ]
        );
    }
}

#[test]
fn a_static_collection_is_one_collection_everywhere() {
    UNIT.add("once", || ()).unwrap();
    UNIT.include_errors(true);
    assert!(UNIT.clone().contains("once"));
    assert!(format!("{UNIT:?}").starts_with("StaticCollection(FunctionCollection { functions: [\"once\"]"));
    elsewhere::NESTED.add("bytes", || vec![vec![1]]).unwrap();
    assert_eq!(elsewhere::NESTED.run().len(), 1);
}
