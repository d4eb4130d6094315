//! A device that fails is asked again later and later, without a sleep in the turn: the slots that are put off do not
//! count as missed, and the wait is no part of the run time.

use std::time::Duration;

use pyaltt::prelude::*;

const INTERVAL: Duration = Duration::from_millis(2);

fn main() -> Result<(), BoxError> {
    // It does not answer three times, and then it does.
    let mut answers = [Err("no answer"), Err("no answer"), Err("no answer"), Ok(20.5), Ok(20.6)].into_iter();
    let mut wait = 2 * INTERVAL;
    let sensor = looped(move |tick: Tick, cx| match answers.next() {
        Some(Ok(celsius)) => {
            println!("turn {}: {celsius} °C", tick.index);
            wait = 2 * INTERVAL;
            Ok(Flow::Continue)
        }
        Some(Err(error)) => {
            println!("turn {}: {error}; again in {wait:?}", tick.index);
            cx.next_in(wait)?;
            wait *= 2;
            Ok(Flow::Continue)
        }
        None => Ok::<_, BoxError>(Flow::Stop),
    });
    let sensor = sensor.name("sensor").interval(INTERVAL).start()?;
    assert_eq!(sensor.wait()?.turns, 6);

    let stats = sensor.stats();
    println!("longest gap {:?}, longest turn {:?}", stats.longest_gap, stats.run_time.max);
    assert!(stats.longest_gap >= 8 * INTERVAL);
    Ok(())
}
