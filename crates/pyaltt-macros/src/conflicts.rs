//! Options that cannot go together, as the builders of the core see it.

use syn::{Error, Ident, Result};

use crate::args::{Arguments, Given, Setting};

/// The options, if they go together.
pub(crate) fn checked(arguments: Arguments) -> Result<Arguments> {
    check(&arguments)?;
    Ok(arguments)
}

/// Refuses what the builder's `build` would refuse, as far as it can be seen in the options.
fn check(arguments: &Arguments) -> Result<()> {
    one_of(arguments, &["delay", "delay_after"], "they are two names of one option")?;
    one_of(arguments, &["interval", "delay_after"], "a worker keeps an interval or a delay")?;
    one_of(arguments, &["interval", "delay"], "a worker keeps an interval or a delay")?;
    one_of(
        arguments,
        &["strategy", "poll_delay", "realtime"],
        "each of `strategy`, `poll_delay` and `realtime` says how to wait",
    )?;
    one_of(arguments, &["priority", "lifo"], "each of them says in which order tasks are taken")?;

    let of_its_own = ["bounded", "overflow", "on_dropped", "priority", "lifo"];
    if matches!(arguments.get("queue"), Some(Setting { given: Given::Code(_), .. })) {
        return none_of(
            arguments,
            &of_its_own,
            "is for a queue of the worker's own, and `queue = ..` gives another",
        );
    }
    if arguments.get("bounded").is_none() {
        let reason = "is for a queue that can be full: it needs `bounded = ..` beside it";
        return none_of(arguments, &["overflow", "on_dropped"], reason);
    }
    Ok(())
}

/// The second of two options that are both set is wrong.
fn one_of(arguments: &Arguments, options: &[&str], reason: &str) -> Result<()> {
    let mut set = set(arguments, options);
    match (set.next(), set.next()) {
        (Some(first), Some(second)) => {
            let message = format!("option `{second}` does not go with `{first}`: {reason}");
            Err(Error::new(second.span(), message))
        }
        _ => Ok(()),
    }
}

fn none_of(arguments: &Arguments, options: &[&str], reason: &str) -> Result<()> {
    match set(arguments, options).next() {
        Some(option) => Err(Error::new(option.span(), format!("option `{option}` {reason}"))),
        None => Ok(()),
    }
}

/// Those of the options that are set, in the order in which they are.
fn set<'a>(arguments: &'a Arguments, options: &'a [&str]) -> impl Iterator<Item = &'a Ident> {
    // Whether a flag with code is set is known only when the program runs, and the builder looks then.
    let is_set = |setting: &&Setting| match &setting.given {
        Given::Flag(flag) => *flag,
        Given::Code(_) => setting.option != "realtime",
        Given::Alone | Given::Time(_) => true,
    };
    let settings = arguments.settings.iter().filter(is_set).map(|setting| &setting.option);
    settings.filter(move |option| options.iter().any(|name| *option == name))
}
