//! Two ways to stop a worker from its own function: `cx.terminate()`, or to return `false`.
//! The exit tells them apart.

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    let terminates = looped(|tick, cx| {
        println!("{}: tick {}", cx.name(), tick.index);
        if tick.index == 2 {
            cx.terminate();
        }
    })
    .name("terminates")
    .start()?;
    let exit = terminates.wait()?;
    assert_eq!((exit.reason, exit.turns), (ExitReason::Terminated, 3));

    let returns_false = looped(|tick, cx| {
        println!("{}: tick {}", cx.name(), tick.index);
        tick.index < 2
    })
    .name("returns false")
    .start()?;
    let exit = returns_false.wait()?;
    assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 3));
    Ok(())
}
