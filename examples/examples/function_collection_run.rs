//! Replaces what a function collection does when it runs.
//! `execute` does the work; the replacement decides what happens around it.

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    let fc = FunctionCollection::new();
    fc.add("save settings", || "saved")?;
    fc.add("close port", || "closed")?;

    fc.on_run(|fc| {
        println!("Shutdown started");
        let (results, ok) = fc.execute();
        println!("Shutdown {}", if ok { "finished" } else { "failed" });
        results
    });

    let results = fc.run();
    for (name, outcome) in &results {
        println!("{name}: {}", outcome.value().unwrap_or(&"failed"));
    }
    assert!(results.iter().all(|(_, outcome)| outcome.is_ok()));
    Ok(())
}
