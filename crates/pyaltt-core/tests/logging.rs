//! What is logged. A subscriber serves the whole process, so this is a program of one test.

use pyaltt_core::{looped, queue};
use testkit::{Listener, Logged, Probe, failed};

#[test]
fn starts_stops_with_their_reasons_errors_and_panics_are_logged_and_turns_are_not() {
    let lines = Probe::new();
    let seen = lines.clone();
    let listener = Listener::new(move |event| seen.add(Logged::of(event).to_string()));
    tracing::subscriber::set_global_default(listener).unwrap();
    let take = || lines.all();

    let worker = queue(|_task: u8, _cx| ()).name("quiet").start().unwrap();
    (0..100).for_each(|task| worker.put(task).unwrap());
    worker.drain().unwrap();
    let started = r#"DEBUG started, run: 1, worker: "quiet""#;
    let stopped = r#"DEBUG stopped, reason: Stopped, run: 1, turns: 100, worker: "quiet""#;
    assert_eq!(take(), [started, stopped]);

    let printer = looped(|_tick, _cx| Err::<(), _>("no paper")).name("printer").start().unwrap();
    failed(printer.wait());
    assert_eq!(
        take()[1],
        r#"ERROR worker failed, error: worker "printer", turn 1: no paper, turn: 1, worker: "printer""#
    );

    let panicked = looped(|_tick, _cx| panic!("on fire")).name("printer").start().unwrap();
    failed(panicked.wait());
    let lines = take();
    assert_eq!(
        lines[1],
        r#"ERROR worker failed, error: worker "printer", turn 1: panicked: on fire, turn: 1, worker: "printer""#
    );
    assert!(lines[2].contains("reason: Failed"));

    // An error handler does its own logging.
    let handled = queue(|_task: u8, _cx| Err::<(), _>("no paper")).on_error(|_| ()).start().unwrap();
    handled.put(1).unwrap();
    handled.drain().unwrap();
    assert!(take().iter().all(|line| line.starts_with("DEBUG")));

    // The end of a channel is logged once, and the run does not loop on it.
    let (sender, receiver) = pyaltt_core::crossbeam_channel::unbounded();
    let external = queue(|_task: u8, _cx| ()).name("external").queue(receiver).start().unwrap();
    (0..3).for_each(|task| sender.send(task).unwrap());
    drop(sender);
    external.wait().unwrap();
    assert_eq!(
        take()[1..],
        [
            r#"INFO all senders of the worker's channel are gone, worker: "external""#,
            r#"DEBUG stopped, reason: Finished, run: 1, turns: 3, worker: "external""#
        ]
    );
}
