//! An event worker.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use pyaltt::{BackgroundEventWorker, Event, Flow, Restart, Trigger};

use crate::contender::{Contender, Kind};
use crate::workload::mass_restart::{self, Crowd, Started};
use crate::workload::start_stop::{START_STOP, start_stop};
use crate::workload::waiting;

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
        .waits_and_stops(waiting_worker, |worker| drop(worker.stop()))
        .restarts_in_masses(fail_together)
}

/// Fails in every turn.
fn fail(_trigger: Trigger, _cx: &mut pyaltt::Context) -> Result<(), &'static str> {
    Err("this turn was to fail")
}

fn policy(backoff: Duration) -> Restart {
    Restart::on_failure().backoff(backoff)
}

/// A worker that has failed, and waits out its backoff.
fn waiting_worker() -> Result<BackgroundEventWorker, String> {
    let (waits, is_waiting) = mpsc::channel();
    let worker = pyaltt::event(fail)
        .restart(policy(waiting::BACKOFF))
        // An unhandled failure would be a line on stderr.
        .on_error(|_error| Flow::Stop)
        .on_exit(move |_exit| _ = waits.send(()))
        .start()
        .map_err(|error| error.to_string())?;
    worker.trigger();
    is_waiting.recv().map_err(|error| error.to_string())?;
    Ok(worker)
}

/// Workers that all fail when one event is set.
fn fail_together(count: usize, crowd: &Arc<Crowd>) -> Result<Started, String> {
    let event = Event::new();
    let start = |_| {
        let crowd = Arc::clone(crowd);
        pyaltt::event(fail)
            .event(event.clone())
            .restart(policy(mass_restart::BACKOFF))
            .on_error(|_error| Flow::Stop)
            .after_start(move |cx| {
                if cx.run_number() == 2 {
                    crowd.arrive();
                }
            })
            .start()
            .map_err(|error| error.to_string())
    };
    let workers: Vec<BackgroundEventWorker> = (0..count).map(start).collect::<Result<_, _>>()?;
    Ok((Box::new(move || event.set()), Box::new(workers)))
}

/// The same worker, restarted again and again.
pub(super) fn restarted() -> Contender {
    let how = "BackgroundEventWorker; built once, then only started and stopped";
    Contender::new(Kind::Ours, "worker-restarted", "worker, restarted", how).does(START_STOP, |count| {
        let worker = pyaltt::event(|_trigger, _cx| ()).build().map_err(|error| error.to_string())?;
        Ok(start_stop(count, || worker.start().expect("a thread can be started"), |()| drop(worker.stop())))
    })
}
