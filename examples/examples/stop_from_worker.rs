//! Two ways to stop a worker from its own function: terminate it, or return `false`.
//! The exit tells them apart.

use pyaltt::prelude::*;

#[background_worker]
fn terminates(tick: Tick, cx: &mut Context) {
    println!("{}: tick {}", cx.name(), tick.index);
    if tick.index == 2 {
        cx.terminate(); // or `terminates.terminate()`
    }
}

#[background_worker(name = "returns false")]
fn returns_false(tick: Tick, cx: &mut Context) -> bool {
    println!("{}: tick {}", cx.name(), tick.index);
    tick.index < 2
}

fn main() -> Result<(), BoxError> {
    terminates.start()?;
    let exit = terminates.wait()?;
    assert_eq!((exit.reason, exit.turns), (ExitReason::Terminated, 3));

    returns_false.start()?;
    let exit = returns_false.wait()?;
    assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 3));
    Ok(())
}
