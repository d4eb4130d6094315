//! A time limit for each test: `#[apply(bounded)]` in place of `#[test]`.

use std::time::Duration;

use testkit::watchdog;

/// Far longer than any test takes, even on one busy processor.
const LIMIT: Duration = Duration::from_secs(120);

/// Makes a test with a time limit of a function.
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
