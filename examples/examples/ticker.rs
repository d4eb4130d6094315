//! The timing of a worker for a loop of your own: an iterator that waits for each tick.
//! A stopper ends it from any thread, even in the middle of a wait.

use std::time::{Duration, Instant};

use pyaltt::prelude::*;

fn main() -> Result<(), BoxError> {
    let period = Duration::from_millis(2);
    let ticker = Ticker::interval(period)?.strategy(Realtime::new()).missed(MissedTick::CatchUp { max: 3 });
    let stopper = ticker.stopper();

    let began = Instant::now();
    let mut last = None;
    for tick in ticker {
        println!("tick {} came {:?} late", tick.index, tick.late);
        last = Some(tick.index);
        if tick.index >= 9 {
            stopper.stop();
        }
    }
    assert!(last >= Some(9));
    assert!(began.elapsed() >= period * 9, "no tick comes early");
    Ok(())
}
