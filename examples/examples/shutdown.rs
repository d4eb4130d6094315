//! A shutdown: one function collection stops all workers, in the order of their priorities.
//! The workers that produce work are stopped first, then those that do it, so that nothing is left undone.

use std::sync::mpsc;
use std::time::Duration;

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    let printer = queue(|page: u64, _cx| println!("page {page}")).name("printer").start()?;
    let pages = printer.queue().clone();
    let (numbers, written) = mpsc::channel();
    let writer = looped(move |_tick, cx| {
        pages.put(cx.turn_number())?;
        numbers.send(cx.turn_number())?;
        Ok::<_, BoxError>(())
    })
    .name("writer")
    .interval(Duration::from_millis(2))
    .start()?;

    let shutdown = FunctionCollection::new().on_error(|error| eprintln!("{error}"));
    shutdown.function("printer").priority(10).add_result(move || printer.drain())?;
    shutdown.function("writer").priority(20).add_result(move || writer.stop())?;

    assert_eq!(written.iter().take(3).collect::<Vec<_>>(), [1, 2, 3]);
    let (exits, ok) = shutdown.execute();
    let turns: Vec<_> = exits.iter().filter_map(|(name, exit)| Some((name, exit.value()?.turns))).collect();
    println!("{turns:?}");
    assert!(ok);
    assert_eq!((turns[0].0, turns[1].0), ("writer", "printer"));
    assert_eq!(turns[0].1, turns[1].1, "every page that was written is printed");
    Ok(())
}
