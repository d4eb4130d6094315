//! The panic hook and the log subscriber of the process: user code that is called from anywhere.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use pyaltt_core::{BackgroundQueueWorker, ExitReason, Overflow, Worker, looped, queue};
use testkit::{Listener, Logged, exit_of, failed};

use crate::case::Case;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("a_panic_hook_may_use_the_worker_that_panics_and_others", hook_that_calls)
            .prints("told: on fire\nFailed\nend\n"),
        Case::new("a_subscriber_that_panics_is_contained", panicking_subscriber)
            .prints("Failed\nFinished\nFailed\nStopped\n"),
        Case::new("an_error_that_panics_when_it_is_printed_is_contained", panicking_error)
            .prints("Failed\nFailed\nFailed\n"),
        Case::new("a_storm_of_panics_does_not_flood_the_log", storm).prints("100000 panics, few lines\n"),
    ]
}

/// The panic hook reports every panic to a worker, whatever the library was doing at that moment.
fn hook_that_calls() {
    static REPORTS: OnceLock<BackgroundQueueWorker<String>> = OnceLock::new();
    static TURNS: OnceLock<BackgroundQueueWorker<u8>> = OnceLock::new();
    struct Reporter;
    impl Worker for Reporter {
        type Task = String;
        fn run(&mut self, text: String, _cx: &mut pyaltt_core::Context) -> pyaltt_core::Turn {
            println!("told: {text}");
            Ok(pyaltt_core::Flow::Continue)
        }
    }
    struct Burner;
    impl Worker for Burner {
        type Task = u8;
        fn run(&mut self, _task: u8, _cx: &mut pyaltt_core::Context) -> pyaltt_core::Turn {
            panic!("on fire");
        }
    }
    let reports = REPORTS.get_or_init(|| BackgroundQueueWorker::builder(Reporter).start().unwrap());
    let turns = TURNS.get_or_init(|| BackgroundQueueWorker::builder(Burner).start().unwrap());
    std::panic::set_hook(Box::new(move |info| {
        let text = info.payload().downcast_ref::<&str>().copied().unwrap_or("?");
        reports.put(text.to_owned()).unwrap();
        // Every call here takes a lock of the worker that panics.
        turns.put(1).unwrap();
        let _ = (turns.state(), turns.stats(), turns.last_exit(), turns.len(), turns.start().is_err());
        assert!(turns.stop().is_err(), "it is its own thread");
    }));
    turns.put(0).unwrap();
    let exit = failed(turns.wait());
    reports.drain().unwrap();
    println!("{:?}", exit.reason);
    assert_eq!(turns.len(), 1);
    println!("end");
}

fn panicking_subscriber() {
    tracing::subscriber::set_global_default(Listener::new(|_| panic!("the disk is full"))).unwrap();
    for fails in [true, false] {
        let worker = looped(move |_tick, _cx| if fails { Err("no paper") } else { Ok(false) });
        println!("{:?}", exit_of(worker.start().unwrap().wait()).reason);
    }
    let worker = looped(|_tick, _cx| Err::<(), _>("no paper")).on_error(|_| Err::<(), _>("nor ink"));
    println!("{:?}", failed(worker.start().unwrap().wait()).reason);
    let worker = queue(|_task: u8, _cx| ()).start().unwrap();
    println!("{:?}", worker.stop().unwrap().reason);
}

#[derive(Debug)]
struct Mute;

impl fmt::Display for Mute {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("nothing to say")
    }
}

impl std::error::Error for Mute {}

fn panicking_error() {
    struct Loops;
    impl Worker for Loops {
        type Task = u8;
        fn run(&mut self, _task: u8, _cx: &mut pyaltt_core::Context) -> pyaltt_core::Turn {
            Ok(pyaltt_core::Flow::Continue)
        }
        fn r#loop(&mut self, _inbox: &mut pyaltt_core::Inbox<u8>) -> Result<(), pyaltt_core::BoxError> {
            Err(Box::new(Mute))
        }
    }
    // Print every field, as a real subscriber does.
    tracing::subscriber::set_global_default(Listener::new(|event| drop(Logged::of(event)))).unwrap();
    let turn = looped(|_tick, _cx| Err::<(), _>(Mute)).start().unwrap();
    println!("{:?}", failed(turn.wait()).reason);
    let handler = looped(|_tick, _cx| Err::<(), _>("no paper")).on_error(|_| Err::<(), _>(Mute));
    println!("{:?}", failed(handler.start().unwrap().wait()).reason);
    let whole_loop = BackgroundQueueWorker::builder(Loops).start().unwrap();
    println!("{:?}", failed(whole_loop.wait()).reason);
}

/// 100,000 turns panic, and so do 100,000 calls of `on_dropped`. Logging the turns is left to the error handler; of the
/// other panics, the library logs some, and how many it left out.
fn storm() {
    static LINES: AtomicU64 = AtomicU64::new(0);
    static LEFT_OUT: AtomicU64 = AtomicU64::new(0);
    tracing::subscriber::set_global_default(Listener::new(|event| {
        LINES.fetch_add(1, Ordering::Relaxed);
        if let Some(left_out) = Logged::of(event).field("left_out") {
            LEFT_OUT.fetch_add(left_out.parse().unwrap(), Ordering::Relaxed);
        }
    }))
    .unwrap();
    std::panic::set_hook(Box::new(|_| ()));
    let began = std::time::Instant::now();
    let turns = queue(|_task: u32, _cx| panic!("a turn")).on_error(|_| ()).start().unwrap();
    let drops = queue(|_task: u32, _cx| ())
        .bounded(1)
        .overflow(Overflow::DropOldest)
        .on_dropped(|_| panic!("on_dropped"))
        .build()
        .unwrap();
    for task in 0..100_000 {
        turns.put(task).unwrap();
        drops.put(task).unwrap();
    }
    let exit = turns.drain().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 100_000));
    // Ten in a row, then one a second, and at most four of the lifecycle.
    let seconds = began.elapsed().as_secs();
    let (lines, left_out) = (LINES.load(Ordering::Relaxed), LEFT_OUT.load(Ordering::Relaxed));
    assert!(lines <= 10 + seconds + 4, "{lines} lines in {seconds} s");
    assert!(left_out < drops.stats().dropped);
    println!("{} panics, few lines", exit.panics);
}
