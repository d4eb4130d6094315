//! Options that exclude each other. The builders of the core have the same rules.

use syn::{Error, Ident, Result};

use crate::args::{Arguments, Given, Setting};

/// Returns the options if none excludes another.
pub(crate) fn checked(arguments: Arguments) -> Result<Arguments> {
    check(&arguments)?;
    Ok(arguments)
}

/// Refuses the combinations that the builder's `build` would refuse, as far as the options show them.
fn check(arguments: &Arguments) -> Result<()> {
    one_of(arguments, &["delay", "delay_after"], "they are two names for one option")?;
    one_of(arguments, &["on_error", "on_error_with"], "a worker has one handler of errors")?;
    one_of(arguments, &["interval", "delay_after"], "a worker has either an interval or a delay")?;
    one_of(arguments, &["interval", "delay"], "a worker has either an interval or a delay")?;
    one_of(
        arguments,
        &["strategy", "poll_delay", "realtime"],
        "each of `strategy`, `poll_delay` and `realtime` sets how to wait",
    )?;
    if arguments.get("interval").is_none() {
        none_of(arguments, &["missed"], "applies to an interval: add `interval = ..`")?;
    }
    one_of(arguments, &["priority", "lifo"], "each of them sets the order in which tasks are taken")?;

    let of_its_own = ["bounded", "overflow", "on_dropped", "priority", "lifo"];
    if matches!(arguments.get("queue"), Some(Setting { given: Given::Code(_), .. })) {
        return none_of(
            arguments,
            &of_its_own,
            "applies to the worker's own queue, and `queue = ..` replaces it",
        );
    }
    if arguments.get("bounded").is_none() {
        let reason = "applies to a bounded queue: add `bounded = ..`";
        return none_of(arguments, &["overflow", "on_dropped"], reason);
    }
    if arguments.get("overflow").is_none() {
        let reason =
            "applies to a queue that drops tasks when it is full: add `overflow = Overflow::DropOldest`";
        return none_of(arguments, &["on_dropped"], reason);
    }
    Ok(())
}

/// Refuses the second of these options if two of them are set.
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

/// Refuses any of these options.
fn none_of(arguments: &Arguments, options: &[&str], reason: &str) -> Result<()> {
    match set(arguments, options).next() {
        Some(option) => Err(Error::new(option.span(), format!("option `{option}` {reason}"))),
        None => Ok(()),
    }
}

/// Returns the options that are set, in the order in which they were written.
fn set<'a>(arguments: &'a Arguments, options: &'a [&str]) -> impl Iterator<Item = &'a Ident> {
    // Whether a flag with an expression is set is known only to the running program, where the builder checks it.
    let is_set = |setting: &&Setting| match &setting.given {
        Given::Flag(flag) => *flag,
        Given::Code(_) => setting.option != "realtime",
        Given::Alone | Given::Time(_) => true,
    };
    let settings = arguments.settings.iter().filter(is_set).map(|setting| &setting.option);
    settings.filter(move |option| options.iter().any(|name| *option == name))
}
