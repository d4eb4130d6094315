//! An event worker: a function that runs in the background whenever it is triggered.
//! Triggers that come while it runs cause one more turn, which knows how many they were.

use std::sync::mpsc;

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    let (counts, seen) = mpsc::channel();

    let myworker = event(move |trigger, _cx| {
        println!("event triggered {} times", trigger.count);
        counts.send(trigger.count)
    })
    .name("myworker")
    .start()?;

    myworker.trigger();
    assert_eq!(seen.recv()?, 1);

    (0..3).for_each(|_| myworker.trigger());
    let mut rest = 3;
    while rest > 0 {
        rest -= seen.recv()?;
    }
    assert!(myworker.stop()?.turns <= 4);
    Ok(())
}
