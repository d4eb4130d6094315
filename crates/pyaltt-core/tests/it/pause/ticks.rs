//! The ticks of a looped worker that is paused: no burst, the phase is kept, nothing is missed.

use std::time::{Duration, Instant};

use pyaltt::timing::WaitContext;
use pyaltt_core::{
    BackgroundWorker, BoxError, Context, Flow, Inbox, LoopedBuilder, ManualClock, MissedTick, NoTask,
    Strategy, Tick, Turn, Waited, Worker, looped,
};
use testkit::{Probe, Turnstile};

use super::LONG;

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

/// What a tick shows: the time by the clock, and the tick.
type Ticks = Probe<(Duration, Tick)>;

/// A worker by a manual clock that shows its ticks.
fn ticking(options: impl Fn(LoopedBuilder) -> LoopedBuilder) -> (BackgroundWorker, ManualClock, Ticks) {
    let (clock, ticks) = (ManualClock::new(), Ticks::new());
    let (time, sink) = (clock.clone(), ticks.clone());
    let worker = looped(move |tick: Tick, _cx| sink.add((time.elapsed(), tick))).clock(clock.clone());
    let worker = options(worker).start().unwrap();
    (worker, clock, ticks)
}

/// Moves the clock from one deadline to the next until then. A strategy may have several for one tick.
fn advance_to(clock: &ManualClock, time: Duration) {
    while clock.elapsed() < time {
        clock.advance_to_next();
    }
}

/// Says that its time has come, whatever has ended its wait.
#[derive(Clone)]
struct Hasty;

impl Strategy for Hasty {
    fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
        while deadline.is_none_or(|deadline| cx.now() < deadline) && !cx.is_interrupted() {
            cx.park(deadline);
        }
        Waited::Due
    }
}

/// Spins through the whole wait.
struct Spins;

impl Strategy for Spins {
    fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
        deadline.map_or(Waited::Interrupted, |deadline| cx.spin(deadline))
    }
}

/// Every strategy, on an interval of 10 ms.
const STRATEGIES: [fn(LoopedBuilder) -> LoopedBuilder; 5] = [
    |builder| builder.interval(10 * MS),
    |builder| builder.interval(10 * MS).poll_delay(10 * MS),
    |builder| builder.interval(10 * MS).realtime(true),
    |builder| builder.interval(10 * MS).strategy(Hasty),
    |builder| builder.interval(10 * MS).strategy(Spins),
];

#[apply(bounded)]
fn w6_an_hours_pause_at_10_ms_makes_no_burst_keeps_the_phase_and_misses_nothing() {
    for missed in [MissedTick::Skip, MissedTick::CatchUp { max: 1000 }, MissedTick::Delay] {
        for strategy in STRATEGIES {
            let (worker, clock, ticks) = ticking(|builder| strategy(builder).missed(missed));
            for n in 0..3 {
                advance_to(&clock, n * 10 * MS);
                assert_eq!(ticks.next().0, n * 10 * MS);
            }
            worker.pause_wait(LONG).unwrap();
            clock.wait_for_sleepers(1);
            clock.advance(HOUR + 3 * MS);
            worker.resume();
            clock.wait_for_sleepers(1);
            assert!(ticks.is_empty(), "no tick is due at {:?}", clock.elapsed());
            for n in 3..6 {
                let due = HOUR + n * 10 * MS;
                advance_to(&clock, due);
                let (at, tick) = ticks.next();
                assert_eq!((at, tick.index, tick.missed, tick.late), (due, u64::from(n), 0, Duration::ZERO));
            }
            let stats = worker.stats();
            assert_eq!((stats.missed, stats.longest_gap), (0, 10 * MS), "a pause is no gap");
            worker.stop().unwrap();
        }
    }
}

#[apply(bounded)]
fn w6_a_pause_between_two_ticks_costs_no_tick() {
    for strategy in STRATEGIES {
        let (worker, clock, ticks) = ticking(strategy);
        ticks.next();
        clock.wait_for_sleepers(1);
        clock.advance(3 * MS);
        // It interrupts the wait of the strategy.
        worker.pause_wait(LONG).unwrap();
        clock.wait_for_sleepers(1);
        clock.advance(3 * MS);
        worker.resume();
        clock.wait_for_sleepers(1);
        assert!(ticks.is_empty());
        advance_to(&clock, 10 * MS);
        let (at, tick) = ticks.next();
        assert_eq!((at, tick.index, tick.missed), (10 * MS, 1, 0));
        worker.stop().unwrap();
    }
}

