//! Runs tests in their own processes, for what affects a whole process: limits and locked memory.
#![expect(clippy::print_stderr, reason = "a test that could not show anything reports it")]

use std::process::Command;
use std::thread;

use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

/// Runs `body` in its own process: this program, started again for this test alone.
pub(crate) fn in_child(test: &str, body: fn()) {
    const MARK: &str = "PYALTT_TEST_CHILD";
    if std::env::var_os(MARK).is_some() {
        return body();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(MARK, "1")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    eprintln!("{}", said[1]);
    assert!(output.status.success(), "{}\n{}", said[0], said[1]);
    assert!(said[0].contains("1 passed"), "there is no test {test}:\n{}", said[0]);
}

/// Drops everything that would allow real-time scheduling and locked memory: the capabilities of the calling thread
/// and the limits of the process. The user stays the same.
pub(crate) fn drop_privileges() {
    for resource in [Resource::Rtprio, Resource::Nice, Resource::Memlock] {
        setrlimit(resource, Rlimit { current: Some(0), maximum: Some(0) }).unwrap();
    }
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none }).unwrap();
}

/// Runs `body` on its own thread, so that what it changes about its thread is gone afterwards.
pub(crate) fn on_a_thread<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(body).join().unwrap())
}

/// Reports that a test could not show what it is there for.
pub(crate) fn skipped(why: impl std::fmt::Display) {
    eprintln!("skipped: {why}");
}
