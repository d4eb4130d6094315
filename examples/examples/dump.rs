//! A dump: each module adds a function that reports its state, and one call collects it all.
//! Two functions run at a time, and a function that fails leaves its error in the dump.

use std::fs;
use std::time::Duration;

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    let dump = FunctionCollection::new().include_errors(true).parallel(2)?;
    dump.add("version", || env!("CARGO_PKG_VERSION").to_owned())?;
    dump.add("process", || format!("number {}", std::process::id()))?;
    dump.add_result("settings", || fs::read_to_string("/no/such/file"))?;
    dump.function("peer").time_limit(Duration::from_secs(5)).add(|| "in good health".to_owned())?;

    let results = dump.run();
    for (name, outcome) in &results {
        match outcome.value() {
            Some(text) => println!("{name:>10}: {text}"),
            None => println!("{name:>10}: ({})", outcome.error().ok_or("errors are included")?),
        }
    }
    assert_eq!(results.names().collect::<Vec<_>>(), ["version", "process", "settings", "peer"]);
    assert_eq!(results.iter().filter(|(_, outcome)| outcome.is_ok()).count(), 3);
    Ok(())
}
