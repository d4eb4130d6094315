//! A looped worker: a function that runs again and again in the background, here every 10 ms.
//! The interval is an exact grid: turn `n` is due `n` times 10 ms after the first.

use std::sync::mpsc;
use std::time::Duration;

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    let (turns, seen) = mpsc::channel();

    let myworker = looped(move |tick, cx| {
        println!("I'm a worker {}, {:?} late", cx.name(), tick.late);
        turns.send(tick.index)
    })
    .name("myworker")
    .interval(Duration::from_millis(10))
    .start()?;

    assert_eq!(seen.iter().take(5).count(), 5);
    let exit = myworker.stop()?;
    assert_eq!(exit.reason, ExitReason::Stopped);
    assert!(exit.turns >= 5);
    Ok(())
}
