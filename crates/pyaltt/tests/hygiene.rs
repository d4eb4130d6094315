//! `#[background_worker]` beside other names, macros and attributes.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]

use std::error::Error;

use pyaltt::prelude::*;

type Done = Result<(), Box<dyn Error + Send + Sync>>;

/// The macro names everything from its root, so that these do not matter.
mod shadows {
    // They are there to be in the way, not to be used.
    #![allow(dead_code, non_camel_case_types)]

    pub(super) mod core {}
    pub(super) mod std {}
    pub(super) mod pyaltt {}
    pub(super) struct Option;
    pub(super) struct Result;
    pub(super) struct Some;
    pub(super) struct Ok;
    pub(super) struct None;
    pub(super) struct str;
    pub(super) struct bool;
    pub(super) trait Deref {}
    pub(super) trait Debug {}

    #[::pyaltt::background_worker(queue, name = "hidden", bounded = 1)]
    pub(super) fn hidden(_task: u8, _value: &u64) -> ::pyaltt::Flow {
        ::pyaltt::Flow::Stop
    }
}

#[test]
fn the_names_around_a_worker_do_not_matter() -> Done {
    shadows::hidden.put(1)?;
    shadows::hidden.start(1)?;
    assert_eq!(shadows::hidden.wait()?.turns, 1);
    Ok(())
}

macro_rules! every {
    ($name:ident, $time:literal, $error:expr, $value:ty) => {
        #[background_worker(interval = $time, on_error = $error)]
        fn $name(value: &$value, cx: &mut Context) -> Result<bool, $value> {
            if cx.turn_number() < 3 { Err(*value) } else { Ok(false) }
        }
    };
}

every!(made_by_a_macro, "1us", |_| true, &'static str);

#[test]
fn a_macro_can_make_a_worker() -> Done {
    made_by_a_macro.start("error")?;
    assert_eq!(made_by_a_macro.wait()?.errors, 2);
    Ok(())
}

#[background_worker]
#[cfg(any())]
fn not_in_this_program() {
    compile_error!("is configured away");
}

#[background_worker]
#[allow(dead_code)]
fn never_used(_value: &u8) {}

#[background_worker]
#[deprecated]
#[inline(never)]
fn old() -> impl pyaltt::IntoTurn {
    #![allow(clippy::needless_return)]
    return false;
}

#[test]
#[allow(deprecated)]
fn other_attributes_go_on_with_the_function_or_its_static() -> Done {
    old.start()?;
    assert_eq!(old.wait()?.turns, 1);
    let handle: &BackgroundWorker = &old;
    assert_eq!(handle.name(), "old");
    Ok(())
}
