//! A looped worker: a function that runs again and again in the background, here every 10 ms.
//! The interval is an exact grid: turn `n` is due `n` times 10 ms after the first.

use std::sync::mpsc::{self, SendError, Sender};

use pyaltt::prelude::*;

#[background_worker(interval = "10ms")]
fn myworker(tick: Tick, cx: &mut Context, turns: &Sender<u64>) -> Result<(), SendError<u64>> {
    println!("I'm a worker {}, {:?} late", cx.name(), tick.late);
    turns.send(cx.turn_number())
}

fn main() -> Result<(), BoxError> {
    let (turns, seen) = mpsc::channel();

    myworker.start(turns)?; // the function's own parameters are given at the start
    assert_eq!(seen.iter().take(5).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let exit = myworker.stop()?;
    assert_eq!(exit.reason, ExitReason::Stopped);
    assert!(exit.turns >= 5);
    Ok(())
}
