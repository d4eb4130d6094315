//! Looped workers, with the manual clock.

use std::thread;
use std::time::Duration;

use pyaltt_core::{
    BackgroundWorker, BoxError, Context, ExitReason, Flow, Inbox, ManualClock, MissedTick, NoTask, Poll,
    Start, Tick, Turn, Worker, looped,
};
use testkit::{Probe, Turnstile};

const MS: Duration = Duration::from_millis(1);

/// A tick as a row of a table: its index, its lateness in ms, the missed ticks.
fn row(tick: Tick) -> (u64, u128, u64) {
    (tick.index, tick.late.as_millis(), tick.missed)
}

#[apply(bounded)]
fn an_interval_is_an_exact_grid_without_drift() {
    let clock = ManualClock::new();
    let (ticks, sink) = (Probe::new(), Probe::new());
    let (tick_sink, clock2) = (ticks.clone(), clock.clone());
    let worker = looped(move |tick, _cx| {
        // Each turn takes 3 ms, which does not move the grid.
        clock2.advance(3 * MS);
        tick_sink.add(tick.scheduled);
        sink.add(());
    })
    .clock(clock.clone())
    .interval(10 * MS)
    .start()
    .unwrap();
    let first = ticks.next();
    for n in 1..1_000 {
        clock.advance_to_next();
        assert_eq!(ticks.next() - first, n * 10 * MS);
    }
    worker.stop().unwrap();
}

#[apply(bounded)]
fn missed_ticks_are_skipped_counted_and_handed_to_the_turn() {
    for (policy, want) in [
        (MissedTick::Skip, [(0, 0, 0), (2, 5, 1), (3, 0, 0)]),
        (MissedTick::CatchUp { max: 9 }, [(0, 0, 0), (1, 15, 0), (2, 5, 0)]),
        (MissedTick::Delay, [(0, 0, 0), (1, 0, 1), (2, 0, 0)]),
    ] {
        let clock = ManualClock::new();
        let (rows, turnstile) = (Probe::new(), Turnstile::new());
        let worker = looped({
            let (rows, turnstile) = (rows.clone(), turnstile.clone());
            move |tick, _cx| {
                rows.add(row(tick));
                turnstile.pass();
            }
        })
        .clock(clock.clone())
        .interval(10 * MS)
        .missed(policy)
        .start()
        .unwrap();
        turnstile.wait();
        clock.advance(25 * MS);
        turnstile.release();
        turnstile.wait();
        turnstile.release();
        if policy != (MissedTick::CatchUp { max: 9 }) {
            clock.advance_to_next();
        }
        turnstile.wait();
        turnstile.release();
        worker.stop().unwrap();
        assert_eq!(rows.all()[..3], want, "{policy:?}");
        let missed: u64 = want.iter().map(|row| row.2).sum();
        assert_eq!(worker.stats().missed, missed);
    }
}

#[apply(bounded)]
fn a_delay_after_counts_from_the_end_of_the_turn() {
    let clock = ManualClock::new();
    let at = Probe::new();
    let worker = looped({
        let (at, clock) = (at.clone(), clock.clone());
        move |_tick, _cx| {
            at.add(clock.elapsed());
            clock.advance(4 * MS);
        }
    })
    .clock(clock.clone())
    .delay(10 * MS)
    .start()
    .unwrap();
    assert_eq!(at.next(), Duration::ZERO);
    for n in 1..5 {
        assert_eq!(clock.advance_to_next(), 10 * MS);
        assert_eq!(at.next(), n * 14 * MS);
    }
    worker.stop().unwrap();
}

#[apply(bounded)]
fn a_delay_before_comes_before_every_turn_also_the_first() {
    let clock = ManualClock::new();
    let at = Probe::new();
    let worker = looped({
        let (at, clock) = (at.clone(), clock.clone());
        move |_tick, _cx| at.add(clock.elapsed())
    })
    .clock(clock.clone())
    .delay_before(7 * MS)
    .delay_after(3 * MS)
    .start()
    .unwrap();
    clock.advance_to_next();
    assert_eq!(at.next(), 7 * MS);
    clock.advance_to_next();
    assert_eq!(at.next(), 17 * MS);
    worker.stop().unwrap();
}

#[apply(bounded)]
fn a_poll_delay_rounds_deadlines_up_to_its_multiples() {
    let clock = ManualClock::new();
    let at = Probe::new();
    let polled = |by: &str| {
        let (sink, own) = (at.clone(), clock.clone());
        let builder =
            looped(move |_tick, _cx| sink.add(own.elapsed())).clock(clock.clone()).interval(30 * MS);
        match by {
            "poll_delay" => builder.poll_delay(100 * MS),
            _ => builder.strategy(Poll::new(100 * MS).unwrap()),
        }
    };
    for by in ["poll_delay", "strategy"] {
        let began = clock.elapsed();
        let worker = polled(by).start().unwrap();
        assert_eq!(at.next(), began);
        clock.advance_to_next();
        let woke = at.next();
        assert_eq!(woke.as_millis() % 100, 0, "{by}");
        assert!(woke >= began + 30 * MS);
        worker.stop().unwrap();
    }
}

