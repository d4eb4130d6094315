//! How long a worker waits before it runs again, how often it may, and what that costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pyaltt::timing::Parker;
use pyaltt_core::{
    Clock, Context, Exit, ExitReason, Flow, ManualClock, Restart, State, Then, Tick, Waited, looped, queue,
};
use testkit::{Probe, failed};

use super::{LONG, MILLIS, Rig, SECOND, backoff, exact, printer, wait_for};

/// A manual clock that counts how often a thread goes to sleep by it. A sleep that ends early is followed by another
/// one, so the count shows every wake-up.
#[derive(Clone, Debug, Default)]
struct Sleeps(ManualClock, Arc<AtomicU64>);

impl Clock for Sleeps {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn epoch(&self) -> Instant {
        self.0.epoch()
    }

    fn park(&self, parker: &Parker, deadline: Option<Instant>) {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.park(parker, deadline);
    }

    fn spin(&self, parker: &Parker, until: Instant, interrupted: &dyn Fn() -> bool) -> Waited {
        self.0.spin(parker, until, interrupted)
    }
}

#[apply(bounded)]
fn r1_a_worker_that_always_fails_makes_28_attempts_in_10_minutes_and_no_wake_up_between_them() {
    let clock = Sleeps::default();
    let attempts = Probe::new();
    let (seen, time) = (attempts.clone(), clock.0.clone());
    let worker = looped(move |_tick: Tick, _cx| {
        seen.add(time.elapsed());
        Err::<(), _>("no paper")
    })
    .restart(exact())
    .clock(clock.clone())
    .start()
    .unwrap();
    let mut want = vec![Duration::ZERO];
    let mut doubled = 100 * MILLIS;
    while clock.0.elapsed() < 600 * SECOND {
        assert_eq!(clock.0.advance_to_next(), doubled);
        want.push(clock.0.elapsed());
        doubled = (2 * doubled).min(30 * SECOND);
    }
    // The last of them is past the ten minutes.
    want.pop();
    clock.0.wait_for_sleepers(1);
    let attempts = attempts.all();
    assert_eq!((attempts.len(), &attempts[..want.len()]), (29, &*want));
    assert_eq!(want.len(), 28);
    // One sleep for each backoff, the one that it is in included.
    assert_eq!(clock.1.load(Ordering::SeqCst), 29);
    let exit = worker.stop().unwrap();
    assert_eq!((exit.run, exit.restarts, worker.stats().restarts), (29, 28, 28));
}

#[apply(bounded)]
fn r1_nothing_but_what_ends_a_backoff_wakes_the_thread_that_waits() {
    let clock = Sleeps::default();
    let worker = printer().restart(exact()).clock(clock.clone()).start().unwrap();
    worker.put(0).unwrap();
    wait_for(&worker, State::Waiting);
    clock.0.wait_for_sleepers(1);
    let before = clock.1.load(Ordering::SeqCst);
    for task in 1..=1_000 {
        worker.put(task).unwrap();
        assert_eq!((worker.state(), worker.is_active(), worker.stats().runs), (State::Waiting, false, 1));
        drop((worker.last_exit(), worker.ended(), worker.clone(), worker.wait_timeout(Duration::ZERO)));
    }
    clock.0.advance(99 * MILLIS);
    clock.0.wait_for_sleepers(1);
    assert_eq!((clock.1.load(Ordering::SeqCst), worker.len()), (before, 1_000));
    clock.0.advance(MILLIS);
    wait_for(&worker, State::Active);
    assert_eq!(worker.drain().unwrap().turns, 1_000);
}

