//! Point 9: `wait_for_signal`, by signals from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use pyaltt_core::{exit, looped, queue, wait_for_signal};
use rustix::process::Signal;

use crate::case::{Case, Outside, let_sigint_end_the_process};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("wait_for_signal_returns_at_sigterm_and_main_drains", drains)
            .outside(terminate)
            .prints("ready\nSIGTERM\n3 delivered\n"),
        Case::new("wait_for_signal_returns_at_sigint", drains)
            .outside(interrupt)
            .prints("ready\nSIGINT\n3 delivered\n"),
        Case::new("after_wait_for_signal_sigint_ends_the_process_again", ends_again)
            .outside(interrupt_twice)
            .prints("ready\nSIGINT\nready\n")
            .killed_by(2),
        Case::new("before_wait_for_signal_sigterm_ends_the_process", || {
            println!("ready");
            park();
        })
        .outside(terminate)
        .prints("ready\n")
        .killed_by(15),
        Case::new("wait_for_signal_restores_the_handler_that_was_there", restores)
            .outside(interrupt_twice)
            .prints("ready\nSIGINT, not seen by the other handler\nready\nseen by the other handler\n"),
        Case::new("wait_for_signal_leaves_a_handler_that_was_set_meanwhile", leaves)
            .outside(interrupt_twice)
            .prints("ready\nSIGINT\nready\nseen by the other handler\n"),
        Case::new("each_waiting_thread_is_told_of_the_signal", several)
            .outside(terminate)
            .prints("ready\nSIGTERM SIGTERM SIGTERM\n"),
        Case::new("a_second_wait_for_signal_waits_for_a_second_signal", again)
            .outside(interrupt_twice)
            .prints("ready\nSIGINT\nready\nSIGINT\n"),
        Case::new("a_thread_that_waits_for_signals_ends_the_process_after_main", after_main)
            .outside(interrupt)
            .prints("ready\nSIGINT\n")
            .exits(130),
    ]
}

fn terminate(child: &mut Outside) {
    child.wait_for("ready");
    child.signal(Signal::TERM);
}

fn interrupt(child: &mut Outside) {
    child.wait_for("ready");
    child.signal(Signal::INT);
}

fn interrupt_twice(child: &mut Outside) {
    interrupt(child);
    child.wait_for_times("ready", 2);
    child.signal(Signal::INT);
}

fn park() {
    loop {
        thread::park();
    }
}

/// Whether the process has a handler for SIGTERM, as the kernel says.
fn is_caught() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() >> (15 - 1) & 1 == 1
}

/// Prints that the process is ready as soon as another thread waits for signals.
fn say_when_ready() {
    thread::spawn(|| {
        while !is_caught() {
            thread::yield_now();
        }
        println!("ready");
    });
}

fn drains() {
    let mail = queue(|_letter: u8, cx| cx.sleep(Duration::from_millis(1))).daemon(false).start().unwrap();
    (0..3).try_for_each(|letter| mail.put(letter)).unwrap();
    say_when_ready();
    println!("{}", wait_for_signal());
    println!("{} delivered", mail.drain().unwrap().turns);
}

fn ends_again() {
    let_sigint_end_the_process();
    say_when_ready();
    println!("{}", wait_for_signal());
    assert!(!is_caught());
    println!("ready");
    park();
}

fn restores() {
    let seen = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&seen)).unwrap();
    say_when_ready();
    let signal = wait_for_signal();
    assert!(!seen.load(Ordering::SeqCst));
    println!("{signal}, not seen by the other handler");
    println!("ready");
    while !seen.load(Ordering::SeqCst) {
        thread::yield_now();
    }
    println!("seen by the other handler");
}

/// The other handler is set while a thread waits, and calls the one that it replaces, as signal-hook does.
fn leaves() {
    let seen = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&seen);
    thread::spawn(move || {
        while !is_caught() {
            thread::yield_now();
        }
        signal_hook::flag::register(signal_hook::consts::SIGINT, flag).unwrap();
        println!("ready");
    });
    println!("{}", wait_for_signal());
    seen.store(false, Ordering::SeqCst);
    println!("ready");
    while !seen.load(Ordering::SeqCst) {
        thread::yield_now();
    }
    println!("seen by the other handler");
}

fn several() {
    let waits = [(); 3].map(|()| testkit::os_thread::spawn_asleep(wait_for_signal));
    println!("ready");
    println!("{}", waits.map(|wait| wait.join().unwrap().to_string()).join(" "));
}

fn again() {
    for _ in 0..2 {
        say_when_ready();
        println!("{}", wait_for_signal());
    }
}

/// `main` has returned, and the process lives on with its worker.
fn after_main() {
    let service = looped(|_tick, cx| cx.sleep(Duration::MAX)).daemon(false).start().unwrap();
    service.detach();
    say_when_ready();
    thread::spawn(|| {
        println!("{}", wait_for_signal());
        exit(130)
    });
}
