//! A crate that only adds functions to a collection: the program calls nothing here by name.

use pyaltt::collect;
use pyaltt_examples::SHUTDOWN;

#[collect(SHUTDOWN, priority = 100)]
fn stop_motor() -> &'static str {
    "stopped"
}
