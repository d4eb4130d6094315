//! What a put does when a bounded queue is full: wait, hand the task back, or drop the oldest or the newest task.
//! No worker is started here, so that its queue is full when it should be.

use std::sync::mpsc;
use std::time::Duration;

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    // Block, the default: `put` waits for room. `try_put` and `put_timeout` hand the task back instead.
    let block = queue(|_: u8, _cx| ()).bounded(2).build()?;
    (1..=2).try_for_each(|task| block.put(task))?;
    let error = block.put_timeout(3, Duration::from_millis(1)).expect_err("it is full");
    println!("block: {error}");
    assert_eq!(error.into_inner(), 3);

    // Reject: `put` hands the task back as well.
    let reject = queue(|_: u8, _cx| ()).bounded(2).overflow(Overflow::Reject).build()?;
    let refused: Vec<_> = (1..=4).filter_map(|task| reject.put(task).err()).collect();
    println!("reject: {}", refused[0]);
    assert_eq!(refused.len(), 2);

    // Drop: all puts succeed, and `on_dropped` is given each dropped task.
    for (overflow, kept) in [(Overflow::DropOldest, [3, 4]), (Overflow::DropNewest, [1, 2])] {
        let (losses, lost) = mpsc::channel();
        let drops = queue(|_: u8, _cx| ())
            .bounded(2)
            .overflow(overflow)
            .on_dropped(move |task| losses.send(task).unwrap_or_default())
            .build()?;
        (1..=4).try_for_each(|task| drops.put(task))?;
        println!("{overflow:?}: lost {:?}", lost.try_iter().collect::<Vec<_>>());
        assert_eq!(drops.take_pending(), kept);
        assert_eq!(drops.stats().dropped, 2);
    }
    Ok(())
}
