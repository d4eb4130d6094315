//! Point 9: `pyaltt::exit` from everywhere, and the ways of calling `std::process::exit` beside it.
//!
//! | call | `std::process::exit` | `pyaltt::exit` |
//! | --- | --- | --- |
//! | on the thread of `main` | waits for non-daemon workers | stops them |
//! | in a turn, while `main` goes on | waits for the other workers | stops them |
//! | in a turn, after `main` has returned | hangs | ends |
//! | in an error handler, after `main` has returned | hangs | ends |
//! | on another thread, after `main` has returned; the worker never ends | hangs | ends |
//! | the same; the worker ends by itself | its code is lost | ends |
//! | in two workers at the same time | hangs | ends with the first code |
//! | in a turn, for which another worker waits | hangs | ends |
//! | on a thread that works for a turn, which waits for it | ends | ends |
//!
//! What hangs does so inside the standard library, before any code of ours runs, so there is no case for it. The cases
//! for the rest of the column are in `exit.rs`.

use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use pyaltt_core::layer::CurrentWorker;
use pyaltt_core::{BackgroundWorker, Context, Exit, Flow, Tick, Turn, Worker, exit, looped, queue};

use crate::c_library::{atexit, fork};
use crate::case::Case;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("exit_in_main_stops_non_daemon_workers", in_main).prints("exit\nended\n").exits(7),
        Case::new("exit_in_main_without_workers", || exit(7)).exits(7),
        Case::new("exit_in_a_turn_stops_the_other_workers", in_a_turn).prints("ended\n").exits(3),
        Case::new("exit_in_a_turn_after_main_has_returned", in_a_turn_after_main).exits(3),
        Case::new("exit_in_an_error_handler_after_main_has_returned", in_an_error_handler).exits(3),
        Case::new("exit_on_another_thread_after_main_has_returned", || on_another_thread(exit))
            .prints("ended\n")
            .exits(130),
        Case::new("exit_in_two_workers_at_the_same_time", in_two_workers).exits(3),
        Case::new("exit_in_a_turn_that_another_worker_waits_for", waited_for).exits(3),
        Case::new("process_exit_on_a_thread_that_works_for_a_turn", || on_a_helper(std::process::exit))
            .exits(3),
        Case::new("exit_on_a_thread_that_works_for_a_turn", || on_a_helper(exit)).exits(3),
        Case::new("exit_in_a_daemon_after_main_has_returned", in_a_daemon).prints("ended\n").exits(3),
        Case::new("exit_in_a_hook_and_in_a_destructor", in_a_hook).exits(3),
        Case::new("exit_in_a_destructor_of_a_thread_local_of_main", in_a_thread_local)
            .exits(3)
            .within(Duration::from_secs(20)),
        Case::new("exit_does_not_wait_for_ever_for_a_hung_worker", past_a_hung_worker).exits(7),
        Case::new("exit_takes_over_from_process_exit", takes_over).prints("ended\n").exits(4),
        Case::new("exit_runs_the_handlers_of_atexit", handlers).prints("handler\n").exits(7),
        Case::new("exit_runs_the_handlers_of_atexit_also_after_main_has_returned", handlers_after_main)
            .prints("main\nhandler\n")
            .exits(3),
        Case::new("exit_in_a_handler_of_atexit", in_a_handler).prints("first\nsecond\n").exits(5),
        Case::new("exit_ends_past_a_handler_that_hangs", past_a_hung_handler)
            .exits(7)
            .within(Duration::from_secs(20)),
        Case::new("exit_stops_a_worker_that_starts_meanwhile", started_meanwhile)
            .prints("second ended\n")
            .exits(7),
        Case::new("a_forked_child_waits_for_no_worker_of_its_parent", || forked(std::process::exit))
            .prints("child 9\nended\n"),
        Case::new("exit_ends_a_forked_child", || forked(exit)).prints("child 9\nended\n"),
    ]
}

