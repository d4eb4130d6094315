//! What a thread does, step by step: a function of the seed, the round and the thread alone.
//!
//! A step does not depend on anything that happened before, so the same seed gives the same steps. When they take
//! effect is up to the kernel, which no seed governs.

use crate::plan::mix::mix;

/// One step of a thread: what it does with the worker of a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) slot: usize,
    pub(crate) op: Op,
    /// For the small decisions of the operation.
    pub(crate) dice: u64,
}

/// What is done with a worker. Where it makes no sense, the worker is looked at instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Start,
    StartWith,
    Stop,
    SignalStop,
    StopTimeout,
    WaitTimeout,
    Terminate,
    Drain,
    Pause,
    PauseWait,
    Resume,
    Put,
    TryPut,
    PutTimeout,
    Ask,
    Trigger,
    TakePending,
    /// Closes its queue, and replaces it with a new worker.
    Close,
    /// Drops it together with its queued tasks, and replaces it with a new worker.
    Abandon,
    /// Keeps a clone of the handle for a while.
    Keep,
    /// Drops the clones that were kept.
    Forget,
    Look,
}

/// The operations, and how often each is chosen.
const WEIGHTS: &[(Op, u64)] = &[
    (Op::Start, 16),
    (Op::StartWith, 6),
    (Op::Stop, 5),
    (Op::SignalStop, 3),
    (Op::StopTimeout, 3),
    (Op::WaitTimeout, 2),
    (Op::Terminate, 3),
    (Op::Drain, 3),
    (Op::Pause, 4),
    (Op::PauseWait, 2),
    (Op::Resume, 9),
    (Op::Put, 16),
    (Op::TryPut, 12),
    (Op::PutTimeout, 8),
    (Op::Ask, 8),
    (Op::Trigger, 12),
    (Op::TakePending, 3),
    (Op::Close, 2),
    (Op::Abandon, 2),
    (Op::Keep, 4),
    (Op::Forget, 1),
    (Op::Look, 3),
];

/// The steps of one thread in one round.
#[derive(Debug)]
pub(crate) struct Plan {
    rng: fastrand::Rng,
    slots: usize,
    left: usize,
}

impl Plan {
    pub(crate) fn new(seed: u64, round: u64, thread: usize, slots: usize, steps: usize) -> Self {
        let seed = mix(seed ^ mix(round ^ (thread as u64) << 48));
        Self { rng: fastrand::Rng::with_seed(seed), slots, left: steps }
    }
}

impl Iterator for Plan {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        self.left = self.left.checked_sub(1)?;
        let slot = self.rng.usize(..self.slots);
        let all: u64 = WEIGHTS.iter().map(|(_, weight)| weight).sum();
        let mut roll = self.rng.u64(..all);
        let op = WEIGHTS.iter().find_map(|(op, weight)| match roll.checked_sub(*weight) {
            Some(rest) => {
                roll = rest;
                None
            }
            None => Some(*op),
        });
        Some(Step { slot, op: op.unwrap_or(Op::Look), dice: self.rng.u64(..) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(seed: u64, round: u64, thread: usize) -> Vec<String> {
        Plan::new(seed, round, thread, 100, 2_000).map(|step| format!("{step:?}")).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_steps_and_others_do_not() {
        let first = steps(1, 2, 3);
        assert_eq!(first.len(), 2_000);
        assert_eq!(first, steps(1, 2, 3));
        for other in [steps(2, 2, 3), steps(1, 3, 3), steps(1, 2, 2)] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn every_operation_is_chosen() {
        let chosen: Vec<Op> = Plan::new(7, 0, 0, 100, 5_000).map(|step| step.op).collect();
        for (op, _) in WEIGHTS {
            assert!(chosen.contains(op), "{op:?}");
        }
    }
}
