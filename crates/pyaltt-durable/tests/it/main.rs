//! The engine in memory passes the suite that it is the model of, and workers of durable queues on it.

#[macro_use]
extern crate macro_rules_attribute;
#[macro_use]
extern crate testkit;

mod attempts;
mod contents;
mod envelopes;
mod faulty;
mod leases;
mod outages;
mod retries;
mod support;
mod workers;

use std::sync::Arc;
use std::time::Duration;

use pyaltt_durable::MemoryStore;
use pyaltt_durable::conformance::Subject;
use pyaltt_durable::engine::{Engine, ManualEngineClock};

struct InMemory {
    store: MemoryStore,
    clock: ManualEngineClock,
}

impl Subject for InMemory {
    fn engine(&self) -> Box<dyn Engine> {
        Box::new(self.store.engine())
    }

    fn pass(&self, time: Duration) {
        self.clock.pass(time);
    }

    fn is_manual(&self) -> bool {
        true
    }

    /// It looks at each of its tasks in each round.
    fn many(&self) -> u32 {
        1_500
    }
}

fn in_memory() -> InMemory {
    let clock = ManualEngineClock::default();
    InMemory { store: MemoryStore::with_clock(Arc::new(clock.clone())), clock }
}

pyaltt_durable::conformance_tests!(in_memory);
