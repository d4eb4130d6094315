//! Handlers that the program itself has for signals, and functions of the group.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use nix::sys::pthread::{pthread_kill, pthread_self};
use nix::sys::signal::{Signal as Number, raise};
use pyaltt_core::{Signal, looped, wait_for_signal};
use pyaltt_group::{EndedBy, GroupError, Supervisor};
use signal_hook::consts::{SIGHUP, SIGTERM, SIGUSR1};
use testkit::case::{Case, let_sigint_end_the_process};

use crate::signals::{quiet, says, terminate};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("t8_a_handler_that_was_there_is_called_too_and_alone_afterwards", is_chained)
            .outside(|child| {
                terminate(child);
                child.wait_for("again");
                child.signal(rustix::process::Signal::TERM);
            })
            .prints("ready\nSIGTERM, seen by the other handler\nagain\nseen by the other handler\n"),
        Case::new("t8_after_a_group_sigint_ends_the_process_as_before", || {
            let_sigint_end_the_process();
            let once = looped(|_tick, _cx| false).build().unwrap();
            println!("{}", Supervisor::new().add(&once).run_until_signal().unwrap().ended_by);
            raise(Number::SIGINT).unwrap();
            println!("still here");
        })
        .prints("all members have ended\n")
        .killed_by(2),
        Case::new("t8_a_handler_that_was_set_meanwhile_makes_no_circle", circle)
            .prints("1 by the group, 1 by the other handler\n1 by the group, 1 by the other handler\n"),
        Case::new("t9_a_read_of_a_member_is_not_interrupted", read_on).prints("Ok(1)\n"),
        Case::new("a_function_for_a_signal_runs_on_the_thread_of_the_group_each_time", reloads)
            .prints("gateway: reload 1\ngateway: reload 2\nseen by the other handler\n"),
        Case::new("t8_a_signal_with_a_function_does_after_the_group_what_it_did_before", || {
            let member = quiet("member");
            let program = Supervisor::new().add(&member).on_signal(SIGUSR1, || ()).start().unwrap();
            println!("{}", program.stop().ended_by);
            raise(Number::SIGUSR1).unwrap();
            println!("still here");
        })
        .prints("asked to\n")
        .killed_by(SIGUSR1),
        Case::new("a_function_for_a_signal_that_panics_changes_nothing", panics).prints("told\nasked to\n"),
        Case::new("a_signal_that_cannot_be_caught_fails_the_start_and_nothing_starts", || {
            for number in [Number::SIGKILL as i32, Number::SIGSEGV as i32, 0, -1, 1000] {
                let member = quiet("member");
                let error = Supervisor::new().add(&member).on_signal(number, || ()).start().unwrap_err();
                assert!(matches!(&error, GroupError::NoSignals { group, .. } if group == "group"), "{error}");
                assert!(!member.is_active());
                // It belongs to no group.
                let _ = Supervisor::new().add(&member).start().unwrap().stop();
            }
        }),
        Case::new("wait_for_signal_and_a_group_are_both_told", both)
            .outside(terminate)
            .prints("ready\nSIGTERM SIGTERM\n"),
    ]
}

fn is_chained() {
    let seen = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGTERM, Arc::clone(&seen)).unwrap();
    let ready = says("member", "ready");
    let report = Supervisor::new().add(&ready).run_until_signal().unwrap();
    if seen.swap(false, Ordering::SeqCst) {
        println!("{}, seen by the other handler", report.ended_by);
    }
    println!("again");
    while !seen.load(Ordering::SeqCst) {
        thread::yield_now();
    }
    println!("seen by the other handler");
}

/// The other handler calls the one that was there when it was set, as signal-hook does: ours. In the second group ours is
/// set again, above the other one.
fn circle() {
    let counts = Arc::new(AtomicUsize::new(0));
    for round in 0..2 {
        let (told, tells) = mpsc::channel();
        let member = quiet("member");
        let program = Supervisor::new()
            .add(&member)
            .on_signal(SIGUSR1, move || told.send(()).unwrap())
            .start()
            .unwrap();
        if round == 0 {
            let counts = Arc::clone(&counts);
            add(SIGUSR1, move || _ = counts.fetch_add(1, Ordering::SeqCst));
        }
        raise(Number::SIGUSR1).unwrap();
        tells.recv().unwrap();
        let _ = program.stop();
        let told = 1 + tells.try_iter().count();
        println!("{told} by the group, {} by the other handler", counts.swap(0, Ordering::SeqCst));
    }
}

#[expect(unsafe_code, reason = "signal-hook has no safe form of it")]
fn add(number: i32, f: impl Fn() + Send + Sync + 'static) {
    // SAFETY: all that is called in it is an atomic addition.
    unsafe { signal_hook::low_level::register(number, f) }.unwrap();
}

/// The signal comes to the thread that reads, while it reads.
fn read_on() {
    let (mut reader, mut writer) = UnixStream::pair().unwrap();
    let (threads, thread) = mpsc::channel();
    let (results, result) = mpsc::channel();
    let member = looped(move |_tick, _cx| {
        threads.send(pthread_self()).unwrap();
        results.send(reader.read(&mut [0])).unwrap();
        false
    })
    .build()
    .unwrap();
    let (told, tells) = mpsc::channel();
    let program = Supervisor::new()
        .add(&member)
        .on_signal(Signal::User1, move || told.send(()).unwrap())
        .start()
        .unwrap();
    let thread = thread.recv().unwrap();
    // Some of them come while it sleeps in the call.
    for _ in 0..100 {
        pthread_kill(thread, Number::SIGUSR1).unwrap();
        tells.recv().unwrap();
    }
    std::io::Write::write_all(&mut writer, &[1]).unwrap();
    println!("{:?}", result.recv().unwrap());
    let _ = program.wait();
}

fn reloads() {
    let seen = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGHUP, Arc::clone(&seen)).unwrap();
    let member = quiet("member");
    let (told, tells) = mpsc::channel();
    let mut count = 0;
    let reload = move || {
        count += 1;
        told.send(format!("{}: reload {count}", thread::current().name().unwrap_or_default())).unwrap();
    };
    let program =
        Supervisor::new().name("gateway").add(&member).on_signal(Signal::Hangup, reload).start().unwrap();
    for _ in 0..2 {
        raise(Number::SIGHUP).unwrap();
        println!("{}", tells.recv().unwrap());
    }
    let _ = program.stop();
    seen.store(false, Ordering::SeqCst);
    raise(Number::SIGHUP).unwrap();
    assert!(tells.recv().is_err(), "the function is gone with the group");
    if seen.load(Ordering::SeqCst) {
        println!("seen by the other handler");
    }
}

fn panics() {
    testkit::silence_log();
    let member = quiet("member");
    let (told, tells) = mpsc::channel();
    let program = Supervisor::new()
        .add(&member)
        .on_signal(SIGUSR1, || panic!("on purpose"))
        .on_signal(SIGUSR1, move || told.send(()).unwrap())
        .start()
        .unwrap();
    raise(Number::SIGUSR1).unwrap();
    tells.recv().unwrap();
    println!("told");
    println!("{}", program.stop().ended_by);
}

fn both() {
    let ready = says("member", "ready");
    let waits = testkit::os_thread::spawn_asleep(wait_for_signal);
    let report = Supervisor::new().add(&ready).run_until_signal().unwrap();
    assert_eq!(report.ended_by, EndedBy::Signal(SIGTERM));
    println!("{} {}", report.ended_by, waits.join().unwrap());
}
