//! Turns from a schedule.

use std::time::{Duration, Instant};

use pyaltt_timing::{Pacer, Strategy, Tick, wait_out};

use crate::control::stop_signal::StopLevel;
use crate::pace::{Changes, NewInterval, NextTurn, StrategyChoice, Timing};
use crate::wait::Wait;
use crate::worker::context::Context;
use crate::worker::context::strategy_context::StrategyContext;
use crate::worker::source::{Ending, Next, Source};

pub(crate) struct ClockSource {
    /// The strategy that was given to the builder, if any.
    custom: Option<Box<dyn Strategy>>,
    run: Option<Run>,
}

/// The part that is new in every run.
struct Run {
    pacer: Pacer,
    /// The strategy of this run; `None` means the builder's custom one.
    strategy: Option<Box<dyn Strategy>>,
    /// The tick of the latest turn.
    last: Option<Tick>,
    /// When the worker woke for it.
    woke: Instant,
    /// That tick is still to be counted. It is counted after its turn, because counting it first would delay the turn.
    is_uncounted: bool,
}

impl Run {
    /// Counts the tick of the latest turn, and the turn's run time, if it is known.
    #[inline]
    fn count_tick(&mut self, cx: &Context, took: Option<Duration>) {
        self.is_uncounted = false;
        if let Some(tick) = &self.last {
            cx.counters().ticked(tick, self.woke, took);
        }
    }

    /// Counts the tick of a turn that the worker's own loop ran without `Inbox::turn`, which reports its end.
    #[cold]
    fn count_forgotten(&mut self, cx: &Context) {
        self.count_tick(cx, None);
    }

    /// Changes the pace as turns and hooks have asked for since the last look, and leaves out what a pause has put off.
    #[cold]
    fn change_pace(&mut self, cx: &Context, timing: &Timing) {
        let Changes { interval, next, was_paused } = timing.take_changes();
        if let Some(NewInterval { interval, asked }) = interval {
            // It was checked when it was asked for.
            let _ = self.pacer.set_interval(interval, self.last.as_ref(), asked);
            cx.counters().interval_changed(Some(interval));
        }
        if let Some(NextTurn(at)) = next {
            self.pacer.next_at(at);
        }
        if was_paused {
            self.pacer.leave_out(cx.now());
            cx.counters().was_paused();
        }
    }

    /// The worker is paused, or told to end. Rests, and returns why there is no turn after it. A delay goes on during a
    /// pause.
    #[cold]
    fn rest_or_end(&mut self, cx: &Context, wait: Wait) -> Option<Next<Tick>> {
        match cx.level() {
            StopLevel::Go => return None,
            StopLevel::Pause => {}
            StopLevel::Drain | StopLevel::Stop | StopLevel::Terminate => return Some(Next::Ended),
        }
        if let Some(timing) = cx.timing() {
            if timing.has_changed() {
                self.change_pace(cx, timing);
            }
            self.pacer.arm_with(|| cx.now());
            timing.paused();
        }
        (!cx.rest(wait)).then_some(Next::NotYet)
    }
}

impl ClockSource {
    pub(crate) fn new(custom: Option<Box<dyn Strategy>>) -> Self {
        Self { custom, run: None }
    }
}

impl Source<Tick> for ClockSource {
    fn begin(&mut self, cx: &Context) {
        let timing = cx.timing().cloned().unwrap_or_default();
        let mut strategy = match timing.strategy {
            StrategyChoice::Own if self.custom.is_some() => None,
            choice => Some(choice.make()),
        };
        if let Some(strategy) = strategy.as_mut().or(self.custom.as_mut()) {
            strategy.prepare();
        }
        cx.counters().timing_began(timing.schedule.period());
        let now = cx.now();
        self.run = Some(Run {
            pacer: Pacer::new(timing.schedule, timing.missed, now),
            strategy,
            last: None,
            woke: now,
            is_uncounted: false,
        });
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<Tick> {
        let Some(run) = &mut self.run else { return Next::Ended };
        if run.is_uncounted {
            run.count_forgotten(cx);
        }
        let now = loop {
            if !cx.is_going() {
                match run.rest_or_end(cx, wait) {
                    Some(end) => return end,
                    None => continue,
                }
            }
            if let Some(timing) = cx.timing()
                && timing.has_changed()
            {
                run.change_pace(cx, timing);
            }
            let due = run.pacer.arm_with(|| cx.now());
            let Some(strategy) = run.strategy.as_mut().or(self.custom.as_mut()) else { return Next::Ended };
            let is_due = |now: &Instant| due.is_some_and(|due| *now >= due);
            // A strategy that returns early, for whatever reason, neither ends the run nor makes an early tick.
            let woke = match wait {
                Wait::No => Some(cx.now()),
                Wait::Until(limit) => {
                    let until = due.map_or(limit, |due| due.min(limit));
                    let woke = wait_out(&mut **strategy, Some(until), &StrategyContext { cx, wait });
                    // A ring ends the wait, and a tick that is due by then comes all the same.
                    let is_rung = woke.is_none() && cx.is_going() && cx.take_ring(wait);
                    woke.or_else(|| is_rung.then(|| cx.now()))
                }
                Wait::Forever => wait_out(&mut **strategy, due, &StrategyContext { cx, wait }),
            };
            match woke {
                Some(now) if wait == Wait::Forever || is_due(&now) => break now,
                Some(_) => return Next::NotYet,
                // A control message. If it was a pause, it may be over already.
                None => {}
            }
        };
        let tick = run.pacer.fire(now);
        run.last = Some(tick);
        run.woke = now;
        run.is_uncounted = true;
        Next::Turn(tick)
    }

    fn turn_ended(&mut self, cx: &Context, took: Duration) {
        match &mut self.run {
            Some(run) if run.is_uncounted => run.count_tick(cx, Some(took)),
            // A loop of the user's own has run two turns for one tick.
            _ => cx.counters().turn_took(took),
        }
    }

    fn close(&mut self, cx: &Context, _ending: Ending) {
        if let Some(mut run) = self.run.take()
            && run.is_uncounted
        {
            run.count_forgotten(cx);
        }
    }
}