#[apply(bounded)]
fn r2_starts_that_succeed_and_healthy_runs_give_nothing_of_the_budget_back() {
    let rig = Rig::new(exact().max(3, LONG));
    for restart in 0..3 {
        rig.clock.advance(600 * SECOND);
        let exit = rig.fail();
        // The run was healthy, so the doubling begins anew, and the budget does not.
        assert_eq!((backoff(&exit), exit.restarts), (100 * MILLIS, restart));
        rig.restart();
    }
    rig.clock.advance(600 * SECOND);
    let exit = rig.fail();
    assert_eq!(exit.then, Then::GaveUp { restarts: 3, within: LONG });
    assert_eq!(failed(rig.worker.wait()).then, exit.then);
    assert_eq!((rig.worker.state(), rig.worker.stats().runs), (State::Stopped, 4));

    // What was put stays, and a new life has a full budget.
    assert!(rig.worker.put(7).is_err());
    rig.worker.start().unwrap();
    let exit = rig.fail();
    assert_eq!((exit.run, exit.restarts, backoff(&exit)), (5, 0, 100 * MILLIS));
    rig.worker.stop().unwrap();
}

#[apply(bounded)]
fn r3_the_window_of_the_budget_is_exact_at_its_edge() {
    let within = 60 * SECOND;
    let nanosecond = Duration::from_nanos(1);
    let just_short = within.saturating_sub(nanosecond);
    // The third failure comes when the first restart is still in the window, or no longer.
    for (gap, is_over) in [(Duration::ZERO, false), (nanosecond, true)] {
        let rig = Rig::new(exact().backoff(Duration::ZERO).max(2, within));
        assert_eq!(backoff(&rig.fail()), Duration::ZERO);
        rig.clock.advance(just_short);
        assert_eq!(backoff(&rig.fail()), Duration::ZERO);
        rig.clock.advance(gap);
        let third = rig.fail();
        assert_eq!(matches!(third.then, Then::Again { .. }), is_over, "{third:?}");
        if is_over {
            // Now the second and the third are in it.
            assert!(matches!(rig.fail().then, Then::GaveUp { .. }));
        }
    }
}

#[apply(bounded)]
fn healthy_after_is_measured_from_the_first_moment_of_a_run_that_is_ready_by_the_workers_clock() {
    let rig = Rig::new(exact().healthy_after(10 * SECOND));
    let lasts = |time: Duration| {
        rig.clock.advance(time);
        let exit = rig.fail();
        rig.restart();
        backoff(&exit).as_millis()
    };
    let just_short = (10 * SECOND).saturating_sub(Duration::from_nanos(1));
    let times = [Duration::ZERO, just_short, just_short, 10 * SECOND, just_short, LONG];
    assert_eq!(times.map(lasts), [100, 200, 400, 100, 200, 100]);
}

#[apply(bounded)]
fn a_slow_start_is_no_healthy_run() {
    // The time that `before_start` takes does not count, whether it succeeds or not.
    let clock = ManualClock::new();
    let (time, exits) = (clock.clone(), Probe::new());
    let seen = exits.clone();
    let worker = queue(|_task: u32, _cx| Err::<(), _>("no paper"))
        .before_start(move |cx: &mut Context| {
            time.advance(LONG);
            if cx.run_number().is_multiple_of(2) { Err("no power".into()) } else { Ok(()) }
        })
        .restart(exact().healthy_after(SECOND))
        .on_exit(move |exit| seen.add(exit.clone()))
        .clock(clock.clone())
        .start()
        .unwrap();
    let mut backoffs = Vec::new();
    for run in 1..=6 {
        if run % 2 == 1 {
            worker.put(0).unwrap();
        }
        let exit: Exit = exits.next();
        backoffs.push(backoff(&exit).as_millis());
        assert_eq!((exit.run, exit.turns), (run, run % 2));
        clock.advance_to_next();
    }
    assert_eq!(backoffs, [100, 200, 400, 800, 1_600, 3_200]);
}