/// A service that runs until it is told to stop.
struct Service(&'static str);

impl Worker for Service {
    type Task = Tick;

    fn run(&mut self, _tick: Tick, cx: &mut Context) -> Turn {
        Ok(cx.sleep(Duration::MAX))
    }

    fn after_stop(&mut self, _exit: &Exit) {
        println!("{}", self.0);
    }
}

fn service(ends: &'static str) -> BackgroundWorker {
    let service = BackgroundWorker::builder(Service(ends)).daemon(false).start().unwrap();
    service.detach();
    service
}

/// Holds a thread until `main` has nothing left to do but return, and the process waits for its workers.
fn after_main(main: &mpsc::Receiver<()>) {
    let _ = main.recv();
    // A process that does not wait would be gone within this time.
    thread::sleep(Duration::from_millis(100));
}

fn in_main() {
    let _worker = service("ended");
    println!("exit");
    exit(7);
}

fn in_a_turn() {
    let _service = service("ended");
    let worker = looped(|_tick, _cx| exit(3)).daemon(false).start().unwrap();
    worker.wait().unwrap();
}

fn in_a_turn_after_main() {
    let (_main, end) = mpsc::channel();
    let worker = looped(move |_tick, _cx| {
        after_main(&end);
        exit(3)
    });
    worker.daemon(false).start().unwrap().detach();
}

fn in_an_error_handler() {
    let (_main, end) = mpsc::channel();
    let worker = queue(move |_task: u8, _cx| {
        after_main(&end);
        Err::<(), _>("the disk is gone")
    })
    .on_error(|_| exit(3))
    .daemon(false)
    .start()
    .unwrap();
    worker.put(1).unwrap();
    worker.detach();
}

fn on_another_thread(exit: fn(i32) -> !) {
    let (_main, end) = mpsc::channel();
    let _service = service("ended");
    thread::spawn(move || {
        after_main(&end);
        exit(130)
    });
}

fn in_two_workers() {
    let both = Arc::new(Barrier::new(2));
    for _ in 0..2 {
        let both = Arc::clone(&both);
        let worker = looped(move |_tick, _cx| {
            both.wait();
            exit(3)
        });
        worker.daemon(false).start().unwrap().detach();
    }
    loop {
        thread::park();
    }
}

/// The worker that waits cannot end, because its turn waits for the one that ends the process.
fn waited_for() {
    let (go, gone) = mpsc::channel::<()>();
    let worker = looped(move |_tick, _cx| {
        let _ = gone.recv();
        exit(3)
    });
    let worker = worker.daemon(false).start().unwrap();
    let waits = looped(move |_tick, _cx| {
        let _ = go.send(());
        drop(worker.wait());
    });
    waits.daemon(false).start().unwrap().detach();
}

/// A turn waits for a thread that works for it, as the threads of a collection do, and that ends the process.
fn on_a_helper(exit: fn(i32) -> !) {
    let worker = looped(move |_tick, _cx| {
        let worker = CurrentWorker::get().unwrap();
        let helper = thread::spawn(move || worker.run(|| exit(3)));
        let _ = helper.join();
    });
    worker.daemon(false).start().unwrap().wait().unwrap();
}

fn in_a_daemon() {
    let (_main, end) = mpsc::channel();
    let _service = service("ended");
    let daemon = looped(move |_tick, _cx| {
        after_main(&end);
        exit(3)
    });
    daemon.start().unwrap().detach();
}

fn in_a_hook() {
    struct Exits;

    impl Worker for Exits {
        type Task = Tick;

        fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
            Ok(Flow::Stop)
        }

        fn after_stop(&mut self, _exit: &Exit) {
            let _bomb = testkit::OnDrop::new(|| exit(3));
        }
    }

    BackgroundWorker::builder(Exits).daemon(false).start().unwrap().detach();
}

/// The destructor runs when the standard library already takes this thread for the one that ends the process.
fn in_a_thread_local() {
    type Bomb = testkit::OnDrop<fn()>;
    thread_local! {
        static BOMB: std::cell::RefCell<Option<Bomb>> = const { std::cell::RefCell::new(None) };
    }
    BOMB.set(Some(testkit::OnDrop::new(|| exit(3))));
}

fn past_a_hung_worker() {
    let (began, in_turn) = mpsc::channel();
    let worker = looped(move |_tick, _cx| {
        let _ = began.send(());
        loop {
            thread::park();
        }
    });
    worker.on_error(|_| ()).daemon(false).start().unwrap().detach();
    in_turn.recv().unwrap();
    exit(7);
}

/// `process::exit` waits for a worker that never ends, and another worker ends the process with another code.
fn takes_over() {
    let (main, end) = mpsc::channel();
    let _service = service("ended");
    let worker = looped(move |_tick, _cx| {
        after_main(&end);
        exit(4)
    });
    worker.daemon(false).start().unwrap().detach();
    drop(main);
    std::process::exit(3);
}

extern "C" fn handler() {
    println!("handler");
}

fn handlers() {
    assert_eq!(atexit(handler), 0);
    exit(7);
}

/// The handler was registered before the library's own, so it runs after it.
fn handlers_after_main() {
    assert_eq!(atexit(handler), 0);
    in_a_turn_after_main();
    println!("main");
}

fn in_a_handler() {
    extern "C" fn first() {
        println!("first");
        exit(5);
    }
    extern "C" fn second() {
        println!("second");
    }
    assert_eq!((atexit(second), atexit(first)), (0, 0));
    // So that the library has a handler, too.
    looped(|_tick, _cx| false).daemon(false).start().unwrap().wait().unwrap();
}

fn past_a_hung_handler() {
    extern "C" fn hangs() {
        loop {
            thread::park();
        }
    }
    assert_eq!(atexit(hangs), 0);
    exit(7);
}

/// The first worker, whose turn has begun when the exit comes, starts another one before it ends.
fn started_meanwhile() {
    let (began, in_turn) = mpsc::channel();
    let worker = looped(move |_tick, cx| {
        let _ = began.send(());
        cx.sleep(Duration::MAX);
        let _second = service("second ended");
        false
    });
    worker.daemon(false).start().unwrap().detach();
    in_turn.recv().unwrap();
    exit(7);
}

/// Forks in a process with a worker that never ends, ends the child by `exit`, and prints with which code it ended.
fn forked(exit: fn(i32) -> !) {
    let service = service("ended");
    let child = fork();
    if child == 0 {
        exit(9);
    }
    let child = rustix::process::Pid::from_raw(child).expect("a child has a number");
    let ended = rustix::process::waitpid(Some(child), rustix::process::WaitOptions::empty());
    let status = ended.unwrap().and_then(|(_, status)| status.exit_status());
    println!("child {}", status.unwrap_or(-1));
    service.stop().unwrap();
}
