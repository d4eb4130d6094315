//! `#[background_worker]` beside other names, macros and attributes.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]

use std::error::Error;

use pyaltt::prelude::*;

type Done = Result<(), Box<dyn Error + Send + Sync>>;

/// The macro names everything from its root, so that these do not matter.
mod shadows {
    #![allow(dead_code, non_camel_case_types, reason = "they are there to be in the way, not to be used")]

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
#[allow(dead_code, reason = "the attribute has to reach the static, which nothing uses")]
fn never_used(_value: &u8) {}

#[background_worker]
#[deprecated]
#[inline(never)]
fn old() -> impl pyaltt::IntoTurn {
    #![allow(clippy::needless_return, reason = "an inner attribute has to stay with the body")]
    return false;
}

#[test]
#[allow(deprecated, reason = "the worker is deprecated to see that the attribute goes on")]
fn other_attributes_go_on_with_the_function_or_its_static() -> Done {
    old.start()?;
    assert_eq!(old.wait()?.turns, 1);
    let handle: &BackgroundWorker = &old;
    assert_eq!(handle.name(), "old");
    Ok(())
}

/// Names that the generated code has, had or could have. Number 15 of issue 11.
mod names_of_the_macro {
    #![allow(clippy::too_many_arguments, reason = "each name that could clash is a parameter")]

    use pyaltt::prelude::*;

    #[background_worker(interval = "1us", on_error = |_| false)]
    pub(super) fn parameters(
        start_options: &u8,
        options: &u8,
        start: &u8,
        parameters_: &u8,
        builder: &u8,
        handle: &u8,
        this: &u8,
        worker: &u8,
        task: &u8,
        f: &u8,
        __worker: &u8,
        __pyaltt_start: &u8,
        __pyaltt_parameters: &u8,
        __pyaltt_task: &u8,
        __pyaltt_cx: &u8,
        __pyaltt_builder: &mut u8,
        cx: &mut Context,
    ) -> bool {
        *__pyaltt_builder += start_options + options + start + parameters_ + builder + handle + this + worker;
        *__pyaltt_builder += task + f + __worker + __pyaltt_start + __pyaltt_parameters + __pyaltt_task;
        *__pyaltt_builder += __pyaltt_cx;
        assert_eq!((*__pyaltt_builder, cx.name()), (16, "parameters"));
        false
    }
}

/// A module of its own, because a static cannot be shadowed.
mod more_names_of_the_macro {
    use pyaltt::prelude::*;

    #[background_worker]
    pub(super) fn start_options(value: &u8) -> bool {
        *value > 1
    }

    #[background_worker(queue)]
    pub(super) fn task(task_: u8, start_with: &u8) -> bool {
        task_ < *start_with
    }
}

#[test]
fn parameters_and_workers_may_have_the_names_that_the_macro_uses() -> Done {
    use more_names_of_the_macro::{start_options, task};
    use names_of_the_macro::parameters;

    parameters.start_with(Start::new().name("parameters"), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)?;
    assert_eq!(parameters.wait()?.reason, ExitReason::Finished);
    start_options.start(1)?;
    assert_eq!(start_options.wait()?.reason, ExitReason::Finished);
    task.start(1)?;
    task.put(1)?;
    assert_eq!(task.wait()?.reason, ExitReason::Finished);
    Ok(())
}
