//! A priority queue: the highest task comes first, and equal tasks come in the order of their arrival.
//! `std::cmp::Reverse` reverses the order; `lifo()` takes the newest task first.

use std::cmp::Reverse;
use std::sync::mpsc;

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    let (done, order) = mpsc::channel();

    let myworker = queue(move |(priority, task): (u8, Reverse<&str>), _cx| {
        println!("Got a task {} of priority {priority}", task.0);
        done.send(task.0)
    })
    .priority()
    .build()?;

    // Put before the start, so that all of them are queued when the first one is taken.
    myworker.put((1, Reverse("sweep the floor")))?;
    myworker.put((9, Reverse("put out the fire")))?;
    myworker.put((5, Reverse("open the window")))?;
    myworker.put((5, Reverse("count the buckets")))?;
    myworker.start()?;
    myworker.drain()?;

    let order: Vec<_> = order.try_iter().collect();
    assert_eq!(order, ["put out the fire", "count the buckets", "open the window", "sweep the floor"]);
    Ok(())
}
