//! A program as a service, under a manager that is made here. Each case starts the service as a process of its own: the
//! same case, with the manager's socket in its environment.

use std::env;
use std::io::{Write, stdin};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{self, Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pyaltt_core::{BackgroundQueueWorker, BackgroundWorker, Signal, looped, queue};
use pyaltt_group::{Child as Member, Supervisor};
use rustix::process::{Pid, Signal as Kill, kill_process};
use testkit::case::Case;
use testkit::{Listener, Logged};
use tracing::Level;

use crate::signals::quiet;

/// As long as a line may be waited for.
const LIMIT: Duration = Duration::from_secs(4);

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case("t12_t13_an_idle_service_is_fed_as_often_as_a_short_watchdog_wants", idle, |manager| {
            for _ in 0..20 {
                manager.wait_for("WATCHDOG=1");
            }
            manager.end(0);
        }),
        case("t13_one_that_is_stuck_is_not_fed_until_it_moves_again", hanging, |manager| {
            manager.wait_for("WATCHDOG=1");
            manager.say("hang");
            manager.wait_for_part("is stuck in turn 1");
            // The looks at it come at half of the watchdog's time, and each is told.
            for _ in 0..4 {
                let line = manager.next();
                assert!(line.contains("is stuck in turn 1"), "{line}");
            }
            manager.say("go on");
            manager.wait_for("WATCHDOG=1");
            manager.end(0);
        }),
        case("t14_a_service_that_was_stopped_for_a_while_is_fed_at_once", idle_with_time, |manager| {
            manager.wait_for("WATCHDOG=1");
            manager.kill(Kill::STOP);
            while manager.state() != 'T' {
                thread::yield_now();
            }
            // This is how long it is stopped: past the time for the next feed.
            thread::sleep(Duration::from_millis(300));
            while manager.try_next().is_some() {}
            manager.kill(Kill::CONT);
            assert_eq!(manager.next(), "WATCHDOG=1");
            manager.end(0);
        }),
        case("t15_ready_after_the_last_and_stopping_before_the_first_is_told", in_order, |manager| {
            assert_eq!(
                manager.lines(3),
                ["first starts", "second starts", "READY=1\nSTATUS=2 of 2 members at work"]
            );
            manager.kill(Kill::TERM);
            assert_eq!(manager.lines(3), ["STOPPING=1", "second ends", "first ends"]);
            manager.ends_with(0);
        }),
        case("t15_never_ready_when_the_start_has_failed", fails_to_start, |manager| {
            assert_eq!(manager.lines(2), ["first starts", "STOPPING=1"]);
            assert_eq!(manager.lines(1), ["first ends"]);
            manager.ends_with(5);
            while let Some(line) = manager.try_next() {
                assert!(!line.contains("READY"), "{line}");
            }
        }),
        case("a_reload_is_told_with_its_time_around_the_function", reloads, |manager| {
            manager.wait_for_part("READY=1");
            manager.kill(Kill::HUP);
            let lines = manager.lines(3);
            let time: u64 = lines[0].strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().parse().unwrap();
            assert!(time > 0);
            assert_eq!(lines[1..], ["the function", "READY=1"]);
            manager.end(0);
        }),
        case("the_status_says_who_is_started_and_what_is_wrong", says_what_it_does, |manager| {
            manager.wait_for("STATUS=starting slow");
            manager.say("go on");
            manager.wait_for("READY=1\nSTATUS=2 of 2 members at work");
            manager.say("fail");
            manager.wait_for_part("STATUS=slow is down: ");
            manager.kill(Kill::TERM);
            manager.wait_for("STOPPING=1");
            manager.wait_for("STATUS=stopping last");
            manager.say("go on");
            manager.ends_with(1);
        }),
        case("t17_a_manager_that_does_not_listen_any_more_is_one_warning", warnings, |manager| {
            manager.wait_for_part("READY=1");
            manager.leave();
            manager.say("go on");
            manager.ends_with(1);
        }),
        Case::new("t17_a_socket_that_is_not_there_is_one_warning", || {
            if env::var_os("NOTIFY_SOCKET").is_some() {
                return warnings();
            }
            let mut child =
                again().env("NOTIFY_SOCKET", "/nowhere/at/all").stdin(Stdio::piped()).spawn().unwrap();
            writeln!(child.stdin.take().unwrap(), "go on").unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(1));
        })
        .prints("1 warnings\n"),
        Case::new("t17_without_a_socket_nothing_is_told_and_nothing_is_wrong", || {
            if env::var_os("INNER").is_some() {
                return warnings();
            }
            let mut child = again();
            child.env_remove("NOTIFY_SOCKET").env("INNER", "yes").stdin(Stdio::piped());
            let mut child = child.spawn().unwrap();
            writeln!(child.stdin.take().unwrap(), "go on").unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(0));
        })
        .prints("0 warnings\n"),
    ]
}

/// A case in which a manager starts a service.
fn case(name: &'static str, service: fn(), manager: fn(&mut Manager)) -> Case {
    let watchdog = if name.starts_with("t14") { "400000" } else { "20000" };
    Case::new(name, move || match env::var_os("NOTIFY_SOCKET") {
        Some(_) => service(),
        None => manager(&mut Manager::start(watchdog)),
    })
}

/// This program once more, in the same case.
fn again() -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.env_remove("WATCHDOG_USEC").env_remove("WATCHDOG_PID");
    command
}

// ----- the manager -----

struct Manager {
    socket: Option<UnixDatagram>,
    path: PathBuf,
    service: Child,
}

