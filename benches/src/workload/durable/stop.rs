//! Stops: of a worker that has nothing to do, and of one whose disk has stalled or whose server is gone.

use std::thread;
use std::time::{Duration, Instant};

use super::engine::Engine;
use super::place::{Place, Temporary};
use crate::case::{Case, Work};
use crate::contender::Contender;
use crate::workload::times::{median_and_p99, quantiles};

/// The name of its case in which all is well.
pub const IDLE: &str = "stop-idle";

/// The name of its case in which the disk answers no more while the worker has nothing to do.
pub const STALLED: &str = "stop-stalled";

/// The name of its case in which the disk answers no more while what the worker has done is under way to it.
pub const UNSETTLED: &str = "stop-unsettled";

/// The name of its case in which the server is gone.
pub const GONE: &str = "stop-gone";

/// How long a worker has had nothing to do when it is stopped.
const UNTIL_IDLE: Duration = Duration::from_millis(10);

pub(super) fn cases(engine: Engine) -> Vec<Case> {
    let how = "From the call of stop until it has returned.";
    let case = |name, title, situation, count| {
        let how = format!("{situation} {how}");
        Case::new(engine.id(name), engine.title(title), &how, Work::Repeat(count)).with(median_and_p99())
    };
    let idle = case(IDLE, "Stop while idle", "The queue is empty, and the worker has waited for 10 ms.", 100);
    if engine == Engine::Postgres {
        let gone = "The same, after the server was killed: a server of its own, which does not come back.";
        return vec![idle, case(GONE, "Stop while idle, server gone", gone, 100)];
    }
    vec![
        idle,
        case(
            STALLED,
            "Stop while idle, disk stalled",
            "The same, while a call to the disk does not return.",
            100,
        ),
        case(
            UNSETTLED,
            "Stop after a turn, disk stalled",
            "A turn is over, and the call to the disk by which it is settled does not return. The end of a run waits for \
             that for 100 ms, and then leaves it to the queue.",
            20,
        ),
    ]
}

impl Contender {
    /// Takes part in one of the cases. `open` makes the queue in a place; `prepare` brings a worker of it into its situation,
    /// and returns what stops it. What that returns is dropped after the time.
    #[must_use]
    pub fn stops_in<Q, F: FnOnce() -> Result<A, String>, A>(
        self,
        engine: Engine,
        case: &str,
        open: impl Fn(&Place) -> Result<Q, String> + 'static,
        prepare: impl Fn(&Q) -> Result<F, String> + 'static,
    ) -> Self {
        self.does(engine.id(case), move |count| {
            let temporary = Temporary::of(engine)?;
            let queue = open(temporary.place())?;
            let once = |_| {
                let stop = prepare(&queue)?;
                thread::sleep(UNTIL_IDLE);
                let began = Instant::now();
                let after = stop()?;
                let elapsed = began.elapsed();
                drop(after);
                Ok(elapsed)
            };
            Ok(quantiles((0..count).map(once).collect::<Result<_, String>>()?))
        })
    }
}