/// The wait of a strategy is interrupted by a pause that is over before the worker has seen it.
#[apply(bounded)]
fn w6_pauses_that_come_and_go_make_no_tick_early_and_end_no_run() {
    for strategy in STRATEGIES {
        let (worker, clock, ticks) = ticking(strategy);
        ticks.next();
        for _ in 0..2000 {
            worker.pause();
            worker.resume();
        }
        clock.wait_for_sleepers(1);
        assert!(ticks.is_empty() && worker.is_active());
        advance_to(&clock, 10 * MS);
        assert_eq!(ticks.next().0, 10 * MS);
        worker.stop().unwrap();
    }
}

#[apply(bounded)]
fn w6_a_pause_that_ends_when_a_slot_is_due_makes_that_tick() {
    let (worker, clock, ticks) = ticking(STRATEGIES[0]);
    ticks.next();
    worker.pause_wait(LONG).unwrap();
    clock.wait_for_sleepers(1);
    clock.advance(50 * MS);
    worker.resume();
    let (at, tick) = ticks.next();
    assert_eq!((at, tick.late, tick.missed), (50 * MS, Duration::ZERO, 0));
    clock.wait_for_sleepers(1);
    assert!(ticks.is_empty());
    worker.stop().unwrap();
}

#[apply(bounded)]
fn w6_a_delay_that_has_passed_makes_one_turn_at_once() {
    type Options = fn(LoopedBuilder) -> LoopedBuilder;
    let delays: [Options; 2] =
        [|builder| builder.delay(10 * MS), |builder| builder.delay_before(4 * MS).delay_after(6 * MS)];
    for delay in delays {
        let (worker, clock, ticks) = ticking(delay);
        if clock.elapsed().is_zero() && ticks.next_within(10 * MS).is_none() {
            clock.advance_to_next();
            ticks.next();
        }
        let first = clock.elapsed();
        clock.wait_for_sleepers(1);
        worker.pause_wait(LONG).unwrap();
        clock.wait_for_sleepers(1);
        clock.advance(HOUR);
        worker.resume();
        let (at, tick) = ticks.next();
        assert_eq!((at, tick.late, tick.missed), (first + HOUR, Duration::ZERO, 0));
        clock.wait_for_sleepers(1);
        assert!(ticks.is_empty(), "one turn and no more");
        assert_eq!(clock.advance_to_next(), 10 * MS);
        ticks.next();
        worker.stop().unwrap();
    }
}

#[apply(bounded)]
fn w6_a_delay_goes_on_during_a_pause() {
    let (worker, clock, ticks) = ticking(|builder| builder.delay(10 * MS));
    ticks.next();
    clock.wait_for_sleepers(1);
    worker.pause_wait(LONG).unwrap();
    clock.wait_for_sleepers(1);
    clock.advance(4 * MS);
    worker.resume();
    clock.wait_for_sleepers(1);
    while ticks.is_empty() && clock.elapsed() < 10 * MS {
        clock.advance_to_next();
    }
    assert_eq!(ticks.next().0, 10 * MS);
    worker.stop().unwrap();
}

/// A pause that comes in a turn leaves out what that turn overruns as well.
#[apply(bounded)]
fn w6_a_pause_in_a_turn_that_overruns() {
    let (clock, ticks, turnstile) = (ManualClock::new(), Probe::new(), Turnstile::new());
    let (sink, pass, time) = (ticks.clone(), turnstile.clone(), clock.clone());
    let worker = looped(move |tick: Tick, _cx| {
        pass.pass();
        sink.add((time.elapsed(), tick));
    });
    let worker = worker.interval(10 * MS).clock(clock.clone()).start().unwrap();
    turnstile.wait();
    clock.advance(35 * MS);
    worker.pause();
    turnstile.release();
    ticks.next();
    worker.pause_wait(LONG).unwrap();
    clock.wait_for_sleepers(1);
    clock.advance(100 * MS);
    worker.resume();
    clock.wait_for_sleepers(1);
    assert_eq!(clock.advance_to_next(), 5 * MS);
    turnstile.release();
    let (at, tick) = ticks.next();
    assert_eq!((at, tick.index, tick.missed), (140 * MS, 1, 0));
    turnstile.release();
    worker.stop().unwrap();
}

