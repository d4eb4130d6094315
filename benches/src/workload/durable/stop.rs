//! Stops: of a worker that has nothing to do, and of one whose disk has stalled.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::folder;
use crate::case::{Case, Work};
use crate::contender::Contender;
use crate::workload::times::{median_and_p99, quantiles};

/// The id of its case in which all is well.
pub const IDLE: &str = "queue-stop-idle";

/// The id of its case in which the disk answers no more while the worker has nothing to do.
pub const STALLED: &str = "queue-stop-stalled";

/// The id of its case in which the disk answers no more while what the worker has done is under way to it.
pub const UNSETTLED: &str = "queue-stop-unsettled";

/// How long a worker has had nothing to do when it is stopped.
const UNTIL_IDLE: Duration = Duration::from_millis(10);

pub(super) fn cases() -> Vec<Case> {
    let how = "From the call of stop until it has returned.";
    let case = |id, title, situation, count| {
        Case::new(id, title, &format!("{situation} {how}"), Work::Repeat(count)).with(median_and_p99())
    };
    vec![
        case(IDLE, "Stop while idle", "The queue is empty, and the worker has waited for 10 ms.", 100),
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
    /// Takes part in one of the cases. `open` makes the queue in a folder; `prepare` brings a worker of it into its situation,
    /// and returns what stops it. What that returns is dropped after the time.
    #[must_use]
    pub fn stops_in<Q, F: FnOnce() -> Result<A, String>, A>(
        self,
        case: &'static str,
        open: impl Fn(&Path) -> Result<Q, String> + 'static,
        prepare: impl Fn(&Q) -> Result<F, String> + 'static,
    ) -> Self {
        self.does(case, move |count| {
            let folder = folder::temporary()?;
            let queue = open(folder.path())?;
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
