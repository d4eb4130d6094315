//! An event worker.

use crate::contender::{Contender, Kind};
use crate::workload::start_stop::{START_STOP, start_stop};

pub(super) fn contender() -> Contender {
    let how = "BackgroundEventWorker; built for every start, and dropped after its stop";
    Contender::new(Kind::Ours, "event-worker", "event worker", how)
        .wakes(|stamp| {
            let worker =
                pyaltt::event(move |_trigger, _cx| stamp.set()).start().expect("a thread can be started");
            move || worker.trigger()
        })
        .lives(
            || pyaltt::event(|_trigger, _cx| ()).start().expect("a thread can be started"),
            |worker| drop(worker.stop()),
        )
}

/// The same worker, restarted again and again.
pub(super) fn restarted() -> Contender {
    let how = "BackgroundEventWorker; built once, then only started and stopped";
    Contender::new(Kind::Ours, "worker-restarted", "worker, restarted", how).does(START_STOP, |count| {
        let worker = pyaltt::event(|_trigger, _cx| ()).build().map_err(|error| error.to_string())?;
        Ok(start_stop(count, || worker.start().expect("a thread can be started"), |()| drop(worker.stop())))
    })
}
