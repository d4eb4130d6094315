//! Workers and the end of the process.

use std::sync::mpsc;
use std::time::Duration;

use pyaltt_core::{Start, looped, queue};

use crate::case::Case;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("a_detached_non_daemon_worker_keeps_the_process_alive", non_daemon)
            .prints("main\n1\n2\n3\n"),
        Case::new("a_leaked_handle_of_a_non_daemon_worker_keeps_it_alive_too", leaked)
            .prints("main\n1\n2\n3\n"),
        Case::new("a_non_daemon_worker_in_a_static_keeps_it_alive_too", in_a_static)
            .prints("main\n1\n2\n3\n"),
        Case::new("a_daemon_does_not_keep_the_process_alive", daemon).prints("main\n"),
        Case::new("a_daemon_that_is_busy_does_not_keep_it_alive", busy_daemon).prints("main\n"),
        Case::new("a_start_can_make_a_non_daemon_worker_a_daemon", overridden).prints("main\n"),
        Case::new("process_exit_waits_as_well_and_keeps_its_code", process_exit)
            .prints("main\n1\n2\n3\n")
            .exits(7),
        Case::new("process_exit_inside_a_worker_does_not_wait_for_itself", exit_inside)
            .prints("exit\n")
            .exits(3),
        Case::new("a_panic_in_main_waits_as_well", panic_in_main).prints("main\n1\n2\n3\n").exits(101),
        Case::new("a_non_daemon_worker_that_has_stopped_keeps_nothing_alive", stopped).prints("main\n"),
        Case::new("the_handle_of_a_non_daemon_worker_dropped_by_main_stops_it", dropped)
            .prints("ended\nmain\n"),
        Case::new("without_an_on_error_the_program_goes_on", failed).prints("Failed\nmain\n"),
        Case::new("a_worker_started_during_the_exit_is_waited_for_as_well", started_in_exit)
            .prints("main\nfirst\nsecond\n"),
    ]
}

/// Lets a worker go on only when `main` has nothing left to do but return.
fn counter(after: mpsc::Receiver<()>) -> impl FnMut(pyaltt_core::Tick, &mut pyaltt_core::Context) -> bool {
    move |_tick, cx| {
        if cx.turn_number() == 1 {
            let _ = after.recv();
            // Within this time, a process that does not wait would be gone.
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
    println!("{:?}", testkit::failed(worker.wait()).reason);
    println!("main");
}

/// The process waits for the first worker, which starts the second.
fn started_in_exit() {
    let (main, after) = mpsc::channel::<()>();
    looped(move |_tick, cx| {
        let _ = after.recv();
        cx.sleep(Duration::from_millis(100));
        println!("first");
        let second = looped(|_tick, cx| {
            cx.sleep(Duration::from_millis(100));
            println!("second");
            false
        });
        second.daemon(false).start().unwrap().detach();
        false
    })
    .daemon(false)
    .start()
    .unwrap()
    .detach();
    println!("main");
    drop(main);
}
