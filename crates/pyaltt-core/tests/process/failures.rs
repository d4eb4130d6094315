//! What a process says on stderr, or in the log, of a run that fails and of tasks that are dropped, when nobody handles
//! it: one line, whatever is broken.
//!
//! The process of a case starts itself once more, with a pipe for stderr, and prints what comes out of it.

use std::fmt;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Flow, Handle, Inbox, Queue, StopError, Tick,
    Turn, Worker, WorkerError, event, looped, queue,
};
use testkit::{Listener, Logged};

use crate::case::{Case, VARIABLE};

/// Set in the inner process.
const INNER: &str = "PYALTT_INNER";

/// A case whose inner process runs `inner`. What that writes to stderr is what the case prints.
fn case(name: &'static str, inner: fn(), stderr: &'static str) -> Case {
    let run = move || {
        if std::env::var_os(INNER).is_some() {
            return inner();
        }
        let mut child = Command::new(std::env::current_exe().unwrap());
        let output = child.env(VARIABLE, name).env(INNER, "1").stderr(Stdio::piped()).output().unwrap();
        print!("{}{}", String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{}", output.status);
    };
    Case::new(name, run).prints(stderr)
}

/// 1 and 3.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        case(
            "a_failure_that_nobody_handles_is_a_line_on_stderr",
            unhandled,
            "worker \"looped\", turn 1: no paper\nworker \"event\", turn 1: no paper\n\
             worker \"queue\", turn 2: no paper\nworker \"loop\", loop: no paper\n",
        ),
        case(
            "a_failure_in_a_log_that_somebody_listens_to_is_not_on_stderr",
            logged,
            "logged: ERROR worker failed, error: worker \"looped\", turn 1: no paper, turn: 1, worker: \"looped\"\n",
        ),
        case("a_failure_that_on_error_handles_is_not_on_stderr", handled, ""),
        case(
            "a_failure_that_on_error_fails_to_handle_is_on_stderr",
            badly_handled,
            "worker \"error\", turn 1: no paper\nworker \"panic\", turn 1: no paper\n",
        ),
        case("a_failure_that_the_workers_own_on_error_handles_is_not_on_stderr", own_handler, ""),
        case(
            "a_failure_whose_text_panics_is_on_stderr",
            unprintable,
            "worker \"mail\", turn 1: an error whose text cannot be printed: panicked: no text\n",
        ),
        case(
            "a_failure_whose_text_panics_is_in_the_log",
            unprintable_logged,
            "logged: ERROR worker failed, error: worker \"mail\", turn 1: an error whose text cannot be printed: \
             panicked: no text, turn: 1, worker: \"mail\"\n",
        ),
        case(
            "a_panic_that_nobody_handles_is_a_line_on_stderr",
            panics,
            "worker \"turn\", turn 1: panicked: on fire\nworker \"hook\", after_stop: panicked: on fire\n",
        ),
        case("an_error_that_a_start_returns_is_not_on_stderr", failed_start, ""),
        case("an_interrupted_turn_is_not_on_stderr", interrupted, ""),
        case(
            "a_subscriber_that_panics_when_it_is_asked_is_contained",
            subscriber_panics,
            "worker \"looped\", turn 1: no paper\nworker \"mail\": a queue was dropped with 1 tasks in it\n",
        ),
        Case::new("a_failure_with_a_closed_stderr_does_no_harm", closed_stderr).prints("failed\n"),
        case(
            "tasks_that_are_dropped_are_a_warning",
            dropped,
            "worker \"mail\": a queue was dropped with 1000 tasks in it\n",
        ),
        case("tasks_that_are_dropped_are_a_warning_in_the_log", dropped_logged, "20\n1000\n"),
        case("tasks_that_somebody_can_take_are_no_warning", still_held, ""),
        case(
            "the_worker_in_its_last_turn_is_the_last_owner_of_its_tasks",
            last_turn,
            "worker \"mail\": a queue was dropped with 3 tasks in it\n",
        ),
    ]
}

