//! Turns from an event.

use super::{Event, Trigger};
use crate::control::stop_signal::StopLevel;
use crate::wait::Wait;
use crate::wait::adaptive_spin::AdaptiveSpin;
use crate::worker::context::Context;
use crate::worker::source::{Ending, Next, Source, spin_for_turn};

pub(crate) struct EventSource {
    event: Event,
    /// The event's total at the last take.
    seen: u64,
    spin: AdaptiveSpin,
}

impl EventSource {
    pub(crate) fn new(event: Event) -> Self {
        let seen = event.total();
        Self { event, seen, spin: AdaptiveSpin::new() }
    }

    fn take(&mut self) -> Option<Trigger> {
        let total = self.event.total();
        let count = total.wrapping_sub(self.seen);
        self.seen = total;
        (count > 0).then_some(Trigger { count })
    }
}

impl Source<Trigger> for EventSource {
    fn open(&mut self, cx: &Context) {
        self.spin = AdaptiveSpin::new();
        self.event.register_listener(cx.id(), cx.unparker());
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<Trigger> {
        loop {
            match cx.level() {
                StopLevel::Go => {}
                StopLevel::Pause => {
                    self.event.unregister_sleeper(cx.id());
                    if !cx.rest(wait) {
                        return Next::NotYet;
                    }
                    continue;
                }
                StopLevel::Drain | StopLevel::Stop | StopLevel::Terminate => return Next::Ended,
            }
            if let Some(trigger) = self.take() {
                return Next::Turn(trigger);
            }
            if cx.is_wait_over(wait) {
                return Next::NotYet;
            }
            if spin_for_turn(cx, &mut self.spin, || self.event.total() != self.seen) {
                continue;
            }
            if self.event.register_sleeper(cx.id(), self.seen) {
                cx.park(wait.deadline());
            }
        }
    }

    fn close(&mut self, cx: &Context, _ending: Ending) {
        self.event.unregister_listener(cx.id());
    }
}
