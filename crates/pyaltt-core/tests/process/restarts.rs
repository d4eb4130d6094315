//! Workers that restart, and the end of the process.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use pyaltt_core::{BackgroundWorker, ExitReason, Restart, Start, State, Then, exit, looped};

use crate::case::{Case, VARIABLE};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("main_ends_the_backoff_of_a_non_daemon_worker", || waits(by_main))
            .prints("waiting\nmain\n"),
        Case::new("process_exit_ends_the_backoff_of_a_non_daemon_worker", || waits(|| std::process::exit(7)))
            .prints("waiting\n")
            .exits(7),
        Case::new("exit_ends_the_backoff_of_a_non_daemon_worker", || waits(|| exit(7)))
            .prints("waiting\n")
            .exits(7),
        Case::new("exit_in_on_exit_ends_the_backoff_of_its_worker", exit_in_on_exit).exits(3),
        Case::new("a_daemon_that_waits_does_not_keep_the_process_alive", daemon).prints("waiting\nmain\n"),
        Case::new("a_worker_that_a_restart_made_a_non_daemon_is_waited_for", made_non_daemon)
            .prints("main\nthe last words\n"),
        Case::new("a_non_daemon_worker_that_fails_after_main_has_returned_is_not_restarted", fails_late)
            .prints("main\nfails\nRest\n"),
        Case::new("a_non_daemon_worker_in_a_life_of_several_runs_is_waited_for", several_runs)
            .prints("run 1\nrun 2\nrun 3\nmain\nends\n"),
        Case::new("a_storm_of_failures_is_limited_on_stderr", storm).prints("limited\n"),
    ]
}

const LONG: Duration = Duration::from_secs(3600);

/// A worker that has failed and waits for an hour.
fn waiting(daemon: bool) -> BackgroundWorker {
    let worker = looped(|_tick, _cx| Err::<(), _>("no paper"))
        .daemon(daemon)
        .restart(Restart::on_failure().backoff(LONG))
        .start()
        .unwrap();
    assert!(testkit::until(LONG, || worker.state() == State::Waiting));
    println!("waiting");
    worker
}

fn waits(end: fn()) {
    let worker = waiting(false);
    std::mem::forget(worker);
    end();
}

fn by_main() {
    println!("main");
}

fn exit_in_on_exit() {
    looped(|_tick, _cx| Err::<(), _>("no paper"))
        .daemon(false)
        .restart(Restart::on_failure().backoff(LONG))
        .on_exit(|_| exit(3))
        .start()
        .unwrap()
        .detach();
}

fn daemon() {
    waiting(true).detach();
    println!("main");
}

/// The further run is a non-daemon by what the policy gives it.
fn made_non_daemon() {
    let (runs, second) = mpsc::channel();
    let (main, after) = mpsc::channel::<()>();
    let policy = Restart::on_failure().backoff(Duration::ZERO).start(|_| Start::new().daemon(false));
    let worker = looped(move |_tick, cx| {
        if cx.run_number() == 1 {
            return Err("no paper");
        }
        runs.send(()).unwrap();
        let _ = after.recv();
        // Within this time, a process that does not wait would be gone.
        cx.sleep(Duration::from_millis(100));
        println!("the last words");
        Ok(false)
    });
    worker.restart(policy).start().unwrap().detach();
    second.recv().unwrap();
    println!("main");
    drop(main);
}

/// The process tells workers in the order in which they were started that they are not restarted any more, so when the
/// second has been told, the first has.
fn fails_late() {
    let (second, told) = mpsc::channel::<BackgroundWorker>();
    looped(move |_tick, _cx| {
        let second = told.recv().unwrap();
        while second.state() != State::Stopped {
            std::thread::yield_now();
        }
        println!("fails");
        Err::<(), _>("no paper")
    })
    .daemon(false)
    .restart(Restart::on_failure().backoff(Duration::ZERO))
    .on_exit(|exit| println!("{:?}", exit.then))
    .start()
    .unwrap()
    .detach();
    let worker = looped(|_tick, _cx| Err::<(), _>("no paper"))
        .daemon(false)
        .restart(Restart::on_failure().backoff(LONG))
        .start()
        .unwrap();
    assert!(testkit::until(LONG, || worker.state() == State::Waiting));
    println!("main");
    second.send(worker).unwrap();
}

fn several_runs() {
    let (runs, third) = mpsc::channel();
    let (main, after) = mpsc::channel::<()>();
    looped(move |_tick, cx| {
        println!("run {}", cx.run_number());
        if cx.run_number() < 3 {
            return Err("no paper");
        }
        runs.send(()).unwrap();
        let _ = after.recv();
        cx.sleep(Duration::from_millis(100));
        println!("ends");
        Ok(false)
    })
    .daemon(false)
    .restart(Restart::on_failure().backoff(Duration::ZERO))
    .start()
    .unwrap()
    .detach();
    third.recv().unwrap();
    println!("main");
    drop(main);
}

/// Set in the inner process, which fails many times.
const INNER: &str = "PYALTT_INNER";

fn storm() {
    const RESTARTS: u32 = 3_000;
    if std::env::var_os(INNER).is_some() {
        let mut failures = 0;
        let worker = looped(move |_tick, _cx| {
            failures += 1;
            Err::<(), _>(format!("failure {failures}."))
        });
        let policy = Restart::on_failure().backoff(Duration::ZERO).max(RESTARTS, LONG);
        let worker = worker.name("storm").restart(policy).start().unwrap();
        let exit = testkit::failed(worker.wait());
        assert!(matches!(exit.then, Then::GaveUp { .. }) && exit.reason == ExitReason::Failed);
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    let child = child.env(VARIABLE, "a_storm_of_failures_is_limited_on_stderr").env(INNER, "1");
    let mut child = child.stderr(Stdio::piped()).spawn().unwrap();
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success());
    // Each line names its failure, and how many before it are not there.
    let (mut lines, mut last) = (0, 0);
    for line in text.lines() {
        let (number, rest) =
            line.strip_prefix("worker \"storm\", turn 1: failure ").unwrap().split_once('.').unwrap();
        let number: u32 = number.parse().unwrap();
        let left_out: u32 = match rest.strip_prefix(" (") {
            None => 0,
            Some(rest) => {
                rest.split_once(" errors before this one were left out)").unwrap().0.parse().unwrap()
            }
        };
        assert_eq!(number, last + left_out + 1, "{line}");
        (last, lines) = (number, lines + 1);
        assert!(lines > 10 || number == lines, "{line}");
    }
    assert!((10..RESTARTS).contains(&lines), "{lines} lines");
    println!("limited");
}
