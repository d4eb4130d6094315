//! What happens when a turn fails or panics: without a handler the run ends, and its exit has the error.
//! With `on_error` the run continues, unless the handler returns `false` or an error of its own.

use std::num::ParseIntError;
use std::sync::mpsc;

use pyaltt::prelude::*;

fn parse(text: &str, _cx: &mut Context) -> Result<(), ParseIntError> {
    assert!(!text.is_empty(), "nothing to parse");
    println!("{}", text.parse::<i32>()?);
    Ok(())
}

fn main() -> Result<(), BoxError> {
    let fails = queue(parse).name("fails").start()?;
    fails.put("one")?;
    let exit = fails.wait()?;
    assert_eq!(exit.reason, ExitReason::Failed);
    println!("fails: {}", exit.error.ok_or("it failed")?);

    let (errors, seen) = mpsc::channel();
    let continues =
        queue(parse).name("continues").on_error(move |error| errors.send(error.to_string())).start()?;
    ["1", "two", "", "4"].into_iter().try_for_each(|text| continues.put(text))?;
    let exit = continues.drain()?;
    assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 4));
    assert_eq!((exit.errors, exit.panics), (1, 1));
    let seen: Vec<_> = seen.try_iter().collect();
    println!("continues: {seen:?}");
    assert_eq!(seen, ["invalid digit found in string", "panicked: nothing to parse"]);

    let gives_up = queue(parse).name("gives up").on_error(|_error| false).start()?;
    gives_up.put("one")?;
    gives_up.put("2")?;
    assert_eq!(gives_up.wait()?.turns, 1);
    assert_eq!(gives_up.take_pending(), ["2"]);
    Ok(())
}
