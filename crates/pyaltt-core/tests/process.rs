//! What happens to workers when the process ends. Each case is a process of its own: this program starts itself
//! again with the name of a case, and checks what that printed and how it ended.
//!
//! It is a program without the test harness, because the harness would end the process in its own way.
#![expect(clippy::print_stdout, reason = "the output is what is checked")]

use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use pyaltt_core::{Start, looped, queue};

/// How long a case may take before it counts as hung: far longer than any of them needs.
const LIMIT: Duration = Duration::from_secs(30);

struct Case {
    name: &'static str,
    run: fn(),
    /// What it prints.
    output: &'static str,
    /// How it exits.
    code: i32,
}

const CASES: &[Case] = &[
    Case {
        name: "a_detached_worker_that_is_no_daemon_keeps_the_process_alive",
        run: non_daemon,
        output: "main\n1\n2\n3\n",
        code: 0,
    },
    Case {
        name: "a_leaked_handle_of_one_that_is_no_daemon_keeps_it_alive_too",
        run: leaked,
        output: "main\n1\n2\n3\n",
        code: 0,
    },
    Case {
        name: "a_worker_in_a_static_that_is_no_daemon_keeps_it_alive_too",
        run: in_a_static,
        output: "main\n1\n2\n3\n",
        code: 0,
    },
    Case { name: "a_daemon_does_not_keep_the_process_alive", run: daemon, output: "main\n", code: 0 },
    Case {
        name: "a_daemon_that_is_busy_does_not_keep_it_alive",
        run: busy_daemon,
        output: "main\n",
        code: 0,
    },
    Case {
        name: "a_start_can_make_a_daemon_of_one_that_is_none",
        run: overridden,
        output: "main\n",
        code: 0,
    },
    Case {
        name: "process_exit_waits_as_well_and_keeps_its_code",
        run: process_exit,
        output: "main\n1\n2\n3\n",
        code: 7,
    },
    Case {
        name: "process_exit_inside_a_worker_does_not_wait_for_itself",
        run: exit_inside,
        output: "exit\n",
        code: 3,
    },
    Case { name: "a_panic_in_main_waits_as_well", run: panic_in_main, output: "main\n1\n2\n3\n", code: 101 },
    Case {
        name: "a_worker_that_is_no_daemon_and_has_stopped_keeps_nothing",
        run: stopped,
        output: "main\n",
        code: 0,
    },
    Case {
        name: "the_handle_of_one_that_is_no_daemon_dropped_by_main_stops_it",
        run: dropped,
        output: "ended\nmain\n",
        code: 0,
    },
    Case { name: "without_an_on_error_the_program_goes_on", run: failed, output: "Failed\nmain\n", code: 0 },
];

