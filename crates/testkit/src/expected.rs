//! Panics that a test injects, told apart from those that nobody expects.

use std::any::Any;
use std::panic;
use std::sync::Once;

use crate::bomb::Bomb;

/// What the text of an injected panic or error begins with.
///
/// # Examples
///
/// ```
/// testkit::silence_expected_panics();
/// let quiet = std::panic::catch_unwind(|| panic!("{}turn 3", testkit::EXPECTED));
/// assert!(quiet.is_err());
/// ```
pub const EXPECTED: &str = "injected by a test: ";

/// Keeps injected panics off the terminal; all others are reported as before.
///
/// A panic counts as injected if its text begins with [`EXPECTED`] or its payload is a [`Bomb`].
///
/// # Examples
///
/// ```
/// testkit::silence_expected_panics();
/// let quiet = std::panic::catch_unwind(|| std::panic::panic_any(testkit::Bomb::new()));
/// assert!(quiet.is_err());
/// # std::mem::forget(quiet);
/// ```
pub fn silence_expected_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !is_expected(info.payload()) {
                report(info);
            }
        }));
    });
}

fn is_expected(payload: &(dyn Any + Send)) -> bool {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    payload.is::<Bomb>() || text.is_some_and(|text| text.starts_with(EXPECTED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marked_texts_and_bombs_are_expected() {
        assert!(is_expected(&*(Box::new(EXPECTED) as Box<dyn Any + Send>)));
        assert!(is_expected(&*(Box::new(format!("{EXPECTED}7")) as Box<dyn Any + Send>)));
        assert!(!is_expected(&*(Box::new("index out of bounds") as Box<dyn Any + Send>)));
        assert!(!is_expected(&*(Box::new(7) as Box<dyn Any + Send>)));
        let bomb: Box<dyn Any + Send> = Box::new(Bomb::new());
        assert!(is_expected(&*bomb));
        // It must not go off here.
        std::mem::forget(bomb);
    }
}
