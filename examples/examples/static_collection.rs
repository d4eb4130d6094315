//! A static collection: any module of the program adds a function to it with `#[collect]`.
//! No call is needed to register it.

use pyaltt::prelude::*;

collection! {
    /// Everything that has to be done before the program ends.
    pub static SHUTDOWN: FunctionCollection<&'static str>;
}

mod motor {
    use super::{SHUTDOWN, collect};

    #[collect(SHUTDOWN, name = "motor", priority = 100)]
    fn stop() -> &'static str {
        "stopped"
    }
}

mod log {
    use std::io::{self, Write};

    use super::{SHUTDOWN, collect};

    #[collect(SHUTDOWN, name = "log", time_limit = "500ms")]
    fn flush() -> io::Result<&'static str> {
        io::stdout().flush()?;
        Ok("flushed")
    }
}

fn main() {
    let (results, ok) = SHUTDOWN.execute();
    for (name, outcome) in &results {
        println!("{name}: {}", outcome.value().unwrap_or(&"failed"));
    }
    assert!(ok);
    assert_eq!(results.names().collect::<Vec<_>>(), ["motor", "log"]);
}
