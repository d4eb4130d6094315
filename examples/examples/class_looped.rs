//! A looped worker as a type, with state, a `run` method and hooks.
//! When it has stopped, `into_inner` returns it.

use std::time::Duration;

use pyaltt::prelude::*;

#[derive(Default)]
struct Blink {
    on: bool,
    changes: u64,
}

impl Worker for Blink {
    type Task = Tick;

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        println!("{} is ready", cx.name());
        Ok(())
    }

    fn run(&mut self, tick: Tick, _cx: &mut Context) -> Turn {
        self.on = !self.on;
        self.changes += 1;
        println!("tick {}: the lamp is {}", tick.index, if self.on { "on" } else { "off" });
        Ok(if self.changes < 5 { Flow::Continue } else { Flow::Stop })
    }

    fn after_stop(&mut self, exit: &Exit) {
        self.on = false;
        println!("{:?}: the lamp is off", exit.reason);
    }
}

fn main() -> Result<(), BoxError> {
    let blink = BackgroundWorker::builder(Blink::default()).interval(Duration::from_millis(10)).start()?;
    let exit = blink.wait()?;
    assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 5));

    let blink = blink.into_inner::<Blink>().map_err(|_| "it still runs")?;
    assert_eq!((blink.on, blink.changes), (false, 5));
    Ok(())
}