impl Manager {
    fn start(watchdog: &str) -> Self {
        let path = env::temp_dir().join(format!("pyaltt-group-{}", process::id()));
        let _ = std::fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        let service = again()
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", watchdog)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        Self { socket: Some(socket), path, service }
    }

    fn next(&mut self) -> String {
        let mut line = [0; 1_000];
        let length = self.socket.as_ref().unwrap().recv(&mut line).expect("nothing was told");
        String::from_utf8(line[..length].to_vec()).unwrap()
    }

    /// What was told already.
    fn try_next(&mut self) -> Option<String> {
        let socket = self.socket.as_ref().unwrap();
        socket.set_nonblocking(true).unwrap();
        let mut line = [0; 1_000];
        let length = socket.recv(&mut line);
        socket.set_nonblocking(false).unwrap();
        Some(String::from_utf8(line[..length.ok()?].to_vec()).unwrap())
    }

    fn wait_for(&mut self, wanted: &str) {
        while self.next() != wanted {}
    }

    fn wait_for_part(&mut self, wanted: &str) {
        while !self.next().contains(wanted) {}
    }

    /// The next lines but those that may come at any time.
    fn lines(&mut self, count: usize) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.len() < count {
            let line = self.next();
            if !line.starts_with("STATUS=") && line != "WATCHDOG=1" {
                lines.push(line);
            }
        }
        lines
    }

    /// Says something to the service.
    fn say(&mut self, line: &str) {
        writeln!(self.service.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn kill(&self, signal: Kill) {
        kill_process(Pid::from_child(&self.service), signal).unwrap();
    }

    fn state(&self) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.service.id())).unwrap();
        stat.rsplit(") ").next().and_then(|fields| fields.chars().next()).unwrap()
    }

    /// Does not listen any more.
    fn leave(&mut self) {
        self.socket = None;
    }

    fn end(&mut self, code: i32) {
        self.kill(Kill::TERM);
        self.ends_with(code);
    }

    fn ends_with(&mut self, code: i32) {
        assert_eq!(self.service.wait().unwrap().code(), Some(code));
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        // It has ended, unless a check failed.
        let _ = self.service.kill();
    }
}

// ----- the services -----

fn run(program: Supervisor) -> ! {
    process::exit(program.systemd().run_until_signal().unwrap().exit_code().into())
}

fn idle() {
    let mail = queue(|_letter: u8, _cx| ()).build().unwrap();
    run(Supervisor::new().add(Member::of(&mail).stuck_after(Duration::from_millis(5))))
}

fn idle_with_time() {
    run(Supervisor::new().add(&quiet("idle")))
}

/// Takes a line of the manager's, and hangs until the next.
fn hanging() {
    let worker: BackgroundQueueWorker<()> = queue(|(), _cx| _ = line()).name("worker").build().unwrap();
    let tasks = worker.queue().clone();
    thread::spawn(move || {
        assert_eq!(line(), "hang");
        tasks.put(()).unwrap();
    });
    run(Supervisor::new().add(Member::of(&worker).stuck_after(Duration::from_millis(40))))
}

fn line() -> String {
    stdin().lines().next().unwrap().unwrap()
}

/// Tells the manager what it does, by the way of the group.
fn tells(name: &'static str) -> BackgroundWorker {
    looped(|_tick, cx| _ = cx.sleep(Duration::MAX))
        .name(name)
        .before_start(move |_cx| {
            tell(&format!("{name} starts"));
            Ok(())
        })
        .before_stop(move |_cx| tell(&format!("{name} ends")))
        .build()
        .unwrap()
}

fn tell(line: &str) {
    let socket = UnixDatagram::unbound().unwrap();
    socket.send_to(line.as_bytes(), env::var_os("NOTIFY_SOCKET").unwrap()).unwrap();
}

fn in_order() {
    run(Supervisor::new().add(&tells("first")).add(&tells("second")))
}

fn fails_to_start() {
    let port = looped(|_tick, _cx| ()).before_start(|_cx| Err("no such device".into())).build().unwrap();
    let program = Supervisor::new().add(&tells("first")).add(&port);
    if program.systemd().run_until_signal().is_err() {
        process::exit(5);
    }
}

fn reloads() {
    run(Supervisor::new().add(&quiet("idle")).on_signal(Signal::Hangup, || tell("the function")))
}

fn says_what_it_does() {
    testkit::silence_log();
    let slow = looped(|_tick, _cx| {
        line();
        Err::<(), _>("no carrier")
    });
    let slow = slow.name("slow").before_start(|_cx| Ok(_ = line())).build().unwrap();
    // What is over at once is not worth a line.
    let last = looped(|_tick, cx| _ = cx.sleep(Duration::MAX)).before_stop(|_cx| _ = line());
    let last = last.name("last").build().unwrap();
    let never = pyaltt_core::Restart::never();
    run(Supervisor::new().restart(never).add(&slow).add(&last))
}

/// Prints how many warnings there were, and ends with their number.
fn warnings() {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let listener = Listener::new(move |event| {
        let logged = Logged::of(event);
        if logged.level <= Level::WARN {
            assert!(logged.message.starts_with("the service manager"), "{logged}");
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    tracing::subscriber::set_global_default(listener).unwrap();
    let (first, second) = (quiet("first"), quiet("second"));
    let program = Supervisor::new().add(&first).add(&second).systemd().start().unwrap();
    line();
    // Each of these has something to tell.
    let third = quiet("third");
    program.add(&third).unwrap();
    program.remove(&third);
    let report = program.stop();
    assert_eq!(report.exit_code(), 0);
    let count = count.load(Ordering::SeqCst);
    if env::var_os("WATCHDOG_USEC").is_none() {
        println!("{count} warnings");
    }
    process::exit(i32::try_from(count).unwrap())
}
