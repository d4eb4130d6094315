//! A time limit for each test of a program.

use std::time::Duration;

use crate::watchdog;

/// Far longer than any test takes, even on one busy processor.
const LIMIT: Duration = Duration::from_secs(300);

/// Makes a test with a time limit of a function: `#[apply(bounded)]`, with `#[macro_use] extern crate testkit`.
#[macro_export]
macro_rules! bounded {
    ($(#[$attribute:meta])* fn $name:ident() $body:block) => {
        #[test]
        $(#[$attribute])*
        fn $name() {
            $crate::run_bounded(concat!(module_path!(), "::", stringify!($name)), || $body);
        }
    };
}

/// Runs a test within the limit.
pub fn run_bounded(name: &str, test: impl FnOnce()) {
    watchdog::within(LIMIT, name, test);
}
