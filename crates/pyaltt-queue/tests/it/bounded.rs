//! A time limit for each test.

use std::time::Duration;

use testkit::watchdog;

/// Far longer than any test takes, even on one busy processor.
const LIMIT: Duration = Duration::from_secs(300);

/// Makes a test with a time limit of a function: `#[apply(bounded)]`.
macro_rules! bounded {
    ($(#[$attribute:meta])* fn $name:ident() $body:block) => {
        #[test]
        $(#[$attribute])*
        fn $name() {
            $crate::bounded::run(concat!(module_path!(), "::", stringify!($name)), || $body);
        }
    };
}

pub(crate) fn run(name: &str, body: impl FnOnce()) {
    watchdog::within(LIMIT, name, body);
}
