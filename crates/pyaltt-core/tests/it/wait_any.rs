//! Waits for any and for all of several workers.

use std::thread;
use std::time::{Duration, Instant};

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Context, Ended, ExitReason, Handle,
    StopError, Turn, WaitError, event, looped, queue, wait_all, wait_any,
};
use testkit::os_thread::{OsThread, spawn_asleep};
use testkit::{Probe, Turnstile, failed};

use crate::flavour::{wait_until_asleep, wait_until_thread_is_asleep};

const LONG: Option<Duration> = Some(Duration::from_secs(3600));

fn idle(name: &str) -> BackgroundEventWorker {
    event(|_trigger, _cx| ()).name(name).build().unwrap()
}

fn running(name: &str) -> BackgroundEventWorker {
    let worker = idle(name);
    worker.start().unwrap();
    worker
}

#[track_caller]
fn assert_ended(ended: Result<Ended, WaitError>, index: usize, name: &str, reason: ExitReason) {
    let Ended { index: at, name: whose, exit, .. } = ended.unwrap();
    assert_eq!((at, &*whose, exit.reason), (index, name, reason));
}

#[apply(bounded)]
fn x9_a_wait_for_none_is_an_error_at_once() {
    let error = wait_any(&[], None).unwrap_err();
    assert!(matches!(error, WaitError::NoWorkers));
    assert_eq!(error.to_string(), "there is no worker to wait for; give at least one");
    assert!(wait_all(&[] as &[Handle], None).is_empty());
}

#[apply(bounded)]
fn x9_of_those_that_have_ended_the_first_comes_at_once() {
    let (runs, stopped, never) = (running("runs"), running("stopped"), idle("never"));
    stopped.stop().unwrap();
    for timeout in [None, Some(Duration::ZERO), LONG] {
        assert_ended(wait_any(&[&runs, &stopped, &never], timeout), 1, "stopped", ExitReason::Stopped);
        assert_ended(wait_any(&[&runs, &never, &stopped], timeout), 1, "never", ExitReason::NeverStarted);
        assert_ended(wait_any(&[&never], timeout), 0, "never", ExitReason::NeverStarted);
    }
}

#[apply(bounded)]
fn x9_one_that_is_given_twice_has_its_first_index() {
    let (first, twice) = (running("first"), running("twice"));
    let waits = spawn_asleep({
        let (first, twice) = (first.clone(), twice.clone());
        move || wait_any(&[&first, &twice, &twice], LONG)
    });
    twice.signal_stop();
    assert_ended(waits.join().unwrap(), 1, "twice", ExitReason::Stopped);
    assert_ended(wait_any(&[&twice, &first, &twice], None), 0, "twice", ExitReason::Stopped);
    first.stop().unwrap();
}

#[apply(bounded)]
fn workers_of_all_kinds_are_waited_for_together_and_a_failure_is_an_end() {
    let beat: BackgroundWorker = looped(|_tick, cx| cx.sleep(Duration::MAX)).start().unwrap();
    let mail: BackgroundQueueWorker<u8> =
        queue(|_task, _cx| Err::<(), _>("no paper")).name("mail").start().unwrap();
    let alarm = running("alarm");
    let waits = spawn_asleep({
        let (beat, mail, alarm) = (beat.clone(), mail.clone(), alarm.clone());
        move || wait_any(&[&beat, &mail, &alarm], None)
    });
    mail.put(1).unwrap();
    let ended = waits.join().unwrap().unwrap();
    assert_eq!((ended.index, ended.exit.reason, ended.exit.turns), (1, ExitReason::Failed, 1));
    assert!(ended.exit.error.is_some());
}

