//! Leased queues of workers that are paused, or run again.

use std::time::Duration;

use pyaltt_core::{Flow, Restart, Then};
use testkit::Probe;

use super::worker;

/// Far longer than anything takes.
const LONG: Duration = Duration::from_secs(3600);

#[apply(bounded)]
fn a_paused_worker_asks_for_nothing_and_goes_on_with_what_came_meanwhile() {
    let ran = Probe::new();
    let tasks = ran.clone();
    let (builder, store) = worker(&[1], move |task, _| tasks.add(task));
    let worker = builder.paused(true).start().unwrap();
    worker.pause_wait(LONG).unwrap();
    store.add(2);
    assert_eq!((store.asked().len(), store.lent()), (0, 0));
    worker.resume();
    ran.wait_for(2);
    worker.pause_wait(LONG).unwrap();
    let asked = store.asked().len();
    store.add(3);
    store.wake();
    assert_eq!((store.asked().len(), store.ready()), (asked, vec![3]));
    assert_eq!(store.rested(), [worker.id(), worker.id()]);
    // A drain ends the pause.
    assert_eq!(worker.drain().unwrap().turns, 3);
    assert_eq!(ran.all(), [1, 2, 3]);
}

#[apply(bounded)]
fn a_worker_that_runs_again_takes_the_task_that_failed_it() {
    let ran = Probe::new();
    let tasks = ran.clone();
    let (builder, store) = worker(&[1, 2], move |task, cx| {
        tasks.add((task, cx.run_number(), cx.task().unwrap().attempt));
        if cx.run_number() == 1 { Err("no paper") } else { Ok(()) }
    });
    let exits = Probe::new();
    let ends = exits.clone();
    let worker = builder
        .on_error(|_| Flow::Stop)
        .restart(Restart::on_failure().backoff(Duration::ZERO))
        .on_exit(move |exit| ends.add((exit.pending, matches!(exit.then, Then::Again { .. }))))
        .start()
        .unwrap();
    ran.wait_for(3);
    worker.drain().unwrap();
    let mut all = ran.all();
    assert_eq!(all.remove(0), (1, 1, 1));
    all.sort_unstable();
    assert_eq!(all, [(1, 2, 2), (2, 2, 1)]);
    assert_eq!(exits.all(), [(2, true), (0, false)]);
    // Each run has come and gone.
    assert_eq!((store.left().len(), store.workers(), store.lent()), (2, 0, 0));
}
