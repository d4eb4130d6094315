//! A worker that is told how another one ends, by a task in its queue: it starts the other again, and gives up after three
//! lives.

use pyaltt::prelude::*;
use pyaltt::{Watch, WeakHandle};

/// The guard's tasks.
struct Down {
    worker: WeakHandle,
    exit: Exit,
}

#[background_worker(queue)]
fn guard(task: Down, watches: &mut Vec<Watch>) -> Result<bool, BoxError> {
    let Down { worker, exit } = task;
    println!("{} is down after {} turns: {}", exit.worker, exit.turns, exit.reason);
    let Some(worker) = worker.upgrade() else { return Ok(false) };
    if exit.run == 3 {
        return Ok(false);
    }
    worker.start()?;
    watches.push(look_after(&worker));
    Ok(true)
}

/// Has the guard told of the end, once. If that has come already, it is told at once.
fn look_after(worker: &Handle) -> Watch {
    // A handle would keep the worker alive for as long as it is watched.
    let weak = worker.downgrade();
    guard.watch(worker, move |exit| Down { worker: weak.clone(), exit: exit.clone() })
}

fn main() -> Result<(), BoxError> {
    guard.start(Vec::new())?;
    let line = looped(|_tick, cx| if cx.turn_number() < 5 { Ok(()) } else { Err("the line is dead") })
        .name("line")
        .on_error(|error| {
            println!("{error}");
            false
        })
        .start()?;
    let watch = look_after(&line);
    assert_eq!(guard.wait()?.turns, 3);
    drop(watch);

    // The same for a thread: of several workers the first that ends.
    let first = pyaltt::wait_any(&[&line, &guard], None)?;
    assert_eq!((first.index, first.exit.run, first.exit.turns), (0, 3, 5));
    Ok(())
}
