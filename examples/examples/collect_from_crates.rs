//! Functions of several crates in one static collection: here the crate `pyaltt-examples-motor` adds one.
//!
//! Cargo builds a dependency, but the linker leaves out a crate that the program never names, and the functions that it
//! collects with it. Nothing is said about that. `use the_crate as _;` names it.

use pyaltt::collect;
use pyaltt_examples::SHUTDOWN;
use pyaltt_examples_motor as _;

#[collect(SHUTDOWN)]
fn close_port() -> &'static str {
    "closed"
}

fn main() {
    // What has to be there is better checked at the start of the program than missed at its end.
    assert_eq!(SHUTDOWN.names(), ["stop_motor", "close_port"]);

    let (results, ok) = SHUTDOWN.execute();
    for (name, outcome) in &results {
        println!("{name}: {}", outcome.value().unwrap_or(&"failed"));
    }
    assert!(ok);
}