#[apply(bounded)]
fn realtime_waits_for_the_deadline_and_not_for_its_margin() {
    let clock = ManualClock::new();
    let late = Probe::new();
    let worker = looped({
        let late = late.clone();
        move |tick: Tick, _cx| late.add((tick.index, tick.late))
    })
    .clock(clock.clone())
    .interval(10 * MS)
    .realtime(true)
    .start()
    .unwrap();
    assert_eq!(late.next(), (0, Duration::ZERO));
    // First to the beginning of the margin, then to the deadline. On a single processor there is no margin, because
    // nobody spins there.
    clock.advance_to_next();
    if thread::available_parallelism().is_ok_and(|processors| processors.get() > 1) {
        assert!(clock.elapsed() < 10 * MS);
        clock.advance_to_next();
    }
    assert_eq!(clock.elapsed(), 10 * MS);
    assert_eq!(late.next(), (1, Duration::ZERO));
    worker.stop().unwrap();
}

#[apply(bounded)]
fn a_stop_ends_any_wait_at_once() {
    // None of these deadlines ever comes, so a stop that waits for one would hang.
    let year = Duration::from_secs(365 * 86_400);
    let never = Duration::MAX;
    let clock = ManualClock::new();
    let builder = || {
        let clock = clock.clone();
        looped(|_tick, _cx| ()).clock(clock)
    };
    let workers = [
        builder().interval(year),
        builder().interval(year).realtime(true),
        builder().interval(year).poll_delay(year),
        builder().delay(never),
        builder().delay_before(never),
        builder().interval(never),
    ];
    for (n, worker) in workers.into_iter().enumerate() {
        let worker = worker.start().unwrap();
        assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped, "worker {n}");
    }
}

#[apply(bounded)]
fn without_a_schedule_turn_follows_turn() {
    let worker = looped(|_tick, cx| cx.turn_number() < 1_000).start().unwrap();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 1_000));
}

#[apply(bounded)]
fn a_worker_that_is_no_function_keeps_its_state_and_is_given_back() {
    struct Counter(u32);
    impl Worker for Counter {
        type Task = Tick;
        fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
            self.0 += 1;
            Ok(if self.0.is_multiple_of(3) { Flow::Stop } else { Flow::Continue })
        }
    }
    let worker = BackgroundWorker::builder(Counter(0)).build().unwrap();
    assert_eq!(worker.name(), "Counter");
    for _ in 0..2 {
        worker.start().unwrap();
        worker.wait().unwrap();
    }
    let clone = worker.clone();
    assert_eq!(worker.into_inner::<Counter>().unwrap().0, 6);
    assert!(clone.into_inner::<Counter>().is_err());
}

#[apply(bounded)]
fn an_overridden_loop_takes_turns_as_it_likes() {
    struct Polls {
        empty: u32,
        ticks: u32,
        clock: ManualClock,
    }
    impl Worker for Polls {
        type Task = Tick;
        fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
            self.ticks += 1;
            Ok(Flow::Continue)
        }
        fn r#loop(&mut self, inbox: &mut Inbox<Tick>) -> Result<(), BoxError> {
            while self.ticks < 3 {
                if let Ok(tick) = inbox.try_next() {
                    assert!(inbox.turn(self, tick).is_continue());
                } else {
                    self.empty += 1;
                    self.clock.advance(5 * MS);
                }
            }
            Ok(())
        }
    }
    let clock = ManualClock::new();
    let polls = Polls { empty: 0, ticks: 0, clock: clock.clone() };
    let worker = BackgroundWorker::builder(polls).clock(clock).interval(10 * MS).start().unwrap();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 3));
    // Two intervals of 10 ms, checked every 5 ms.
    assert_eq!(worker.into_inner::<Polls>().unwrap().empty, 4);
}

#[apply(bounded)]
fn next_deadline_gives_up_at_the_deadline_and_the_tick_still_comes() {
    struct Impatient(Probe<&'static str>);
    impl Worker for Impatient {
        type Task = Tick;
        fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
        fn r#loop(&mut self, inbox: &mut Inbox<Tick>) -> Result<(), BoxError> {
            let start = inbox.next().unwrap().scheduled;
            assert_eq!(inbox.next_deadline(start + 4 * MS), Err(NoTask::NotYet));
            self.0.add("gave up");
            assert_eq!(inbox.next_deadline(start + 40 * MS).unwrap().index, 1);
            self.0.add("ticked");
            Ok(())
        }
    }
    let (clock, sink) = (ManualClock::new(), Probe::new());
    let worker = BackgroundWorker::builder(Impatient(sink.clone()))
        .clock(clock.clone())
        .interval(10 * MS)
        .start()
        .unwrap();
    assert_eq!(clock.advance_to_next(), 4 * MS);
    assert_eq!(sink.next(), "gave up");
    assert_eq!(clock.advance_to_next(), 6 * MS);
    assert_eq!(sink.next(), "ticked");
    assert_eq!(worker.wait().unwrap().error.map(|e| e.to_string()), None);
}

