//! When the state machine wants to be called again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use super::node::Key;

/// The timers of members. One of a phase that has passed is dropped when its turn comes.
#[derive(Debug, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<(Instant, Key, u64)>>);

impl Timers {
    pub(super) fn set(&mut self, at: Instant, key: Key, epoch: u64) {
        self.0.push(Reverse((at, key, epoch)));
    }

    /// When the first timer is due, of those that `is_current` knows.
    pub(super) fn next(&mut self, is_current: impl Fn(Key, u64) -> bool) -> Option<Instant> {
        while let Some(Reverse((at, key, epoch))) = self.0.peek() {
            if is_current(*key, *epoch) {
                return Some(*at);
            }
            self.0.pop();
        }
        None
    }

    /// Takes out a timer that is due.
    pub(super) fn due(&mut self, now: Instant) -> Option<(Key, u64)> {
        let Reverse((at, key, epoch)) = *self.0.peek()?;
        if at > now {
            return None;
        }
        self.0.pop();
        Some((key, epoch))
    }
}
