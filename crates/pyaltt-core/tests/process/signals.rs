//! Signals that end the process, that stop and continue it, and that only interrupt.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::pthread::{Pthread, pthread_kill, pthread_self};
use nix::sys::signal::Signal as NixSignal;
use pyaltt_core::{Flow, MissedTick, PutErrorKind, StopError, Tick, looped, queue};
use rustix::process::Signal;

use crate::case::{Case, Outside};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("sigterm_ends_the_process_at_once_with_a_daemon", || busy(true))
            .prints("main\n")
            .outside(terminate)
            .killed_by(15),
        Case::new("sigterm_ends_it_also_while_it_waits_for_a_hung_non_daemon_worker", || busy(false))
            .prints("main\n")
            .outside(terminate)
            .killed_by(15),
        Case::new("a_process_that_was_stopped_for_a_while_makes_no_burst_of_ticks", frozen)
            .prints("ticking\nwell\n")
            .outside(freeze),
        Case::new("signals_end_no_wait_early", storm).prints("well\n"),
    ]
}

fn terminate(child: &mut Outside) {
    child.wait_for("main");
    // Now it waits for its worker or, with a daemon, for the signal itself.
    thread::sleep(Duration::from_millis(100));
    assert_ne!(child.state(), 'Z', "it has ended by itself");
    child.signal(Signal::TERM);
}

/// A worker whose turn does not return.
fn busy(daemon: bool) {
    let (began, in_turn) = mpsc::channel();
    let (release, hang) = mpsc::channel::<()>();
    let worker = looped(move |_tick, _cx| {
        let _ = began.send(());
        let _ = hang.recv();
    });
    let worker = worker.daemon(daemon).start().unwrap();
    worker.detach();
    in_turn.recv().unwrap();
    println!("main");
    std::mem::forget(release);
    if daemon {
        loop {
            thread::park();
        }
    }
}

const INTERVAL: Duration = Duration::from_millis(1);
const FREEZE: Duration = Duration::from_millis(200);

fn freeze(child: &mut Outside) {
    child.wait_for("ticking");
    child.signal(Signal::STOP);
    while child.state() != 'T' {
        thread::yield_now();
    }
    // This is how long it is frozen.
    thread::sleep(FREEZE);
    child.signal(Signal::CONT);
}

/// Ticks until it has been frozen. Missed ticks are skipped, which is the default, so within any period no more turns
/// begin than the grid has room for.
fn frozen() {
    let (ticks, seen) = mpsc::channel::<(Tick, Instant)>();
    let worker = looped(move |tick, _cx| ticks.send((tick, Instant::now()))).interval(INTERVAL);
    let worker = worker.start().unwrap();
    let mut turns = Vec::new();
    let is_frozen = |turns: &[(Tick, Instant)]| {
        turns.last().is_some_and(|(tick, _)| tick.missed >= u64::try_from((FREEZE / 2).as_millis()).unwrap())
    };
    while !is_frozen(&turns) {
        turns.push(seen.recv().unwrap());
        if turns.len() == 20 {
            println!("ticking");
        }
    }
    turns.extend(seen.iter().take(50));
    worker.stop().unwrap();
    for span in 2..10_u32 {
        for pair in turns.windows(span as usize + 1) {
            let (first, last) = (pair[0].1, pair[span as usize].1);
            assert!(last - first > INTERVAL * (span - 2), "{span} turns in {:?}", last - first);
        }
    }
    let missed: u64 = turns.iter().map(|(tick, _)| tick.missed).sum();
    let (last, _) = turns[turns.len() - 1];
    assert_eq!(last.index + 1, turns.len() as u64 + missed, "every tick was a turn or was missed");
    assert_eq!(MissedTick::default(), MissedTick::Skip);
    println!("well");
}

/// Every waiting thread is hit by a hail of signals, and still waits as long as it was told.
fn storm() {
    let hits = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGALRM, Arc::clone(&hits)).unwrap();
    let wait = Duration::from_millis(150);
    let (threads, targets) = mpsc::channel::<Pthread>();
    let over = Arc::new(AtomicBool::new(false));
    let hail = thread::spawn({
        let over = Arc::clone(&over);
        move || {
            let mut all = Vec::new();
            while !over.load(Ordering::SeqCst) {
                all.extend(targets.try_iter());
                for target in &all {
                    // A thread that has ended is no error; its number is not reused until it is joined.
                    let _ = pthread_kill(*target, NixSignal::SIGALRM);
                }
                thread::sleep(Duration::from_micros(200));
            }
        }
    });

    // A worker's own sleep, its delay, and the wait of its token.
    let me = threads.clone();
    let sleeper = looped(move |tick: Tick, cx| {
        me.send(pthread_self()).unwrap();
        let began = Instant::now();
        assert_eq!(cx.sleep(wait), Flow::Continue);
        assert!(began.elapsed() >= wait);
        let token = cx.stop_token();
        let began = Instant::now();
        assert!(!token.wait(wait));
        assert!(began.elapsed() >= wait);
        assert!(Instant::now() >= tick.scheduled);
        cx.turn_number() < 3
    })
    .delay(wait)
    .start()
    .unwrap();

    // A signal does not make an idle worker take a turn.
    let me = threads.clone();
    let idle = queue(move |_task: u8, _cx| me.send(pthread_self()).unwrap()).bounded(1).start().unwrap();
    idle.put(0).unwrap();

    // Waits from outside: for an end, and for room in a queue.
    threads.send(pthread_self()).unwrap();
    let began = Instant::now();
    assert!(matches!(idle.wait_timeout(wait), Err(StopError::Timeout { .. })));
    assert!(began.elapsed() >= wait);
    let full = queue(|_task: u8, _cx| ()).bounded(1).build().unwrap();
    full.put(0).unwrap();
    let began = Instant::now();
    assert_eq!(full.put_timeout(1, wait).unwrap_err().kind(), PutErrorKind::Timeout);
    assert!(began.elapsed() >= wait);

    let exit = sleeper.wait().unwrap();
    assert_eq!((exit.turns, exit.panics), (3, 0), "{:?}", exit.error);
    assert_eq!(idle.stop().unwrap().turns, 1);
    over.store(true, Ordering::SeqCst);
    hail.join().unwrap();
    assert!(hits.load(Ordering::SeqCst), "no signal came");
    println!("well");
}
