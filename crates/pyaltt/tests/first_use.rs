//! `#[background_worker]`: the worker is made at its first use, and what that can run into. Number 15 of issue 11.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Barrier, Mutex};
use std::time::Duration;
use std::{process, thread};

use pyaltt::StartError;
use pyaltt::prelude::*;

type Done = Result<(), BoxError>;

fn panic_of<R>(f: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).map(drop).unwrap_err();
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
    }
}

/// Calls `f`, and ends the process if it hangs.
fn within_a_minute<R>(f: impl FnOnce() -> R) -> R {
    let (_ended, end) = mpsc::channel::<()>();
    thread::spawn(move || {
        if end.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
            eprintln!("a test hangs");
            process::abort();
        }
    });
    f()
}

// ----- an expression that fails once -----

static PERIOD: Mutex<Option<Duration>> = Mutex::new(None);

fn period() -> Duration {
    let period = *PERIOD.lock().unwrap();
    period.expect("the period is set")
}

#[background_worker(interval = period())]
fn late() -> bool {
    false
}

#[test]
fn after_an_option_whose_expression_panics_the_next_use_tries_again() -> Done {
    for _ in 0..2 {
        assert_eq!(panic_of(|| late.start()), "the period is set");
        assert_eq!(panic_of(|| late.is_active()), "the period is set");
    }
    *PERIOD.lock().unwrap() = Some(Duration::from_millis(1));
    late.start()?;
    assert_eq!(late.wait()?.turns, 1);
    Ok(())
}

static MICROS: AtomicU64 = AtomicU64::new(0);

#[background_worker(interval = Duration::from_micros(MICROS.load(Ordering::SeqCst)))]
fn corrected() -> bool {
    false
}

#[test]
fn after_an_option_with_an_invalid_value_the_next_use_tries_again() -> Done {
    assert!(matches!(corrected.start(), Err(StartError::Option(_))));
    MICROS.store(500, Ordering::SeqCst);
    corrected.start()?;
    assert_eq!(corrected.wait()?.turns, 1);
    Ok(())
}

// ----- several threads at once -----

static EVALUATED: AtomicUsize = AtomicUsize::new(0);
static EIGHT: Barrier = Barrier::new(8);

fn slowly() -> Duration {
    EVALUATED.fetch_add(1, Ordering::SeqCst);
    // Gives the other threads the time to come.
    (0..1000).for_each(|_| thread::yield_now());
    Duration::from_millis(1)
}

#[background_worker(interval = slowly())]
fn shared() {}

#[test]
fn of_several_threads_one_makes_the_worker() {
    within_a_minute(|| {
        let use_it = || {
            EIGHT.wait();
            shared.id()
        };
        let ids = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(use_it)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    });
    assert_eq!(EVALUATED.load(Ordering::SeqCst), 1);
}

static ATTEMPTS: AtomicUsize = AtomicUsize::new(0);
static FOUR: Barrier = Barrier::new(4);

fn only_the_third_time() -> Duration {
    (0..1000).for_each(|_| thread::yield_now());
    assert!(ATTEMPTS.fetch_add(1, Ordering::SeqCst) >= 2, "not yet");
    Duration::from_millis(1)
}

#[background_worker(interval = only_the_third_time())]
fn stubborn() {}

#[test]
fn a_thread_that_waits_makes_the_worker_if_the_first_one_fails() {
    let made = within_a_minute(|| {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        FOUR.wait();
                        stubborn.id()
                    })
                })
                .collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).count()
        })
    });
    assert_eq!((made, ATTEMPTS.load(Ordering::SeqCst)), (2, 3));
}

// ----- expressions that use workers -----

#[background_worker(o = own_use.id())]
fn own_use() {}

#[background_worker(o = own_start.start().is_ok())]
fn own_start() {}

#[test]
fn an_expression_that_uses_its_own_worker_is_a_panic_that_says_so() {
    let said = |text: &str, name: &str| {
        assert!(
            text.starts_with(&format!("worker {name:?}: an option's expression uses the worker itself")),
            "{text}"
        );
    };
    within_a_minute(|| {
        for _ in 0..2 {
            said(&panic_of(|| own_use.start()), "own_use");
            said(&panic_of(|| own_use.id()), "own_use");
            said(&panic_of(|| own_start.start()), "own_start");
        }
    });
}

#[background_worker(o = circle_b.id())]
fn circle_a() {}

#[background_worker(o = circle_a.id())]
fn circle_b() {}

#[test]
fn workers_whose_options_use_each_other_are_a_panic_on_one_thread_and_on_two() {
    within_a_minute(|| {
        let text = panic_of(|| circle_a.id());
        assert!(
            text.starts_with("worker \"circle_a\": an option's expression uses the worker itself"),
            "{text}"
        );
        for _ in 0..500 {
            let both = Barrier::new(2);
            thread::scope(|scope| {
                let one = scope.spawn(|| {
                    both.wait();
                    circle_a.id()
                });
                both.wait();
                let other = panic_of(|| circle_b.id());
                assert!(one.join().is_err());
                assert!(other.contains("uses the worker itself"), "{other}");
            });
        }
    });
}

static BOTH: Barrier = Barrier::new(2);
static CAME: AtomicUsize = AtomicUsize::new(0);

/// Calls `f` when both workers are being made. A later attempt has nobody to meet.
fn meet_then<R>(f: impl FnOnce() -> R) -> R {
    if CAME.fetch_add(1, Ordering::SeqCst) < 2 {
        BOTH.wait();
    }
    f()
}

#[background_worker(o = meet_then(|| crossed_b.id()))]
fn crossed_a() {}

#[background_worker(o = meet_then(|| crossed_a.id()))]
fn crossed_b() {}

#[test]
fn two_threads_that_make_workers_which_need_each_other_do_not_wait_for_ever() {
    let results = within_a_minute(|| {
        thread::scope(|scope| {
            let a = scope.spawn(|| catch_unwind(|| crossed_a.id()).is_err());
            let b = scope.spawn(|| catch_unwind(|| crossed_b.id()).is_err());
            (a.join().unwrap(), b.join().unwrap())
        })
    });
    assert_eq!(results, (true, true));
}

#[background_worker(o = first.name().to_owned())]
fn second(cx: &mut Context) -> Result<bool, String> {
    cx.o::<String>().filter(|name| *name == "first").map(|_| false).ok_or_else(|| "not the first".into())
}

#[background_worker]
fn first() {}

#[test]
fn an_option_may_use_another_worker() -> Done {
    second.start()?;
    assert_eq!(second.wait()?.turns, 1);
    Ok(())
}

static LOOKS: AtomicUsize = AtomicUsize::new(0);

#[background_worker(o = LOOKS.fetch_add(1, Ordering::SeqCst))]
fn looked_at() {}

#[test]
fn to_print_a_worker_is_not_to_use_it() {
    assert_eq!(format!("{looked_at:?}"), "looked_at { .. }");
    assert_eq!(LOOKS.load(Ordering::SeqCst), 0);
    assert_eq!(looked_at.name(), "looked_at");
    assert!(format!("{looked_at:?}").contains("state"));
    assert_eq!(LOOKS.load(Ordering::SeqCst), 1);
}
