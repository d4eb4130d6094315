//! Collects functions and runs them as one: the results have the value of each function, by its name.
//! A function that fails or panics does not keep the others from running.

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    let fc = FunctionCollection::new();

    fc.add("f1", || {
        println!("I am function 1");
        1
    })?;
    fc.add("f2", || {
        println!("I am function 2");
        2
    })?;
    fc.add_result("f3", || "three".parse::<i32>())?;

    let (results, ok) = fc.execute(); // or `fc.run()`, if only the results matter
    for (name, outcome) in &results {
        println!("{name}: {:?}", outcome.value());
    }
    assert!(!ok, "f3 failed");
    let values: Vec<_> = results.into_iter().filter_map(|(_, outcome)| outcome.into_value()).collect();
    assert_eq!(values, [1, 2]);
    Ok(())
}
