//! A fault that no handler takes and no subscriber hears goes to stderr. Number 1 of issue 11.

use std::env;
use std::process::Command;

use pyaltt_collection::FunctionCollection;

use crate::support::logged;

/// Set in the child, whose stderr the test reads.
const CHILD: &str = "PYALTT_COLLECTION_CHILD";

fn shutdown() -> FunctionCollection<()> {
    let fc = FunctionCollection::new();
    fc.add_result("flush", || Err("the disk is full")).unwrap();
    fc
}

#[test]
fn a_fault_without_a_handler_and_a_subscriber_is_printed_once() {
    if env::var_os(CHILD).is_some() {
        shutdown().run();
        return;
    }
    let mut child = Command::new(env::current_exe().unwrap());
    child.args([
        "--exact",
        "--nocapture",
        "silence::a_fault_without_a_handler_and_a_subscriber_is_printed_once",
    ]);
    let output = child.env(CHILD, "1").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.matches("function `flush` failed: the disk is full\n").count(), 1, "{stderr}");
}

#[test]
fn a_fault_that_a_subscriber_hears_is_not_printed() {
    if env::var_os(CHILD).is_some() {
        assert_eq!(logged(|| drop(shutdown().run())), ["function `flush` failed: the disk is full"]);
        return;
    }
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "--nocapture", "silence::a_fault_that_a_subscriber_hears_is_not_printed"]);
    let output = child.env(CHILD, "1").output().unwrap();
    assert!(output.status.success());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("the disk is full"), "{stderr}");
}
