//! Turns from a schedule.

use pyaltt_timing::{Pacer, Strategy, Tick, wait_out};

use crate::control::stop_signal::StopLevel;
use crate::pace::{NewInterval, NextTurn, StrategyChoice, Timing};
use crate::wait::Wait;
use crate::worker::context::Context;
use crate::worker::context::strategy_context::StrategyContext;
use crate::worker::source::{Next, Source};

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
    /// That tick is still to be counted. It is counted after its turn, because counting it first would delay the turn.
    is_uncounted: bool,
}

impl Run {
    /// Changes the pace as turns and hooks have asked for since the last look.
    #[cold]
    fn change_pace(&mut self, cx: &Context, timing: &Timing) {
        let (interval, next) = timing.take_changes();
        if let Some(NewInterval { interval, asked }) = interval {
            // It was checked when it was asked for.
            let _ = self.pacer.set_interval(interval, self.last.as_ref(), asked);
            cx.counters().interval_changed(Some(interval));
        }
        if let Some(NextTurn(at)) = next {
            self.pacer.next_at(at);
        }
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
        self.run = Some(Run {
            pacer: Pacer::new(timing.schedule, timing.missed, cx.now()),
            strategy,
            last: None,
            is_uncounted: false,
        });
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<Tick> {
        // In case the worker's own loop ran the last turn without `Inbox::turn`, which reports its end.
        self.turn_ended(cx);
        let Some(run) = &mut self.run else { return Next::Ended };
        if cx.level() > StopLevel::Go {
            return Next::Ended;
        }
        if let Some(timing) = cx.timing()
            && timing.has_changed()
        {
            run.change_pace(cx, timing);
        }
        let due = run.pacer.arm(cx.now());
        let until = match wait {
            Wait::No => None,
            Wait::Until(limit) => Some(due.map_or(limit, |due| due.min(limit))),
            Wait::Forever => due,
        };
        let Some(strategy) = run.strategy.as_mut().or(self.custom.as_mut()) else { return Next::Ended };
        // A strategy that returns early, for whatever reason, neither ends the run nor makes an early tick.
        let woke = match wait {
            Wait::No => Some(cx.now()),
            Wait::Until(_) | Wait::Forever => wait_out(&mut **strategy, until, &StrategyContext(cx)),
        };
        let Some(now) = woke else { return Next::Ended };
        // The limit of the wait was reached first.
        if due.is_none_or(|due| now < due) {
            return Next::NotYet;
        }
        let tick = run.pacer.fire(now);
        run.last = Some(tick);
        run.is_uncounted = true;
        Next::Turn(tick)
    }

    fn turn_ended(&mut self, cx: &Context) {
        if let Some(run) = &mut self.run
            && let Some(tick) = &run.last
            && run.is_uncounted
        {
            run.is_uncounted = false;
            cx.counters().ticked(tick);
        }
    }

    fn close(&mut self, cx: &Context, _failed: bool) {
        self.turn_ended(cx);
        self.run = None;
    }
}
