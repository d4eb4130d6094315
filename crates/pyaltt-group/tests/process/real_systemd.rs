//! A program as a service of the real systemd, where the user of the tests has one. Each case runs itself again as a
//! service, and reads what that ended with.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{self, Command};
use std::time::Duration;

use pyaltt_core::{BackgroundQueueWorker, queue};
use pyaltt_group::{Child as Member, Supervisor};
use testkit::case::{Case, VARIABLE};

use crate::signals::quiet;

pub(crate) fn cases() -> Vec<Case> {
    // A case that runs itself again finds itself in any case.
    if env::var_os(VARIABLE).is_none() && !is_there() {
        println!("no systemd for this user: its cases are left out");
        return Vec::new();
    }
    vec![
        case("systemd_sees_a_service_that_is_ready_and_ends_in_order", idle, |unit| {
            assert_eq!(unit.shows("ActiveState"), "active");
            assert_eq!(unit.shows("StatusText"), "2 of 2 members at work");
            unit.control(&["stop", "--no-block"]);
            assert_eq!(unit.result(), "success 0");
        }),
        case("systemd_ends_a_service_with_a_turn_that_hangs", hanging, |unit| {
            assert_eq!(unit.result(), "watchdog ABRT");
        }),
    ]
}

fn is_there() -> bool {
    let asked = Command::new("systemctl").args(["--user", "is-system-running"]).output();
    asked.is_ok_and(|output| matches!(output.stdout.trim_ascii_end(), b"running" | b"degraded"))
}

/// A case that is a service, and a function that looks at it from outside once it is ready.
fn case(name: &'static str, service: fn(), outside: fn(&Unit)) -> Case {
    let run = move || match env::var_os("NOTIFY_SOCKET") {
        Some(_) => service(),
        None => outside(&Unit::start(name)),
    };
    Case::new(name, run).within(Duration::from_secs(20))
}

struct Unit {
    name: String,
    /// A pipe, through which systemd says how the service has ended.
    end: PathBuf,
}

impl Unit {
    /// Returns when the service has said that it is ready.
    fn start(case: &str) -> Self {
        let name = format!("pyaltt-group-{}", process::id());
        let end = env::temp_dir().join(&name);
        let unit = Self { name, end };
        assert!(Command::new("mkfifo").arg(&unit.end).status().unwrap().success());
        let says_its_end =
            format!("ExecStopPost=/bin/sh -c 'echo $SERVICE_RESULT $EXIT_STATUS > {}'", unit.end.display());
        let started = Command::new("systemd-run")
            .args(["--user", "--quiet", "--collect", "--unit", &unit.name])
            .args(["--property=Type=notify", "--property=WatchdogSec=500ms", "--property", &says_its_end])
            .arg(format!("--setenv={VARIABLE}={case}"))
            .arg(env::current_exe().unwrap())
            .status();
        assert!(started.unwrap().success());
        unit
    }

    fn control(&self, what: &[&str]) -> String {
        let output = Command::new("systemctl").arg("--user").args(what).arg(&self.name).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    }

    fn shows(&self, property: &str) -> String {
        let all = self.control(&["show"]);
        let value = all.lines().find_map(|line| line.strip_prefix(property)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("no {property} in {all}")).to_owned()
    }

    /// Waits for the end of the service, and returns its result and its exit status.
    fn result(&self) -> String {
        fs::read_to_string(&self.end).unwrap().trim_end().to_owned()
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.end);
    }
}

fn run(program: Supervisor) -> ! {
    process::exit(program.systemd().run_until_signal().unwrap().exit_code().into())
}

fn idle() {
    run(Supervisor::new().add(&quiet("first")).add(&quiet("second")))
}

fn hanging() {
    let worker: BackgroundQueueWorker<()> = queue(|(), cx| _ = cx.sleep(Duration::MAX)).build().unwrap();
    worker.put(()).unwrap();
    run(Supervisor::new().add(Member::of(&worker).stuck_after(Duration::from_millis(100))))
}
