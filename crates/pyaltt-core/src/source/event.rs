//! Settings of an event.

use super::{Next, Patience, Source, watch};
use crate::context::Context;
use crate::pace::Pace;
use crate::signal::Level;
use crate::spin::Spin;
use crate::{Event, Trigger};

pub(crate) struct EventSource {
    event: Event,
    /// The event's total when it was last taken.
    seen: u64,
    spin: Spin,
}

impl EventSource {
    pub(crate) fn new(event: Event) -> Self {
        let seen = event.total();
        Self { event, seen, spin: Spin::new() }
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
        self.spin = Spin::new();
        self.event.attach(cx.id(), cx.unparker());
    }

    fn begin(&mut self, _cx: &Context, _pace: Option<Pace>) {}

    fn next(&mut self, cx: &Context, patience: Patience) -> Next<Trigger> {
        loop {
            if cx.level() > Level::Go {
                return Next::Nothing;
            }
            if let Some(trigger) = self.take() {
                return Next::Turn(trigger);
            }
            if patience.is_over(cx) {
                return Next::Nothing;
            }
            if watch(cx, &mut self.spin, || self.event.total() != self.seen) {
                continue;
            }
            if self.event.lie_down(cx.id(), self.seen) {
                cx.park(patience.deadline());
            }
        }
    }

    fn close(&mut self, cx: &Context) {
        self.event.detach(cx.id());
    }
}
