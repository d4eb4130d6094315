//! What happens when a turn fails or panics: without a handler the run ends, and whoever waits for it gets the error.
//! With `on_error` the run continues, unless the handler returns `false` or an error of its own.

use std::num::ParseIntError;
use std::sync::mpsc;

use pyaltt::{PutErrorKind, prelude::*};

fn parse(text: &str, _cx: &mut Context) -> Result<(), ParseIntError> {
    assert!(!text.is_empty(), "nothing to parse");
    println!("{}", text.parse::<i32>()?);
    Ok(())
}

fn main() -> Result<(), BoxError> {
    let fails = queue(parse).name("fails").start()?;
    fails.put("one")?;
    let Err(error) = fails.wait() else { panic!("it failed") };
    println!("{error}");
    assert_eq!(error.to_string(), r#"worker "fails", turn 1: invalid digit found in string"#);
    assert_eq!(fails.last_exit().reason, ExitReason::Failed);

    let (errors, seen) = mpsc::channel();
    let continues =
        queue(parse).name("continues").on_error(move |error| errors.send(error.to_string())).start()?;
    ["1", "two", "", "4"].into_iter().try_for_each(|text| continues.put(text))?;
    let exit = continues.drain()?;
    assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 4));
    assert_eq!((exit.errors, exit.panics), (1, 1));
    let seen: Vec<_> = seen.try_iter().collect();
    println!("continues: {seen:?}");
    let expected = [
        r#"worker "continues", turn 2: invalid digit found in string"#,
        r#"worker "continues", turn 3: panicked: nothing to parse"#,
    ];
    assert_eq!(seen, expected);

    let gives_up = queue(parse).name("gives up").on_error(|_error| false).build()?;
    gives_up.put("one")?;
    gives_up.put("2")?;
    gives_up.start()?;
    let Err(StopError::Failed(exit)) = gives_up.wait() else { panic!("it failed") };
    assert_eq!(exit.turns, 1);
    // Nobody would take a task now, so the queue hands it back. What it has stays there.
    let refused = gives_up.put("3").unwrap_err();
    assert_eq!((refused.kind(), refused.into_inner()), (PutErrorKind::WorkerFailed, "3"));
    assert_eq!(gives_up.take_pending(), ["2"]);
    Ok(())
}