#[apply(bounded)]
fn r10_ends_that_are_no_failures_spend_nothing_of_the_budget() {
    let rig = Rig::new(exact().max(1, LONG));
    // Lives that end without a failure: stopped, terminated, drained.
    let ends: [fn(&Rig); 3] =
        [|rig| rig.worker.signal_stop(), |rig| rig.worker.terminate(), |rig| rig.worker.signal_drain()];
    for end in ends {
        end(&rig);
        rig.worker.wait().unwrap();
        assert_eq!(rig.exits.next().then, Then::Rest);
        rig.worker.start().unwrap();
    }
    assert_eq!(backoff(&rig.fail()), 100 * MILLIS);
    rig.restart();
    assert!(matches!(rig.fail().then, Then::GaveUp { restarts: 1, .. }));
}

#[apply(bounded)]
fn r10_a_run_that_finishes_ends_the_life_on_failure_and_counts_as_a_restart_under_always() {
    let finishes = || queue(|_task: u32, _cx| Flow::Stop);
    let rig = Rig::of(finishes(), exact().max(1, LONG));
    rig.worker.put(1).unwrap();
    let exit = rig.worker.wait().unwrap();
    assert_eq!((exit.reason, exit.then, exit.restarts), (ExitReason::Finished, Then::Rest, 0));

    let rig = Rig::of(finishes(), Restart::always().jitter(0.0).max(1, LONG));
    (0..3).for_each(|task| rig.worker.put(task).unwrap());
    assert_eq!(backoff(&rig.exits.next()), 100 * MILLIS);
    rig.end_backoff();
    let exit = rig.worker.wait().unwrap();
    let gave_up = Then::GaveUp { restarts: 1, within: LONG };
    assert_eq!((exit.reason, exit.then, exit.pending), (ExitReason::Finished, gave_up, 1));
    // It has not failed, so its queue is open.
    rig.worker.put(3).unwrap();
    assert_eq!(rig.worker.take_pending(), [2, 3]);
}

#[apply(bounded)]
fn r16_workers_that_fail_in_the_same_instant_are_spread_over_the_backoff_and_need_no_further_thread() {
    const WORKERS: usize = 300;
    let (clock, exits, threads) = (ManualClock::new(), Probe::new(), Probe::new());
    let workers: Vec<_> = (0..WORKERS)
        .map(|number| {
            let (exits, threads) = (exits.clone(), threads.clone());
            let worker = queue(|_task: u32, _cx| Err::<(), _>("no paper"))
                .before_start(move |_cx| {
                    threads.add((number, thread::current().id()));
                    Ok(())
                })
                .restart(Restart::on_failure().backoff(100 * SECOND))
                .on_exit(move |exit: &Exit| exits.add(backoff(exit)))
                .stack_size(128 * 1024)
                .clock(clock.clone())
                .start()
                .unwrap();
            worker.put(0).unwrap();
            worker
        })
        .collect();
    let mut backoffs: Vec<_> = (0..WORKERS).map(|_| exits.next()).collect();
    backoffs.sort_unstable();
    assert!(backoffs[0] >= 90 * SECOND && backoffs[WORKERS - 1] <= 110 * SECOND, "{backoffs:?}");
    // Each tenth of the twenty seconds has its share: of 30 expected, less than 5 in one of ten is a chance of one in
    // a hundred million.
    for tenth in 0..10 {
        let began = 90 * SECOND + tenth * 2 * SECOND;
        let share = backoffs.iter().filter(|after| (began..began + 2 * SECOND).contains(after)).count();
        assert!(share >= 5, "{share} in tenth {tenth}");
    }
    let mut first: Vec<_> = threads.all();
    clock.wait_for_sleepers(WORKERS);
    clock.advance(110 * SECOND);
    let mut second: Vec<_> = (0..WORKERS).map(|_| threads.next()).collect();
    first.sort_unstable_by_key(|(number, _)| *number);
    second.sort_unstable_by_key(|(number, _)| *number);
    assert_eq!(first, second, "each runs on the thread that it had");
    for worker in &workers {
        worker.signal_stop();
    }
    for worker in &workers {
        assert_eq!(worker.stop().unwrap().run, 2);
    }
}