fn unhandled() {
    struct NoLoop;
    impl Worker for NoLoop {
        type Task = Tick;
        fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
        fn r#loop(&mut self, _inbox: &mut Inbox<Tick>) -> Result<(), BoxError> {
            Err("no paper".into())
        }
    }
    let beat = looped(|_tick, _cx| Err::<(), _>("no paper")).name("looped").start().unwrap();
    assert_failed(&beat);
    let alarm = event(|_trigger, _cx| Err::<(), _>("no paper")).name("event").start().unwrap();
    alarm.trigger();
    assert_failed(&alarm);
    let mail = queue(|task: u32, _cx| if task == 0 { Ok(()) } else { Err("no paper") });
    let mail = mail.name("queue").start().unwrap();
    (0..2).for_each(|task| mail.put(task).unwrap());
    assert_failed(&mail);
    assert_failed(&pyaltt_core::BackgroundWorker::builder(NoLoop).name("loop").start().unwrap());
}

#[track_caller]
fn assert_failed(worker: &Handle) {
    assert!(matches!(worker.wait(), Err(StopError::Failed(_))));
    assert_eq!(worker.stop().unwrap().reason, ExitReason::Failed);
}

/// Prints errors and warnings.
fn listen() {
    let listener = Listener::new(|event| {
        let logged = Logged::of(event);
        if logged.level <= tracing::Level::WARN {
            println!("logged: {logged}");
        }
    });
    tracing::subscriber::set_global_default(listener).unwrap();
}

fn logged() {
    listen();
    assert_failed(&looped(|_tick, _cx| Err::<(), _>("no paper")).name("looped").start().unwrap());
}

fn handled() {
    let goes_on = queue(|_task: u32, _cx| Err::<(), _>("no paper")).on_error(|_| ()).start().unwrap();
    goes_on.put(1).unwrap();
    goes_on.drain().unwrap();
    // It has been told, and decides that the run fails.
    assert_failed(&looped(|_tick, _cx| Err::<(), _>("no paper")).on_error(|_| Flow::Stop).start().unwrap());
}

fn badly_handled() {
    let fails = || looped(|_tick, _cx| Err::<(), _>("no paper"));
    assert_failed(&fails().name("error").on_error(|_| Err::<(), _>("no")).start().unwrap());
    std::panic::set_hook(Box::new(|_| ()));
    assert_failed(&fails().name("panic").on_error(|_| panic!("no")).start().unwrap());
}

fn own_handler() {
    struct Handles;
    impl Worker for Handles {
        type Task = Tick;
        fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
            Err("no paper".into())
        }
        fn on_error(&mut self, _error: &WorkerError, _cx: &mut Context) -> Flow {
            Flow::Stop
        }
    }
    assert_failed(&pyaltt_core::BackgroundWorker::builder(Handles).start().unwrap());
}

#[derive(Debug)]
struct NoText;

impl fmt::Display for NoText {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no text");
    }
}

impl std::error::Error for NoText {}

fn unprintable() {
    std::panic::set_hook(Box::new(|_| ()));
    assert_failed(&looped(|_tick, _cx| Err::<(), _>(NoText)).name("mail").start().unwrap());
}

fn unprintable_logged() {
    listen();
    unprintable();
}

fn panics() {
    struct Burns;
    impl Worker for Burns {
        type Task = Tick;
        fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
            Ok(Flow::Stop)
        }
        fn after_stop(&mut self, _exit: &Exit) {
            panic!("on fire");
        }
    }
    std::panic::set_hook(Box::new(|_| ()));
    assert_failed(&looped(|_tick, _cx| panic!("on fire")).name("turn").start().unwrap());
    let burns = pyaltt_core::BackgroundWorker::builder(Burns).name("hook").start().unwrap();
    assert_eq!(burns.wait().unwrap().reason, ExitReason::Finished);
}

fn failed_start() {
    let made = pyaltt_core::looped_from(|| {
        if true {
            return Err("no port".into());
        }
        Ok(|_tick: Tick, _cx: &mut Context| ())
    });
    made.start().unwrap_err();
}

fn interrupted() {
    let full = queue(|_task: u32, _cx| ()).bounded(1).build().unwrap();
    full.put(0).unwrap();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let (lines, pending) = (full.queue().clone(), full.queue().clone());
    let worker = queue(move |task: u32, _cx| -> Result<(), BoxError> {
        begun.send(())?;
        lines.put(task)?;
        Ok(())
    });
    let worker = worker.start().unwrap();
    worker.put(1).unwrap();
    has_begun.recv().unwrap();
    assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
    assert_eq!((worker.stats().interrupted, pending.take_pending()), (1, vec![0]));
}

