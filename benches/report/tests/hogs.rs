//! Hogs do not outlive what started them.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// This program, as a process with a mark that its own children have too.
fn report(args: [&str; 2], mark: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pyaltt-report"));
    command.args(args).env(MARK, mark).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

const MARK: &str = "PYALTT_TEST_OF_HOGS";

/// Whether any process with this mark is there. One that has ended and waits to be asked for has none.
fn is_there(mark: &str) -> bool {
    let wanted = format!("{MARK}={mark}").into_bytes();
    let processes = fs::read_dir("/proc").expect("the system has processes").flatten();
    let mut environments = processes.filter_map(|process| fs::read(process.path().join("environ")).ok());
    environments.any(|environment| environment.split(|byte| *byte == 0).any(|variable| variable == wanted))
}

#[test]
fn a_hog_ends_with_the_process_that_started_it() {
    let mark = format!("alone-{}", std::process::id());
    let mut hog = report(["hog", "0"], &mark).stdin(Stdio::piped()).spawn().expect("the hog starts");
    let input = hog.stdin.take().expect("it has an input");
    let mut output = BufReader::new(hog.stdout.take().expect("it has an output"));
    let mut said = String::new();
    output.read_line(&mut said).expect("it says something");
    let is_busy = said == "busy\n" && is_there(&mark);

    drop(input);
    let (over, has_ended) = mpsc::channel();
    thread::spawn(move || over.send(output.read_to_end(&mut Vec::new())));
    let has_ended = has_ended.recv_timeout(Duration::from_secs(60));
    let _ = hog.kill();
    assert!(hog.wait().expect("it has ended").success(), "it had to be killed");
    assert!(is_busy && has_ended.is_ok());
}

#[test]
fn a_run_beside_hogs_leaves_none_behind_also_when_it_fails() {
    for (case, is_good) in [("throughput-bounded-16-1p-8b-hogs", true), ("no-such-case", false)] {
        let job = format!(
            r#"{{"contender":"queue-worker","task":{{"repeat":{{"case":"{case}","count":100,"setting":"hogs"}}}}}}"#
        );
        let mark = format!("{case}-{}", std::process::id());
        let output = report(["run", &job], &mark).output().expect("the run ends");
        assert_eq!(output.status.success(), is_good, "{output:?}");
        assert!(!is_there(&mark), "a hog is left");
    }
}
