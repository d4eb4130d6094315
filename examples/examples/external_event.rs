//! An external event: it belongs to the program and is shared by two workers.
//! Setting it wakes every worker that has it.

use std::sync::mpsc;

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    let (done, seen) = mpsc::channel();
    let door = Event::new();

    let turn = move |_trigger, cx: &mut Context| {
        println!("the {} notices the door", cx.name());
        done.send(cx.name().to_owned())
    };
    let lamp = event(turn.clone()).name("lamp").event(door.clone()).start()?;
    let bell = event(turn).name("bell").event(door.clone()).start()?;

    door.set();
    let mut noticed = [seen.recv()?, seen.recv()?];
    noticed.sort();
    assert_eq!(noticed, ["bell", "lamp"]);

    assert_eq!((lamp.stop()?.turns, bell.stop()?.turns), (1, 1));
    Ok(())
}
