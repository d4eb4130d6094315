//! A turn that waits on a channel must hear of a stop as well: `select!` on the stop token.
//! So `stop` returns at once, although nothing more comes in.

use crossbeam_channel::{select, unbounded};
use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    let (lines, serial_port) = unbounded();
    let (answers, answered) = unbounded();

    let reader = looped(move |_tick, cx| {
        let stop = cx.stop_token();
        loop {
            select! {
                recv(serial_port) -> line => answers.send(format!("ok {}", line?))?,
                recv(stop.receiver()) -> _ => return Ok::<_, BoxError>(()),
            }
        }
    })
    .name("reader")
    .start()?;

    lines.send("G1 X10")?;
    lines.send("G1 X20")?;
    for answer in answered.iter().take(2) {
        println!("{answer}");
        assert!(answer.starts_with("ok G1"));
    }
    let exit = reader.stop()?;
    assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1));
    Ok(())
}
