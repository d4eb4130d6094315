//! The hooks: when they are called, and what happens when they fail.

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Flow, Inbox, StartError, State, Turn, Worker,
    WorkerError, WorkerErrorKind,
};
use testkit::{Probe, exit_of, failed};

/// Logs every call. Task 0 stops, 1 fails, 2 panics, 3 terminates; the others go on.
struct Logged {
    log: Probe<String>,
    fail: &'static str,
}

impl Logged {
    fn note(&self, hook: &'static str) {
        self.log.note(hook);
        assert_ne!(self.fail, hook, "told to fail");
    }
}

impl Worker for Logged {
    type Task = u8;

    fn run(&mut self, task: u8, cx: &mut Context) -> Turn {
        self.note("run");
        match task {
            0 => return Ok(Flow::Stop),
            1 => return Err("task 1".into()),
            2 => panic!("task 2"),
            3 => cx.terminate(),
            _ => {}
        }
        Ok(Flow::Continue)
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.note("before_start");
        if self.fail == "before_start, with an error" {
            return Err("no paper".into());
        }
        Ok(())
    }

    fn after_start(&mut self, _cx: &mut Context) {
        self.note("after_start");
    }

    fn before_stop(&mut self, cx: &mut Context) {
        assert!(!cx.is_active());
        self.note("before_stop");
    }

    fn after_stop(&mut self, exit: &Exit) {
        self.log.add(format!("after_stop {:?}", exit.reason));
        assert_ne!(self.fail, "after_stop", "told to fail");
    }

    fn on_error(&mut self, error: &WorkerError, _cx: &mut Context) -> Flow {
        self.log.add(format!("on_error {error}"));
        assert_ne!(self.fail, "on_error", "told to fail");
        if self.fail == "on_error goes on" { Flow::Continue } else { Flow::Stop }
    }
}

fn worker(log: &Probe<String>, fail: &'static str) -> BackgroundQueueWorker<u8> {
    BackgroundQueueWorker::builder(Logged { log: log.clone(), fail }).name("hooked").build().unwrap()
}

#[apply(bounded)]
fn a_stopped_run_calls_every_hook_in_order() {
    let log = Probe::<String>::new();
    let worker = worker(&log, "");
    for _ in 0..2 {
        worker.put(9).unwrap();
        worker.start().unwrap();
        worker.drain().unwrap();
        let want = ["before_start", "after_start", "run", "before_stop", "after_stop Stopped"];
        assert_eq!(log.all(), want);
    }
    worker.start().unwrap();
    worker.stop().unwrap();
    assert_eq!(log.all(), ["before_start", "after_start", "before_stop", "after_stop Stopped"]);
}

