//! Ticks that are due by a schedule.

use pyaltt_timing::{Pacer, Strategy, Tick, Waited};

use crate::control::stop_signal::StopLevel;
use crate::pace::StrategyChoice;
use crate::wait::Wait;
use crate::worker::context::{Context, StrategyContext};
use crate::worker::source::{Next, Source};

pub(crate) struct ClockSource {
    /// The strategy that was given to the builder.
    own: Option<Box<dyn Strategy>>,
    run: Option<Run>,
}

/// What is new in every run.
struct Run {
    pacer: Pacer,
    /// How to wait in this run; `None` is the builder's own strategy.
    strategy: Option<Box<dyn Strategy>>,
    /// The tick in hand. It is counted after its turn, which would else begin later, by what that takes.
    in_hand: Option<Tick>,
}

impl ClockSource {
    pub(crate) fn new(own: Option<Box<dyn Strategy>>) -> Self {
        Self { own, run: None }
    }
}

impl Source<Tick> for ClockSource {
    fn begin(&mut self, cx: &Context) {
        let timing = cx.timing().cloned().unwrap_or_default();
        let mut strategy = match timing.strategy {
            StrategyChoice::Own if self.own.is_some() => None,
            choice => Some(choice.make()),
        };
        if let Some(strategy) = strategy.as_mut().or(self.own.as_mut()) {
            strategy.prepare();
        }
        self.run = Some(Run {
            pacer: Pacer::new(timing.schedule, timing.missed, cx.now()),
            strategy,
            in_hand: None,
        });
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<Tick> {
        // One whose turn a loop of the user's took by itself.
        self.turn_ended(cx);
        let Some(run) = &mut self.run else { return Next::Ended };
        if cx.level() > StopLevel::Go {
            return Next::Nothing;
        }
        let due = run.pacer.arm(cx.now());
        let until = match wait {
            Wait::No => Some(cx.now()),
            Wait::Until(limit) => Some(due.map_or(limit, |due| due.min(limit))),
            Wait::Forever => due,
        };
        let Some(strategy) = run.strategy.as_mut().or(self.own.as_mut()) else { return Next::Ended };
        if wait != Wait::No && strategy.wait_until(until, &StrategyContext(cx)) == Waited::Interrupted {
            return Next::Nothing;
        }
        let now = cx.now();
        if due.is_none_or(|due| now < due) {
            return Next::Nothing;
        }
        let tick = run.pacer.fire(now);
        run.in_hand = Some(tick);
        Next::Turn(tick)
    }

    fn turn_ended(&mut self, cx: &Context) {
        if let Some(tick) = self.run.as_mut().and_then(|run| run.in_hand.take()) {
            cx.counters().ticked(&tick);
        }
    }

    fn close(&mut self, cx: &Context) {
        self.turn_ended(cx);
        self.run = None;
    }
}
