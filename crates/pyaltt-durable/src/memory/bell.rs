//! A bell between the threads of one process.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::engine::contract::Bell;
use crate::engine::error::EngineError;

#[derive(Default)]
pub(super) struct MemoryBell {
    rung: Mutex<bool>,
    rings: Condvar,
}

impl MemoryBell {
    pub(super) fn ring(&self) {
        *self.rung.lock() = true;
        self.rings.notify_all();
    }
}

impl Bell for MemoryBell {
    fn wait(&self, at_most: Duration) -> Result<bool, EngineError> {
        let mut rung = self.rung.lock();
        match Instant::now().checked_add(at_most) {
            Some(end) => while !*rung && !self.rings.wait_until(&mut rung, end).timed_out() {},
            None => self.rings.wait_while(&mut rung, |rung| !*rung),
        }
        Ok(std::mem::take(&mut *rung))
    }

    fn wake(&self) -> Result<(), EngineError> {
        self.ring();
        Ok(())
    }
}