/// Panics when it is asked whether it is interested.
struct Sulks;

impl tracing::Subscriber for Sulks {
    fn enabled(&self, _metadata: &tracing::Metadata<'_>) -> bool {
        panic!("ask somebody else");
    }
    fn register_callsite(
        &self,
        _metadata: &'static tracing::Metadata<'static>,
    ) -> tracing::subscriber::Interest {
        tracing::subscriber::Interest::sometimes()
    }
    fn new_span(&self, _span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _span: &tracing::span::Id, _values: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _span: &tracing::span::Id, _follows: &tracing::span::Id) {}
    fn event(&self, _event: &tracing::Event<'_>) {}
    fn enter(&self, _span: &tracing::span::Id) {}
    fn exit(&self, _span: &tracing::span::Id) {}
}

fn subscriber_panics() {
    std::panic::set_hook(Box::new(|_| ()));
    tracing::subscriber::set_global_default(Sulks).unwrap();
    assert_failed(&looped(|_tick, _cx| Err::<(), _>("no paper")).name("looped").start().unwrap());
    let mail = queue(|_task: u32, _cx| ()).name("mail").start().unwrap();
    mail.stop().unwrap();
    mail.put(1).unwrap();
    drop(mail);
}

/// Its inner process is one whose stderr leads nowhere.
fn closed_stderr() {
    if std::env::var_os(INNER).is_some() {
        assert_failed(&looped(|_tick, _cx| Err::<(), _>("no paper")).start().unwrap());
        println!("failed");
        return;
    }
    let name = std::env::var(VARIABLE).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.env(VARIABLE, name).env(INNER, "1").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    drop(child.stderr.take());
    let output = child.wait_with_output().unwrap();
    print!("{}", String::from_utf8(output.stdout).unwrap());
    assert!(output.status.success());
}

/// A stopped worker whose queue has held `tasks` since its last run.
fn stopped(tasks: u32) -> BackgroundQueueWorker<u32> {
    let mail = queue(|_task: u32, _cx| ()).name("mail").start().unwrap();
    mail.stop().unwrap();
    (0..tasks).for_each(|task| mail.put(task).unwrap());
    mail
}

fn dropped() {
    let mail = stopped(1000);
    let other = mail.clone();
    drop(mail);
    drop(other);
}

/// Every queue that is dropped is a loss of its own.
fn dropped_logged() {
    static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let listener = Listener::new(|event| {
        let logged = Logged::of(event);
        if logged.level == tracing::Level::WARN {
            WARNINGS.lock().unwrap().push(logged.field("tasks").unwrap_or("?").to_owned());
        }
    });
    tracing::subscriber::set_global_default(listener).unwrap();
    (0..20).for_each(|_| drop(stopped(1000)));
    let warnings = WARNINGS.lock().unwrap();
    println!("{}", warnings.len());
    println!("{}", warnings.first().unwrap());
}

fn still_held() {
    static KEPT: OnceLock<Queue<u32>> = OnceLock::new();
    let mail = stopped(3);
    KEPT.set(mail.queue().clone()).unwrap();
    drop(mail);
    // Another worker has it.
    let anna = stopped(3);
    let bert = queue(|_task: u32, _cx| ()).queue(anna.queue().clone()).start().unwrap();
    drop(anna);
    bert.drain().unwrap();
    drop(bert);
    // It is empty, or was emptied, or handed over.
    drop(stopped(0));
    let mail = stopped(3);
    assert_eq!(mail.take_pending().len(), 3);
    drop(mail);
}

fn last_turn() {
    let (begun, has_begun) = std::sync::mpsc::channel();
    let mail = queue(move |_task: u32, cx| {
        begun.send(()).unwrap();
        // Until the stop, so that no other task is taken before it.
        cx.sleep(Duration::MAX);
    });
    let mail = mail.name("mail").daemon(false).start().unwrap();
    mail.put(0).unwrap();
    has_begun.recv().unwrap();
    (1..4).for_each(|task| mail.put(task).unwrap());
    drop(mail);
}
