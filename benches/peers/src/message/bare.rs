//! What the system and the standard library give: threads, futexes, flags.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_utils::sync::{Parker, Unparker};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::workload::stop_flag::{STOP_FLAG, stop_flag};
use rustix::thread::futex;

use super::kept_thread;

/// The yardstick of starting, stopping and being idle.
pub(super) fn thread() -> Contender {
    let how = "std::thread: spawn and join with nothing to do; parked while it idles; spawned again by another thread \
               that joins it, which has the tasks of all its runs. Its stack has the same size as those of workers, 2 \
               MiB";
    let contender = Contender::new(Kind::Bare, "thread", "bare thread", how)
        .starts_and_stops(|| thread::spawn(|| ()), |thread| thread.join().expect("it does nothing"))
        .idles(parked, unpark_and_join);
    kept_thread::take_part(contender)
}

fn parked() -> (Arc<AtomicBool>, JoinHandle<()>) {
    let over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&over);
    let thread = thread::spawn(move || {
        while !seen.load(Ordering::Acquire) {
            thread::park();
        }
    });
    (over, thread)
}

fn unpark_and_join((over, thread): (Arc<AtomicBool>, JoinHandle<()>)) {
    over.store(true, Ordering::Release);
    thread.thread().unpark();
    thread.join().expect("it does nothing");
}

/// The yardstick of waking.
pub(super) fn futex() -> Contender {
    let how =
        "the system call itself, through rustix: FUTEX_WAIT in a loop around an atomic word, FUTEX_WAKE";
    Contender::new(Kind::Bare, "futex", "raw futex", how).wakes(|stamp| {
        let word = Arc::new(AtomicU32::new(0));
        let waited_for = Arc::clone(&word);
        thread::spawn(move || {
            loop {
                while waited_for.swap(0, Ordering::Acquire) == 0 {
                    let _ = futex::wait(&waited_for, futex::Flags::PRIVATE, 0, None);
                }
                stamp.set();
            }
        });
        move || {
            word.store(1, Ordering::Release);
            futex::wake(&word, futex::Flags::PRIVATE, 1).expect("the word is there");
        }
    })
}

pub(super) fn parker() -> Contender {
    let how = "crossbeam_utils::sync::Parker";
    Contender::new(Kind::Bare, "parker", "crossbeam Parker", how).wakes(|stamp| {
        let parker = Parker::new();
        let unparker: Unparker = parker.unparker().clone();
        thread::spawn(move || {
            loop {
                parker.park();
                stamp.set();
            }
        });
        move || unparker.unpark()
    })
}

/// The yardstick of a check for a stop.
pub(super) fn flag() -> Contender {
    Contender::new(Kind::Bare, "atomic-flag", "AtomicBool", "one load, Ordering::Acquire").does(
        STOP_FLAG,
        |count| {
            let flag = Arc::new(AtomicBool::new(false));
            stop_flag(count, || flag.load(Ordering::Acquire))
        },
    )
}