fn main() -> ExitCode {
    if let Ok(name) = std::env::var("PYALTT_CASE") {
        let case = CASES.iter().find(|case| case.name == name).expect("the parent names a case");
        (case.run)();
        return ExitCode::SUCCESS;
    }
    let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let list = std::env::args().any(|arg| arg == "--list");
    let mut failed = 0;
    let mut passed = 0;
    for case in CASES.iter().filter(|case| filter.as_ref().is_none_or(|part| case.name.contains(part))) {
        if list {
            println!("{}: test", case.name);
        } else if let Err(why) = check(case) {
            println!("test {} ... FAILED: {why}", case.name);
            failed += 1;
        } else {
            println!("test {} ... ok", case.name);
            passed += 1;
        }
    }
    if !list {
        println!(
            "test result: {}. {passed} passed; {failed} failed",
            if failed == 0 { "ok" } else { "FAILED" }
        );
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a case in a child process, and compares what it did.
fn check(case: &Case) -> Result<(), String> {
    let child = Command::new(std::env::current_exe().map_err(|e| e.to_string())?)
        .env("PYALTT_CASE", case.name)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| e.to_string())?;
    let id = child.id();
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    let Ok(output) = ended.recv_timeout(LIMIT) else {
        let _ = Command::new("kill").arg("-9").arg(id.to_string()).status();
        return Err(format!("it did not end within {LIMIT:?}"));
    };
    let output = output.map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    if text != case.output {
        return Err(format!("it printed {text:?} and not {:?}", case.output));
    }
    if output.status.code() != Some(case.code) {
        return Err(format!("it ended with {} and not with {}", output.status, case.code));
    }
    Ok(())
}

/// Lets a worker go on only when `main` has nothing more to do but to return.
fn counter(after: mpsc::Receiver<()>) -> impl FnMut(pyaltt_core::Tick, &mut pyaltt_core::Context) -> bool {
    move |_tick, cx| {
        if cx.turn_number() == 1 {
            let _ = after.recv();
            // Time in which a process that does not wait would be gone.
            cx.sleep(Duration::from_millis(100));
        }
        println!("{}", cx.turn_number());
        cx.turn_number() < 3
    }
}

fn non_daemon() {
    let (main, after) = mpsc::channel();
    looped(counter(after)).daemon(false).start().unwrap().detach();
    println!("main");
    main.send(()).unwrap();
}

fn leaked() {
    let (main, after) = mpsc::channel();
    std::mem::forget(looped(counter(after)).daemon(false).start().unwrap());
    println!("main");
    main.send(()).unwrap();
}

fn in_a_static() {
    static WORKER: std::sync::OnceLock<Box<dyn std::any::Any + Send + Sync>> = std::sync::OnceLock::new();
    let (main, after) = mpsc::channel();
    let _ = WORKER.set(Box::new(looped(counter(after)).daemon(false).start().unwrap()));
    println!("main");
    main.send(()).unwrap();
}

fn daemon() {
    looped(|_tick, cx| {
        cx.sleep(Duration::MAX);
        println!("never");
    })
    .start()
    .unwrap()
    .detach();
    println!("main");
}

fn busy_daemon() {
    looped(|_tick, _cx| ()).start().unwrap().detach();
    println!("main");
}

fn overridden() {
    let worker = looped(|_tick, cx| {
        cx.sleep(Duration::MAX);
    })
    .daemon(false)
    .build()
    .unwrap();
    worker.start_with(Start::new().daemon(true)).unwrap();
    worker.detach();
    println!("main");
}

fn process_exit() {
    let (main, after) = mpsc::channel();
    looped(counter(after)).daemon(false).start().unwrap().detach();
    println!("main");
    main.send(()).unwrap();
    std::process::exit(7);
}

fn exit_inside() {
    let worker = looped(|_tick, _cx| {
        println!("exit");
        std::process::exit(3);
    })
    .daemon(false)
    .start()
    .unwrap();
    worker.wait().unwrap();
}

fn panic_in_main() {
    let (main, after) = mpsc::channel();
    looped(counter(after)).daemon(false).start().unwrap().detach();
    println!("main");
    main.send(()).unwrap();
    panic!("main panics");
}

fn stopped() {
    let worker = looped(|_tick, _cx| ()).daemon(false).start().unwrap();
    worker.stop().unwrap();
    std::mem::forget(worker);
    println!("main");
}

fn dropped() {
    struct Ends;
    impl pyaltt_core::Worker for Ends {
        type Task = pyaltt_core::Tick;
        fn run(&mut self, _tick: pyaltt_core::Tick, _cx: &mut pyaltt_core::Context) -> pyaltt_core::Turn {
            Ok(pyaltt_core::Flow::Continue)
        }
        fn after_stop(&mut self, _exit: &pyaltt_core::Exit) {
            println!("ended");
        }
    }
    let worker = pyaltt_core::BackgroundWorker::builder(Ends).daemon(false).start().unwrap();
    drop(worker);
    println!("main");
}

fn failed() {
    let worker = queue(|_task: u8, _cx| Err::<(), _>("no")).start().unwrap();
    worker.put(1).unwrap();
    println!("{:?}", worker.wait().unwrap().reason);
    println!("main");
}
