//! An event worker: a function that runs in the background whenever it is triggered.
//! Triggers that come during a turn coalesce into one more turn, which knows how many they were.

use std::sync::mpsc::{self, SendError, Sender};

use pyaltt::prelude::*;

#[background_worker(event)]
fn myworker(trigger: Trigger, counts: &Sender<u64>) -> Result<(), SendError<u64>> {
    println!("event triggered, count {}", trigger.count);
    counts.send(trigger.count)
}

fn main() -> Result<(), BoxError> {
    let (counts, seen) = mpsc::channel();
    myworker.start(counts)?;

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