#[apply(bounded)]
fn a_restart_begins_the_grid_anew() {
    let clock = ManualClock::new();
    let rows = Probe::new();
    let worker = looped({
        let rows = rows.clone();
        move |tick, _cx| rows.add(row(tick))
    })
    .clock(clock.clone())
    .interval(10 * MS)
    .build()
    .unwrap();
    for _ in 0..3 {
        worker.start().unwrap();
        assert_eq!(rows.next(), (0, 0, 0));
        clock.advance_to_next();
        assert_eq!(rows.next(), (1, 0, 0));
        worker.stop().unwrap();
        clock.advance(35 * MS);
    }
}

#[apply(bounded)]
fn statistics_hold_lateness_and_run_time() {
    let clock = ManualClock::new();
    let done = Probe::new();
    let worker = looped({
        let (done, clock) = (done.clone(), clock.clone());
        move |_tick, _cx| {
            clock.advance(2 * MS);
            done.add(());
        }
    })
    .clock(clock.clone())
    .interval(10 * MS)
    .build()
    .unwrap();
    worker.start_with(Start::new()).unwrap();
    done.next();
    for _ in 0..9 {
        clock.advance_to_next();
        done.next();
    }
    worker.stop().unwrap();
    let stats = worker.stats();
    assert_eq!((stats.turns, stats.lateness.count, stats.run_time.count), (10, 10, 10));
    assert_eq!((stats.lateness.max, stats.missed), (Duration::ZERO, 0));
    assert_eq!(stats.run_time.min.as_micros() / 10, 200 - 1, "two digits of 2 ms");
}

/// Number 13: a worker that stands still for 41 ms at 1 kHz is less than 1 ms late by `lateness`.
#[apply(bounded)]
fn a_long_gap_and_overruns_stand_in_the_statistics() {
    let clock = ManualClock::new();
    let done = Probe::new();
    let worker = looped({
        let (done, clock) = (done.clone(), clock.clone());
        move |tick: Tick, _cx| {
            let takes = if tick.index == 2 { MS * 413 / 10 } else { MS / 10 };
            clock.advance(takes);
            done.add(tick.index);
        }
    })
    .clock(clock.clone())
    .interval(MS)
    .build()
    .unwrap();
    for run in 1..=2 {
        worker.start().unwrap();
        // Two runs are no gap: nobody wanted a turn between them.
        for index in [0, 1, 2, 43, 44] {
            assert_eq!(done.next(), index, "run {run}");
            if index != 2 {
                clock.advance_to_next();
            }
        }
        assert_eq!(done.next(), 45);
        worker.stop().unwrap();
        clock.advance(1_000 * MS);
        let stats = worker.stats();
        assert_eq!((stats.overruns, stats.missed, stats.longest_gap), (run, 40 * run, MS * 413 / 10));
        assert!(stats.lateness.max < MS);
    }
}

#[apply(bounded)]
fn without_an_interval_no_turn_overruns_and_no_gap_is_too_long() {
    let clock = ManualClock::new();
    let time = clock.clone();
    let worker = looped(move |_tick, cx| {
        time.advance(1_000 * MS);
        cx.turn_number() < 3
    });
    let worker = worker.clock(clock).start().unwrap();
    worker.wait().unwrap();
    let stats = worker.stats();
    assert_eq!((stats.overruns, stats.longest_gap), (0, Duration::ZERO));
}

#[apply(bounded)]
fn a_suspend_makes_no_burst_and_stands_in_the_statistics() {
    let clock = ManualClock::new();
    // Suspends before the worker was built do not count.
    clock.suspend(Duration::from_secs(7));
    let rows = Probe::new();
    let worker = looped({
        let rows = rows.clone();
        move |tick, _cx| rows.add(row(tick))
    })
    .clock(clock.clone())
    .interval(10 * MS)
    .start()
    .unwrap();
    assert_eq!(rows.next(), (0, 0, 0));
    clock.suspend(Duration::from_secs(3600));
    clock.advance_to_next();
    assert_eq!(rows.next(), (1, 0, 0));
    worker.stop().unwrap();
    assert_eq!((worker.stats().suspended, worker.stats().missed), (Duration::from_secs(3600), 0));
}