#[apply(bounded)]
fn before_stop_is_for_stops_alone_and_after_stop_for_every_end() {
    let log = Probe::<String>::new();
    for (task, reason, handled) in [
        (0, ExitReason::Finished, None),
        (1, ExitReason::Failed, Some(r#"on_error worker "hooked", turn 1: task 1"#)),
        (2, ExitReason::Failed, Some(r#"on_error worker "hooked", turn 1: panicked: task 2"#)),
        (3, ExitReason::Terminated, None),
    ] {
        let worker = worker(&log, "");
        worker.put(task).unwrap();
        worker.start().unwrap();
        let exit = exit_of(worker.wait());
        assert_eq!(exit.reason, reason);
        assert_eq!(exit.error.is_some(), handled.is_some());
        let after = format!("after_stop {reason:?}");
        let want = ["before_start", "after_start", "run"].into_iter().chain(handled).chain([&*after]);
        assert_eq!(log.all(), want.collect::<Vec<_>>());
    }
    let worker = worker(&log, "");
    worker.start().unwrap();
    worker.terminate();
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Terminated);
    assert_eq!(log.all(), ["before_start", "after_start", "after_stop Terminated"]);
}

#[apply(bounded)]
fn a_failing_before_start_is_what_start_returns() {
    for (fail, text) in [
        ("before_start, with an error", r#"worker "hooked", before_start: no paper"#),
        ("before_start", r#"worker "hooked", before_start: panicked: "#),
    ] {
        let log = Probe::<String>::new();
        let worker = worker(&log, fail);
        worker.put(9).unwrap();
        for _ in 0..2 {
            let error = worker.start().unwrap_err();
            assert!(matches!(error, StartError::Hook(_)));
            assert!(error.to_string().starts_with(text), "{error}");
            assert_eq!(
                (worker.state(), worker.last_exit().reason),
                (State::Stopped, ExitReason::NeverStarted)
            );
            assert_eq!(log.all(), ["before_start"]);
        }
        assert_eq!(worker.take_pending(), [9], "the queue is intact");
    }
}

#[apply(bounded)]
fn a_panic_in_after_start_is_handled_like_one_in_a_turn() {
    let log = Probe::<String>::new();
    let worker = worker(&log, "after_start");
    worker.start().unwrap();
    let exit = failed(worker.wait());
    assert_eq!((exit.reason, exit.turns), (ExitReason::Failed, 0));
    let log = log.all();
    assert_eq!(log.len(), 4, "it is reported once: {log:?}");
    assert!(log[2].starts_with(r#"on_error worker "hooked", after_start: panicked"#));
}

#[apply(bounded)]
fn a_panic_in_a_stop_hook_is_reported_and_releases_the_waiters() {
    for hook in ["before_stop", "after_stop"] {
        let log = Probe::<String>::new();
        let worker = worker(&log, hook);
        worker.start().unwrap();
        let exit = worker.stop().unwrap();
        assert_eq!(exit.reason, ExitReason::Stopped);
        assert!(
            matches!(exit.error.as_deref(), Some(error) if matches!(error.kind(), WorkerErrorKind::Panicked(_))),
            "{hook}"
        );
        let told = format!(r#"on_error worker "hooked", {hook}: panicked"#);
        assert!(log.all().iter().any(|entry| entry.starts_with(&told)), "{hook}");
        assert_eq!(worker.state(), State::Stopped);
        worker.start().unwrap();
        worker.stop().unwrap();
    }
}

#[apply(bounded)]
fn a_panic_in_on_error_is_caught_counted_and_not_handled_again() {
    let log = Probe::<String>::new();
    let worker = worker(&log, "on_error");
    worker.put(1).unwrap();
    worker.start().unwrap();
    let exit = failed(worker.wait());
    assert_eq!((exit.reason, exit.errors, exit.panics), (ExitReason::Failed, 1, 1));
    assert_eq!(exit.error.unwrap().to_string(), r#"worker "hooked", turn 1: task 1"#);
    assert_eq!(log.all().iter().filter(|entry| entry.starts_with("on_error")).count(), 1);
}

#[apply(bounded)]
fn a_panic_of_on_error_after_a_stop_hook_is_in_the_exit() {
    struct Clumsy;

    impl Worker for Clumsy {
        type Task = u8;

        fn run(&mut self, _task: u8, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }

        fn before_stop(&mut self, _cx: &mut Context) {
            panic!("meant to fail");
        }

        fn after_stop(&mut self, exit: &Exit) {
            assert_eq!(exit.panics, 1);
            panic!("meant to fail");
        }

        fn on_error(&mut self, _error: &WorkerError, _cx: &mut Context) -> Flow {
            panic!("meant to fail");
        }
    }

    let worker = BackgroundQueueWorker::builder(Clumsy).start().unwrap();
    assert_eq!(worker.stop().unwrap().panics, 2);
    assert_eq!(worker.stats().panics, 2);
}

#[apply(bounded)]
fn an_error_handler_that_goes_on_goes_on() {
    let log = Probe::<String>::new();
    let worker = worker(&log, "on_error goes on");
    for task in [1, 2, 1, 9, 0] {
        worker.put(task).unwrap();
    }
    worker.start().unwrap();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.reason, exit.turns, exit.errors, exit.panics), (ExitReason::Finished, 5, 2, 1));
    assert!(exit.error.is_none());
    assert_eq!((worker.stats().errors, worker.stats().panics), (2, 1));
}

#[apply(bounded)]
fn an_overridden_loop_that_fails_or_panics_fails_the_run() {
    struct Bad(bool);
    impl Worker for Bad {
        type Task = u8;
        fn run(&mut self, _task: u8, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
        fn r#loop(&mut self, inbox: &mut Inbox<u8>) -> Result<(), BoxError> {
            let _ = inbox.next();
            assert!(!self.0, "loop panics");
            Err("loop fails".into())
        }
    }
    for (panics, text) in [(false, "loop fails"), (true, "panicked: loop panics")] {
        let worker = BackgroundQueueWorker::builder(Bad(panics)).start().unwrap();
        worker.put(1).unwrap();
        let exit = failed(worker.wait());
        let text = format!(r#"worker "Bad", loop: {text}"#);
        assert_eq!((exit.reason, exit.error.unwrap().to_string()), (ExitReason::Failed, text));
    }
}

#[apply(bounded)]
fn an_overridden_loop_that_returns_finishes_the_run() {
    struct Once;
    impl Worker for Once {
        type Task = u8;
        fn run(&mut self, _task: u8, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
        fn r#loop(&mut self, _inbox: &mut Inbox<u8>) -> Result<(), BoxError> {
            Ok(())
        }
    }
    let worker = BackgroundQueueWorker::builder(Once).start().unwrap();
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
}

#[apply(bounded)]
fn the_inbox_still_stands_in_before_stop() {
    struct Later(Option<pyaltt_core::Queue<u8>>);
    impl Worker for Later {
        type Task = u8;
        fn run(&mut self, _task: u8, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
        fn before_stop(&mut self, _cx: &mut Context) {
            self.0.as_ref().unwrap().put(42).unwrap();
        }
    }
    let tasks = pyaltt_core::Queue::unbounded();
    let worker = BackgroundQueueWorker::builder(Later(Some(tasks.clone()))).queue(tasks).start().unwrap();
    worker.stop().unwrap();
    assert_eq!(worker.take_pending(), [42]);
}

#[apply(bounded)]
fn a_put_from_before_start_on_the_workers_full_queue_is_an_error() {
    struct Eager(pyaltt_core::Queue<u8>);
    impl Worker for Eager {
        type Task = u8;
        fn run(&mut self, _task: u8, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
        fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
            self.0.put(1)?;
            Ok(self.0.put(2)?)
        }
    }
    let tasks =
        pyaltt_core::BackgroundQueueWorker::builder(Eager(pyaltt_core::Queue::unbounded())).bounded(1);
    let first = tasks.build().unwrap();
    let queue = first.queue().clone();
    let worker = BackgroundQueueWorker::builder(Eager(queue.clone())).queue(queue).build().unwrap();
    let error = worker.start().unwrap_err().to_string();
    assert!(error.contains("its worker's own thread cannot wait for room"), "{error}");
    assert_eq!(worker.take_pending(), [1]);
}
