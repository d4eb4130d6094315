//! Options of the builder can be replaced for one run: the name, the interval, the object `o`.
//! Arguments are found by their type.

use std::sync::mpsc;
use std::time::Duration;

use pyaltt::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Pin(u8);

fn main() -> Result<(), BoxError> {
    let (turns, seen) = mpsc::channel();

    let blink = looped(move |_tick, cx| {
        turns.send((cx.name().to_owned(), cx.o::<&str>().copied(), cx.arg::<Pin>().copied()))
    })
    .name("slow")
    .o("board 1")
    .interval(Duration::from_secs(3600))
    .build()?;

    blink.start()?;
    assert_eq!(seen.recv()?, ("slow".to_owned(), Some("board 1"), None));
    blink.stop()?; // wakes it at once, an hour before its next turn

    blink
        .start_with(Start::new().name("fast").interval(Duration::from_millis(1)).o("board 2").arg(Pin(7)))?;
    for turn in seen.iter().take(3) {
        println!("{turn:?}");
        assert_eq!(turn, ("fast".to_owned(), Some("board 2"), Some(Pin(7))));
    }
    assert_eq!(blink.stop()?.run, 2);
    Ok(())
}
