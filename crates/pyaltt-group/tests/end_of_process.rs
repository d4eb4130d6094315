//! What becomes of a group when its process ends. Each case is a process of its own: this program starts itself again with
//! the name of a case, and checks what that process printed and how it ended, within a time limit.
//!
//! It does not use the test harness, because the harness would end the process in its own way.
#![expect(clippy::print_stdout, reason = "the output is what is checked")]

use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use pyaltt::{BackgroundWorker, Context, Flow, LoopedBuilder, looped};
use pyaltt_group::{Child, Supervision, Supervisor};

/// How long a case may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Names the case that a child process runs.
const VARIABLE: &str = "PYALTT_CASE";

/// Its name, what it does, what it prints, and its exit code.
type Case = (&'static str, fn(), &'static str, i32);

const CASES: [Case; 8] = [
    ("an_exit_ends_the_group_in_order", || exit_with(&program()), "-b\n-a\n", 7),
    ("an_exit_from_a_members_turn_ends_the_group_in_order", exit_from_a_member, "-b\n-a\n", 7),
    ("an_exit_does_not_wait_for_a_member_that_hangs", exit_with_one_that_hangs, "-b\n", 7),
    ("an_exit_reaches_those_before_one_that_hangs", exit_behind_one_that_hangs, "-b\n-a\n", 7),
    ("an_exit_ends_a_group_that_waits_to_restart", exit_in_a_backoff, "-b\n-a\n", 7),
    ("the_end_of_main_ends_a_group_that_it_drops", || drop(program()), "-b\n-a\n", 0),
    ("the_end_of_main_waits_for_a_group_that_nobody_drops", forgotten, "three\n-once\n", 0),
    ("members_that_are_no_daemons_end_in_order_too", no_daemons, "-b\n-a\n", 7),
];

fn member(name: &'static str) -> LoopedBuilder {
    looped(|_tick, cx: &mut Context| {
        let _ = cx.sleep(Duration::from_secs(60));
    })
    .name(name)
    .after_stop(move |_exit| println!("-{name}"))
}

fn members() -> [BackgroundWorker; 2] {
    ["a", "b"].map(|name| member(name).build().unwrap())
}

fn program() -> Supervision {
    let [a, b] = members();
    Supervisor::new().add(&a).add(&b).start().unwrap()
}

fn exit_with(_program: &Supervision) -> ! {
    pyaltt::exit(7)
}

fn exit_from_a_member() {
    let [a, b] = members();
    let last = looped(|_tick, _cx| pyaltt::exit(7)).name("last").build().unwrap();
    // It cannot end before its process, so the group waits for its limit.
    let last = Child::of(&last).stop_within(Duration::from_millis(50));
    // The process may end before this returns, or after it.
    let _ = Supervisor::new().add(&a).add(&b).add(last).run();
    thread::park();
}

/// A member in a turn that hangs, when it is started, and how to learn that it is there.
fn hung() -> (BackgroundWorker, Receiver<()>) {
    let (hangs, is_there) = channel();
    let hung = looped(move |_tick, _cx: &mut Context| {
        let _ = hangs.send(());
        thread::sleep(Duration::from_secs(60));
    });
    (hung.build().unwrap(), is_there)
}

/// Nobody has more time than the exit has.
fn exit_behind_one_that_hangs() {
    let (a, (hung, is_there), b) = (member("a"), hung(), member("b").daemon(false).build().unwrap());
    let a = a.daemon(false).build().unwrap();
    let program = Supervisor::new().add(&a).add(&hung).add(&b).start().unwrap();
    is_there.recv().unwrap();
    exit_with(&program);
}

fn exit_with_one_that_hangs() {
    let (b, (hung, is_there)) = (member("b").build().unwrap(), hung());
    let hung = Child::of(&hung).stop_within(Duration::from_millis(50));
    let program = Supervisor::new().add(hung).add(&b).start().unwrap();
    is_there.recv().unwrap();
    exit_with(&program);
}

fn exit_in_a_backoff() {
    let (told, restarts) = channel();
    let [a, b] = members();
    let fails = looped(|_tick, _cx| Err::<(), _>("no carrier")).on_error(|_| false).build().unwrap();
    let program = Supervisor::new()
        .one_for_all()
        .restart(pyaltt::Restart::on_failure().backoff(Duration::from_secs(60)))
        .add(&a)
        .add(&b)
        .add(&fails)
        .on_event(move |event| {
            if event.to_string().contains("restarts in") {
                let _ = told.send(());
            }
        })
        .start()
        .unwrap();
    restarts.recv().unwrap();
    while a.state() != pyaltt::State::Waiting {
        thread::yield_now();
    }
    exit_with(&program);
}

fn forgotten() {
    let once = looped(|_tick, cx: &mut Context| {
        if cx.turn_number() < 3 {
            return Flow::Continue;
        }
        println!("three");
        Flow::Stop
    });
    let once = once.after_stop(|_exit| println!("-once")).build().unwrap();
    std::mem::forget(Supervisor::new().add(&once).start().unwrap());
}

fn no_daemons() {
    let [a, b] = ["a", "b"].map(|name| member(name).daemon(false).build().unwrap());
    exit_with(&Supervisor::new().add(&a).add(&b).start().unwrap());
}

fn main() -> ExitCode {
    if let Ok(name) = std::env::var(VARIABLE) {
        let (_, run, ..) = CASES.iter().find(|case| case.0 == name).expect("the parent names a case");
        run();
        return ExitCode::SUCCESS;
    }
    let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let mut failed = 0;
    for (name, _, expected, code) in CASES {
        if filter.as_ref().is_some_and(|part| !name.contains(part.as_str())) {
            continue;
        }
        let result = run(name, expected, code);
        failed += u8::from(result.is_err());
        println!("test {name} ... {}", result.err().unwrap_or_else(|| "ok".to_owned()));
    }
    failed.into()
}

fn run(name: &str, expected: &str, code: i32) -> Result<(), String> {
    let this = std::env::current_exe().unwrap();
    let mut child = Command::new(this).env(VARIABLE, name).stdout(Stdio::piped()).spawn().unwrap();
    let (ended, end) = channel();
    let id = child.id();
    let stdout = child.stdout.take();
    thread::spawn(move || drop(ended.send((std::io::read_to_string(stdout.unwrap()), child.wait()))));
    let Ok((printed, status)) = end.recv_timeout(LIMIT) else {
        let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
        return Err(format!("FAILED: not over within {LIMIT:?}"));
    };
    let (printed, status) = (printed.unwrap(), status.unwrap());
    if printed == expected && status.code() == Some(code) {
        return Ok(());
    }
    Err(format!("FAILED: {status}, it has printed:\n{printed}"))
}
