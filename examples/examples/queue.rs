//! A queue worker: a function that runs in the background, once for each task that is put.
//! `drain` stops it after everything that is queued, `stop` after the current turn.

use pyaltt::prelude::*;

#[background_worker(queue)]
fn myworker(task: &'static str) {
    println!("Got a task {task}");
}

fn main() -> Result<(), BoxError> {
    myworker.start()?;
    myworker.put("task 1")?;
    myworker.put("task 2")?;
    assert_eq!(myworker.drain()?.turns, 2);

    // A task that is put between two runs waits for the next one.
    myworker.put("task 3")?;
    assert_eq!(myworker.len(), 1);
    myworker.start()?;
    assert_eq!(myworker.drain()?.turns, 1);
    assert!(myworker.is_empty());
    Ok(())
}
