//! What is logged. The subscriber is that of the whole process, so this is a program of one test.

use std::fmt::{self, Write};
use std::sync::Mutex;

use pyaltt_core::{looped, queue};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps each event as a line: its level, and its fields in the order of their names.
struct Lines;

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("pyaltt")
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(Vec::new());
        event.record(&mut fields);
        fields.0.sort_unstable();
        LINES.lock().unwrap().push(format!("{} {}", event.metadata().level(), fields.0.join(", ")));
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

struct Fields(Vec<String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        let _ = write!(text, "{field}: {value:?}");
        self.0.push(text);
    }
}

fn take() -> Vec<String> {
    std::mem::take(&mut LINES.lock().unwrap())
}

#[test]
fn starts_stops_with_their_reasons_errors_and_panics_are_logged_and_turns_are_not() {
    tracing::subscriber::set_global_default(Lines).unwrap();

    let worker = queue(|_task: u8, _cx| ()).name("quiet").start().unwrap();
    (0..100).for_each(|task| worker.put(task).unwrap());
    worker.drain().unwrap();
    let started = r#"DEBUG message: started, run: 1, worker: "quiet""#;
    let stopped = r#"DEBUG message: stopped, reason: Stopped, run: 1, turns: 100, worker: "quiet""#;
    assert_eq!(take(), [started, stopped]);

    let failed = looped(|_tick, _cx| Err::<(), _>("no paper")).name("printer").start().unwrap();
    failed.wait().unwrap();
    assert_eq!(take()[1], r#"ERROR error: no paper, message: worker failed, turn: 1, worker: "printer""#);

    let panicked = looped(|_tick, _cx| panic!("on fire")).name("printer").start().unwrap();
    panicked.wait().unwrap();
    let lines = take();
    assert_eq!(
        lines[1],
        r#"ERROR error: panicked: on fire, message: worker failed, turn: 1, worker: "printer""#
    );
    assert!(lines[2].contains("reason: Failed"));

    // Who handles errors has them to log.
    let handled = queue(|_task: u8, _cx| Err::<(), _>("no paper")).on_error(|_| ()).start().unwrap();
    handled.put(1).unwrap();
    handled.drain().unwrap();
    assert!(take().iter().all(|line| line.starts_with("DEBUG")));

    // The end of a channel is told once, and the run does not go round and round.
    let (sender, receiver) = pyaltt_core::crossbeam_channel::unbounded();
    let external = queue(|_task: u8, _cx| ()).name("external").queue(receiver).start().unwrap();
    (0..3).for_each(|task| sender.send(task).unwrap());
    drop(sender);
    external.wait().unwrap();
    assert_eq!(
        take()[1..],
        [
            r#"INFO message: all senders of the worker's channel are gone, worker: "external""#,
            r#"DEBUG message: stopped, reason: Finished, run: 1, turns: 3, worker: "external""#
        ]
    );
}
