//! The pace of looped workers where something is odd: strategies that return early, and turns that change the pace.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pyaltt::timing::{Parker, WaitContext};
use pyaltt_core::{
    BackgroundWorker, BoxError, BuildError, Clock, Context, ExitReason, Flow, Inbox, IntoTurn, LoopedBuilder,
    ManualClock, Stats, Strategy, Tick, Turn, Waited, Worker, WorkerError, event, looped, queue,
};
use testkit::Probe;

const MS: Duration = Duration::from_millis(1);

/// Returns early from every wait: some time before the deadline or at once, with one answer or the other.
#[derive(Clone)]
struct Early {
    parks: bool,
    answer: Waited,
    asked: Arc<AtomicU64>,
}

impl Early {
    fn all() -> Vec<Self> {
        let early = |parks, answer| Self { parks, answer, asked: Arc::default() };
        let answers = [Waited::Due, Waited::Interrupted];
        answers.into_iter().flat_map(|answer| [early(true, answer), early(false, answer)]).collect()
    }
}

impl Strategy for Early {
    fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.parks {
            cx.park(deadline.and_then(|deadline| deadline.checked_sub(MS)));
        }
        self.answer
    }
}

/// Number 10, f19: the run ended as Finished, as if the worker had wanted it.
#[apply(bounded)]
fn a_strategy_that_returns_early_neither_ends_the_run_nor_makes_an_early_tick() {
    for early in Early::all() {
        let (clock, ticks) = (ManualClock::new(), Probe::new());
        let (sink, time) = (ticks.clone(), clock.clone());
        let worker = looped(move |tick: Tick, _cx| sink.add((time.elapsed(), tick.late)))
            .interval(20 * MS)
            .delay_before(20 * MS)
            .clock(clock.clone())
            .strategy(early.clone())
            .start()
            .unwrap();
        for n in 1..=5 {
            while clock.elapsed() < n * 20 * MS {
                clock.advance_to_next();
            }
            assert_eq!(ticks.next(), (n * 20 * MS, Duration::ZERO));
        }
        // Once for each deadline, the current one among them: it does not spin.
        clock.wait_for_sleepers(1);
        assert_eq!(early.asked.load(Ordering::SeqCst), 6);
        let exit = worker.stop().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 5));
    }
}

#[apply(bounded)]
fn a_strategy_that_returns_early_does_not_end_a_wait_that_has_no_deadline() {
    for answer in [Waited::Due, Waited::Interrupted] {
        let early = Early { parks: false, answer, asked: Arc::default() };
        let clock = ManualClock::new();
        let worker = looped(|_tick, _cx| ()).delay(Duration::MAX).clock(clock.clone()).strategy(early);
        let worker = worker.start().unwrap();
        clock.wait_for_sleepers(1);
        let exit = worker.stop().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1));
    }
}

#[apply(bounded)]
fn a_strategy_that_returns_early_does_not_shorten_next_deadline() {
    struct Impatient(ManualClock, Probe<Duration>);
    impl Worker for Impatient {
        type Task = Tick;
        fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
        fn r#loop(&mut self, inbox: &mut Inbox<Tick>) -> Result<(), BoxError> {
            let start = inbox.next().ok_or("no first tick")?.scheduled;
            let _ = inbox.next_deadline(start + 4 * MS);
            self.1.add(self.0.elapsed());
            let _ = inbox.next_deadline(start + 40 * MS);
            self.1.add(self.0.elapsed());
            Ok(())
        }
    }
    for early in Early::all() {
        let (clock, returned) = (ManualClock::new(), Probe::new());
        let worker = BackgroundWorker::builder(Impatient(clock.clone(), returned.clone()))
            .clock(clock.clone())
            .interval(10 * MS)
            .strategy(early)
            .start()
            .unwrap();
        for until in [4 * MS, 10 * MS] {
            while clock.elapsed() < until {
                clock.advance_to_next();
            }
            assert_eq!(returned.next(), until);
        }
        assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
    }
}

/// A clock that its only sleeper moves: to sleep until a deadline is to be there.
#[derive(Clone, Debug, Default)]
struct Hasty(ManualClock);

impl Clock for Hasty {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn epoch(&self) -> Instant {
        self.0.epoch()
    }

    fn park(&self, parker: &Parker, deadline: Option<Instant>) {
        match deadline {
            Some(deadline) => self.0.advance(deadline.saturating_duration_since(self.now())),
            None => parker.park(),
        }
    }

    fn spin(&self, parker: &Parker, until: Instant, _interrupted: &dyn Fn() -> bool) -> Waited {
        self.park(parker, Some(until));
        Waited::Due
    }
}

/// Where a turn began, in ms, and which tick it was and how many were missed before it.
type Row = (u128, u64, u64);