/// A turn that was put off into a pause comes at its end.
#[apply(bounded)]
fn w6_a_backoff_that_ends_in_a_pause() {
    let (clock, ticks) = (ManualClock::new(), Probe::new());
    let (sink, time) = (ticks.clone(), clock.clone());
    let worker = looped(move |tick: Tick, cx| {
        sink.add((time.elapsed(), tick.missed));
        if cx.turn_number() == 1 { cx.next_in(25 * MS) } else { Ok(()) }
    });
    let worker = worker.interval(10 * MS).clock(clock.clone()).start().unwrap();
    ticks.next();
    clock.wait_for_sleepers(1);
    worker.pause_wait(LONG).unwrap();
    clock.wait_for_sleepers(1);
    clock.advance(52 * MS);
    worker.resume();
    assert_eq!(ticks.next(), (52 * MS, 0));
    assert_eq!(clock.advance_to_next(), 8 * MS, "back on the grid");
    assert_eq!(ticks.next(), (60 * MS, 0));
    worker.stop().unwrap();
}

/// Asks without waiting, when the test says so.
struct Polls(Turnstile, Probe<Result<Tick, NoTask>>);

impl Worker for Polls {
    type Task = Tick;

    fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn r#loop(&mut self, inbox: &mut Inbox<Tick>) -> Result<(), BoxError> {
        loop {
            self.0.pass();
            let next = inbox.try_next();
            self.1.add(next);
            if next == Err(NoTask::Ended) {
                return Ok(());
            }
        }
    }
}

/// The ticks of a pause are not missed by a loop that has seen it, whatever it does meanwhile.
#[apply(bounded)]
fn w6_a_loop_that_polls_through_a_pause_misses_nothing() {
    let (clock, turnstile, seen) = (ManualClock::new(), Turnstile::new(), Probe::new());
    let polls = Polls(turnstile.clone(), seen.clone());
    let worker =
        BackgroundWorker::builder(polls).interval(10 * MS).clock(clock.clone()).paused(true).start().unwrap();
    let ask = || {
        turnstile.wait();
        turnstile.release();
        seen.next()
    };
    for _ in 0..3 {
        assert_eq!(ask(), Err(NoTask::NotYet));
        clock.advance(1005 * MS);
    }
    turnstile.wait();
    worker.resume();
    turnstile.release();
    assert_eq!(seen.next(), Err(NoTask::NotYet), "the next slot is to come");
    clock.advance(5 * MS);
    let tick = ask().unwrap();
    assert_eq!((tick.index, tick.missed, tick.late), (0, 0, Duration::ZERO));
    worker.signal_stop();
    assert_eq!(ask(), Err(NoTask::Ended));
    assert_eq!(worker.wait().unwrap().turns, 0);
}

/// Two workers on one grid stay in step when one of them was paused.
#[apply(bounded)]
fn w6_a_worker_that_was_paused_is_in_step_with_one_that_was_not() {
    let clock = ManualClock::new();
    let [(paused, seen), (other, others)] = [(); 2].map(|()| {
        let (time, ticks) = (clock.clone(), Probe::new());
        let sink = ticks.clone();
        let worker = looped(move |_tick: Tick, _cx| sink.add(time.elapsed()));
        (worker.interval(10 * MS).clock(clock.clone()).start().unwrap(), ticks)
    });
    seen.next();
    others.next();
    paused.pause_wait(LONG).unwrap();
    for n in 1..20 {
        clock.wait_for_sleepers(2);
        clock.advance(10 * MS);
        assert_eq!(others.next(), n * 10 * MS);
    }
    assert!(seen.is_empty());
    clock.wait_for_sleepers(2);
    paused.resume();
    assert_eq!(seen.next(), 190 * MS, "the slot that is due now");
    for n in 20..23 {
        clock.wait_for_sleepers(2);
        clock.advance(10 * MS);
        assert_eq!((others.next(), seen.next()), (n * 10 * MS, n * 10 * MS));
    }
    paused.stop().unwrap();
    other.stop().unwrap();
}