#[apply(bounded)]
fn a_wait_in_vain_names_the_workers_and_takes_its_registrations_back() {
    let workers: Vec<_> = ["anna", "bert"].iter().map(|name| running(name)).collect();
    let error = wait_any(&[&workers[0], &workers[1]], Some(Duration::from_millis(1))).unwrap_err();
    assert_eq!(error.to_string(), r#"none of the workers "anna", "bert" has ended within 1ms"#);
    assert_eq!(format!("{error:?}"), error.to_string());
    let many: Vec<&Handle> = (0..30).map(|at| &*workers[at % 2]).collect();
    let text = wait_any(&many, Some(Duration::ZERO)).unwrap_err().to_string();
    assert!(text.ends_with(r#""anna", "bert" and 22 more has ended within 0ns"#), "{text}");
}

/// X9. A turn that waits for its own worker among others is told of the others, and is cut by its own stop.
#[apply(bounded)]
fn x9_in_the_turn_of_a_member_it_ends_with_the_waiters_own_stop() {
    let (threads, results) = (Probe::new(), Probe::new());
    let (own, other) = (std::sync::Arc::new(std::sync::OnceLock::<Handle>::new()), running("other"));
    let worker = queue({
        let (own, other, threads, results) = (own.clone(), other.clone(), threads.clone(), results.clone());
        move |with_other: bool, _cx: &mut Context| -> Turn {
            threads.add(OsThread::current());
            let me = own.get().unwrap();
            let members: &[&Handle] = if with_other { &[me, &other] } else { &[me] };
            let ended = wait_any(members, None);
            results.add(ended.clone().map(|ended| ended.index));
            ended?;
            Ok(pyaltt_core::Flow::Continue)
        }
    });
    let worker = worker.name("waits").start().unwrap();
    own.set(Handle::from(&worker).downgrade().upgrade().unwrap()).unwrap();

    worker.put(true).unwrap();
    wait_until_asleep(&threads);
    other.stop().unwrap();
    assert_eq!(results.next().unwrap(), 1);

    worker.put(false).unwrap();
    wait_until_asleep(&threads);
    let exit = worker.stop().unwrap();
    let error = results.next().unwrap_err();
    assert!(matches!(&error, WaitError::Stopping { workers, .. } if workers.len() == 1));
    let want = r#"the wait for the end of any of the workers "waits" was cut, because the worker that waited was told to stop"#;
    assert_eq!(error.to_string(), want);
    // The error that the turn returned is not its own.
    assert_eq!((exit.reason, exit.errors, worker.stats().interrupted), (ExitReason::Stopped, 0, 1));
}

/// However many members there are, the thread is woken once.
#[apply(bounded)]
#[cfg(target_os = "linux")]
fn the_thread_that_waits_is_woken_once() {
    let workers: Vec<_> = (0..64).map(|_| running("member")).collect();
    let (show, shown) = (Probe::new(), Probe::new());
    let waits = thread::spawn({
        let (workers, show, sleeps) = (workers.clone(), show.clone(), shown.clone());
        move || {
            let members: Vec<&Handle> = workers.iter().map(|worker| &**worker).collect();
            let me = OsThread::current();
            show.add(OsThread::current());
            let ended = wait_any(&members, None).unwrap();
            sleeps.add(me.sleeps());
            ended.index
        }
    });
    let thread = show.next();
    wait_until_thread_is_asleep(&thread);
    // From here on: before, it may have waited for locks of members that were just starting.
    let before = thread.sleeps();
    // Changes that are no ends wake nobody.
    for worker in &workers {
        worker.trigger();
    }
    workers[17].signal_stop();
    assert_eq!(waits.join().unwrap(), 17);
    if let (Some(before), Some(after)) = (before, shown.next()) {
        // A lock of ours may have been held by another thread for a moment.
        assert!(after - before <= 4, "{} sleeps", after - before);
    }
}

#[apply(bounded)]
fn all_workers_are_waited_for_until_one_deadline() {
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let stuck = queue(move |_task: u32, _cx| held.pass()).name("stuck").start().unwrap();
    stuck.put(1).unwrap();
    turnstile.wait();
    let bad = queue(|_task: u32, _cx| Err::<(), _>("no paper")).start().unwrap();
    bad.put(1).unwrap();
    let (good, never) = (running("good"), idle("never"));
    good.signal_stop();
    stuck.signal_stop();
    let workers = [&*stuck, &bad, &good, &never];
    // Those that end do so long before.
    failed(bad.wait());
    good.wait().unwrap();
    let mut ended = wait_all(&workers, Instant::now() + Duration::from_millis(20)).into_iter();
    match ended.next().unwrap().unwrap_err() {
        StopError::Timeout { worker, stuck_turn, waited, .. } => {
            assert_eq!((&*worker, stuck_turn), ("stuck", Some(1)));
            assert!(waited >= Duration::from_millis(1));
        }
        error => panic!("{error}"),
    }
    assert_eq!(failed(ended.next().unwrap()).turns, 1);
    assert_eq!(ended.next().unwrap().unwrap().reason, ExitReason::Stopped);
    assert_eq!(ended.next().unwrap().unwrap().reason, ExitReason::NeverStarted);

    // A deadline that is past, and none.
    let past = wait_all(&workers, Instant::now());
    assert!(matches!(past[0], Err(StopError::Timeout { .. })) && past[2].is_ok());
    let all = spawn_asleep({
        let workers: Vec<Handle> = workers.into_iter().cloned().collect();
        move || wait_all(&workers, None)
    });
    turnstile.release();
    assert_eq!(all.join().unwrap()[0].as_ref().unwrap().reason, ExitReason::Stopped);
}

/// Without a deadline the threads are gone as well, with the destructors of their thread-locals.
#[apply(bounded)]
fn without_a_deadline_the_threads_are_gone_too() {
    struct Last(Option<(Turnstile, Probe<u8>)>);
    impl Drop for Last {
        fn drop(&mut self) {
            if let Some((turnstile, gone)) = self.0.take() {
                turnstile.pass();
                gone.add(1);
            }
        }
    }
    thread_local!(static LAST: std::cell::RefCell<Last> = const { std::cell::RefCell::new(Last(None)) });

    let (turnstile, gone) = (Turnstile::new(), Probe::new());
    let worker = looped({
        let (turnstile, gone) = (turnstile.clone(), gone.clone());
        move |_tick, _cx| {
            LAST.with(|last| last.borrow_mut().0 = Some((turnstile.clone(), gone.clone())));
            false
        }
    });
    let worker = worker.start().unwrap();
    turnstile.wait();
    assert!(
        wait_all(&[&worker], Instant::now() + Duration::from_secs(3600))[0].is_ok(),
        "the state is enough"
    );
    assert!(gone.is_empty());
    let waits = spawn_asleep({
        let worker = worker.clone();
        move || wait_all(&[&worker], None)
    });
    assert!(!waits.is_finished());
    turnstile.release();
    assert!(waits.join().unwrap()[0].is_ok());
    assert_eq!(gone.all(), [1]);
}

/// A worker that is started again while the others are waited for is not waited for a second time.
#[apply(bounded)]
fn the_lives_at_the_call_are_waited_for_and_no_later_ones() {
    let (first, second) = (running("first"), running("second"));
    let waits = spawn_asleep({
        let (first, second) = (first.clone(), second.clone());
        move || wait_all(&[&first, &second], None)
    });
    second.stop().unwrap();
    second.start().unwrap();
    first.signal_stop();
    let exits = waits.join().unwrap();
    assert!(exits.iter().all(|exit| exit.as_ref().unwrap().run == 1));
    assert!(second.is_active());
}

/// On the thread of a member the others are waited for, and then it is told to terminate.
#[apply(bounded)]
fn a_member_that_waits_for_all_waits_for_the_others_first() {
    for own_first in [true, false] {
        let (own, other) = (std::sync::Arc::new(std::sync::OnceLock::<Handle>::new()), running("other"));
        let (threads, results) = (Probe::new(), Probe::new());
        let worker = queue({
            let (own, other, threads, results) =
                (own.clone(), other.clone(), threads.clone(), results.clone());
            move |_task: u8, _cx| {
                threads.add(OsThread::current());
                let (me, other) = (own.get().unwrap(), &*other);
                let mut ended = wait_all(&if own_first { [me, other] } else { [other, me] }, None);
                if own_first {
                    ended.reverse();
                }
                results.add(ended);
            }
        });
        let worker = worker.name("waits").start().unwrap();
        own.set(Handle::from(&worker)).unwrap();
        worker.put(1).unwrap();
        wait_until_asleep(&threads);
        other.stop().unwrap();
        let ended = results.next();
        assert_eq!(ended[0].as_ref().unwrap().reason, ExitReason::Stopped);
        assert!(matches!(&ended[1], Err(StopError::FromWorker { worker }) if &**worker == "waits"));
        assert_eq!(worker.wait().unwrap().reason, ExitReason::Terminated);
    }
}

#[apply(bounded)]
fn the_stop_of_the_waiter_cuts_a_wait_for_all() {
    let (ended, runs) = (running("ended"), running("runs"));
    ended.stop().unwrap();
    let (threads, results) = (Probe::new(), Probe::new());
    let worker = queue({
        let (ended, runs, threads, results) = (ended.clone(), runs.clone(), threads.clone(), results.clone());
        move |_task: u8, _cx| {
            threads.add(OsThread::current());
            results.add(wait_all(&[&ended, &runs], None));
        }
    });
    let worker = worker.start().unwrap();
    worker.put(1).unwrap();
    wait_until_asleep(&threads);
    worker.stop().unwrap();
    let results = results.next();
    assert!(results[0].is_ok());
    assert!(matches!(&results[1], Err(StopError::Stopping { worker }) if &**worker == "runs"));
}