/// Runs turns until one of them stops the worker, and returns where they began.
fn rows<R: IntoTurn + 'static>(
    build: impl FnOnce(LoopedBuilder) -> LoopedBuilder,
    mut turn: impl FnMut(Tick, &Context, &ManualClock) -> R + Send + 'static,
) -> (Vec<Row>, Stats) {
    let (clock, rows) = (Hasty::default(), Probe::new());
    let (sink, time) = (rows.clone(), clock.0.clone());
    let worker = looped(move |tick: Tick, cx| {
        sink.add((time.elapsed().as_millis(), tick.index, tick.missed));
        turn(tick, cx, &time)
    });
    let worker = build(worker.clock(clock)).start().unwrap();
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
    (rows.all(), worker.stats())
}

/// Number 17.
#[apply(bounded)]
fn a_new_interval_holds_from_the_current_turn_on_and_stays_exact() {
    let (rows, stats) = rows(
        |builder| builder.interval(10 * MS),
        |tick, cx, clock| {
            if tick.index == 2 {
                // The turn is 1 ms old by then, which moves nothing.
                clock.advance(MS);
                cx.set_interval(3 * MS).unwrap();
            }
            tick.index < 5
        },
    );
    assert_eq!(rows, [(0, 0, 0), (10, 1, 0), (20, 2, 0), (23, 3, 0), (26, 4, 0), (29, 5, 0)]);
    assert_eq!((stats.missed, stats.lateness.max), (0, Duration::ZERO));
}

#[apply(bounded)]
fn slots_of_a_new_interval_that_have_passed_are_not_missed() {
    let (rows, stats) = rows(
        |builder| builder.interval(100 * MS),
        |tick, cx, clock| {
            if tick.index == 0 {
                clock.advance(42 * MS);
                cx.set_interval(5 * MS).unwrap();
            }
            tick.index < 2
        },
    );
    assert_eq!((rows, stats.missed), (vec![(0, 0, 0), (45, 1, 0), (50, 2, 0)], 0));
}

#[apply(bounded)]
fn overruns_are_counted_by_the_new_interval() {
    let (_, stats) = rows(
        |builder| builder.interval(10 * MS),
        |tick, cx, clock| {
            clock.advance(6 * MS);
            if tick.index == 1 {
                cx.set_interval(5 * MS).unwrap();
            }
            cx.turn_number() < 5
        },
    );
    assert_eq!((stats.turns, stats.overruns), (5, 3));
}

#[apply(bounded)]
fn next_in_puts_off_one_turn_and_misses_none() {
    let (rows, stats) = rows(
        |builder| builder.interval(10 * MS),
        |tick, cx, clock| {
            if tick.index == 1 {
                clock.advance(2 * MS);
                cx.next_in(23 * MS).unwrap();
            }
            tick.index < 4
        },
    );
    // From 12 on 23 ms, and then back on the grid.
    assert_eq!(rows, [(0, 0, 0), (10, 1, 0), (35, 2, 0), (40, 3, 0), (50, 4, 0)]);
    assert_eq!((stats.missed, stats.lateness.max, stats.overruns), (0, Duration::ZERO, 0));
    assert!(stats.run_time.max < 3 * MS, "the wait is no run time");
}

#[apply(bounded)]
fn next_in_works_with_delays_without_a_schedule_and_sooner_than_the_interval() {
    let backs_off = |tick: Tick, cx: &Context, _: &ManualClock| {
        if tick.index == 1 {
            cx.next_in(7 * MS).unwrap();
        }
        tick.index < 3
    };
    let (delayed, _) = rows(|builder| builder.delay(4 * MS), backs_off);
    assert_eq!(delayed, [(0, 0, 0), (4, 1, 0), (11, 2, 0), (15, 3, 0)]);
    let (continuous, _) = rows(|builder| builder, backs_off);
    assert_eq!(continuous, [(0, 0, 0), (0, 1, 0), (7, 2, 0), (7, 3, 0)]);
    let (sooner, _) = rows(|builder| builder.interval(20 * MS), backs_off);
    assert_eq!(sooner, [(0, 0, 0), (20, 1, 0), (27, 2, 0), (40, 3, 0)]);
}

#[apply(bounded)]
fn both_in_one_turn_combine_and_the_last_call_of_each_counts() {
    for swapped in [false, true] {
        let (rows, _) = rows(
            |builder| builder.interval(10 * MS),
            move |tick, cx, _| {
                if tick.index == 0 {
                    cx.next_in(99 * MS).unwrap();
                    cx.set_interval(77 * MS).unwrap();
                    let calls = [|cx: &Context| cx.set_interval(4 * MS), |cx: &Context| cx.next_in(9 * MS)];
                    let order = if swapped { [1, 0] } else { [0, 1] };
                    for call in order {
                        calls[call](cx).unwrap();
                    }
                }
                tick.index < 3
            },
        );
        assert_eq!(rows, [(0, 0, 0), (9, 1, 0), (12, 2, 0), (16, 3, 0)]);
    }
}

#[apply(bounded)]
fn hooks_and_loops_of_the_users_own_change_the_pace_as_turns_do() {
    struct Own(Probe<Duration>, ManualClock);
    impl Worker for Own {
        type Task = Tick;
        fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
            cx.next_in(3 * MS)?;
            Ok(cx.set_interval(5 * MS)?)
        }
        fn run(&mut self, _tick: Tick, cx: &mut Context) -> Turn {
            self.0.add(self.1.elapsed());
            if cx.turn_number() == 4 { Ok(Flow::Stop) } else { Err("backs off".into()) }
        }
        fn on_error(&mut self, _error: &WorkerError, cx: &mut Context) -> Flow {
            if cx.turn_number() == 2 {
                cx.next_in(100 * MS).unwrap();
            }
            Flow::Continue
        }
        fn r#loop(&mut self, inbox: &mut Inbox<Tick>) -> Result<(), BoxError> {
            while let Some(tick) = inbox.next() {
                if inbox.turn(self, tick).is_break() {
                    break;
                }
                if inbox.context().turn_number() == 3 {
                    inbox.context().set_interval(50 * MS)?;
                }
            }
            Ok(())
        }
    }
    let (clock, at) = (Hasty::default(), Probe::new());
    let worker = BackgroundWorker::builder(Own(at.clone(), clock.0.clone())).clock(clock);
    let worker = worker.delay_before(2 * MS).start().unwrap();
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
    // The grid of 5 ms begins at 2, and the first turn was put off to 3.
    assert_eq!(at.all(), [3, 7, 107, 157].map(|ms| ms * MS));
}

#[apply(bounded)]
fn the_next_run_begins_with_the_pace_of_the_builder() {
    let (clock, at) = (Hasty::default(), Probe::new());
    let (sink, time) = (at.clone(), clock.0.clone());
    let worker = looped(move |tick: Tick, cx| {
        sink.add(time.elapsed());
        if cx.run_number() == 1 && tick.index == 1 {
            cx.set_interval(MS).unwrap();
            cx.next_in(1_000 * MS).unwrap();
        }
        tick.index < 1
    });
    let worker = worker.interval(10 * MS).clock(clock).build().unwrap();
    for _ in 0..2 {
        worker.start().unwrap();
        worker.wait().unwrap();
    }
    assert_eq!(at.all(), [0, 10, 10, 20].map(|ms| ms * MS));
}

#[apply(bounded)]
fn a_stop_ends_a_wait_that_a_turn_has_asked_for() {
    let clock = ManualClock::new();
    let worker = looped(|_tick, cx| cx.next_in(Duration::MAX).map_err(BoxError::from));
    let worker = worker.interval(MS).clock(clock.clone()).start().unwrap();
    clock.wait_for_sleepers(1);
    let exit = worker.stop().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1));
}

#[apply(bounded)]
fn zero_and_workers_of_other_kinds_are_typed_errors() {
    let errors = Probe::new();
    let sink = errors.clone();
    let ask = move |cx: &Context| {
        for error in [cx.set_interval(Duration::ZERO), cx.next_in(Duration::ZERO), cx.set_interval(MS)] {
            sink.add(error.err());
        }
    };
    let texts =
        || -> Vec<_> { errors.all().into_iter().map(|e| e.map(|e: BuildError| e.to_string())).collect() };

    let asks = ask.clone();
    let worker = looped(move |_tick, cx: &mut Context| asks(cx)).name("l").interval(1_000 * MS);
    let worker = worker.clock(ManualClock::new()).start().unwrap();
    errors.wait_for(3);
    worker.stop().unwrap();
    let zero = |call| Some(format!("worker \"l\": option `{call}` is 0ns; allowed: longer than zero"));
    assert_eq!(texts(), [zero("set_interval"), zero("next_in"), None]);

    let asks = ask.clone();
    let queued = queue(move |_task: u8, cx: &mut Context| asks(cx)).name("q").start().unwrap();
    queued.put(1).unwrap();
    queued.drain().unwrap();
    let other = |call, given| {
        Some(format!("worker \"q\": option `{call}` is {given}; allowed: only on a looped worker"))
    };
    assert_eq!(
        texts(),
        [other("set_interval", "0ns"), other("next_in", "0ns"), other("set_interval", "1ms")]
    );

    let alarm = event(move |_trigger, cx: &mut Context| ask(cx)).name("e").start().unwrap();
    alarm.trigger();
    errors.wait_for(3);
    alarm.stop().unwrap();
    assert!(errors.all().into_iter().all(|error| error.is_some_and(|error| error.worker() == "e")));
}
