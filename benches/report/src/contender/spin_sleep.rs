//! `spin_sleep`: sleeps until a fixed margin before the deadline and spins.

use ::spin_sleep::{SpinSleeper, SpinStrategy};

use super::{Contender, on_grid};
use crate::child::{Job, Recorder, Recording};

#[derive(Clone, Copy, Debug)]
pub(super) enum SpinSleep {
    Hint,
    Yield,
}

impl Contender for SpinSleep {
    fn id(&self) -> &'static str {
        match self {
            Self::Hint => "spin-sleep-hint",
            Self::Yield => "spin-sleep-yield",
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Hint => "spin_sleep, hint",
            Self::Yield => "spin_sleep, yield",
        }
    }

    fn how(&self) -> &'static str {
        match self {
            Self::Hint => "spin_sleep's sleep_until, default accuracy, spins with spin_loop",
            Self::Yield => {
                "spin_sleep's sleep_until, default accuracy, spins with yield_now (its default here)"
            }
        }
    }

    fn run(&self, job: &Job, recorder: Recorder) -> anyhow::Result<Recording> {
        let strategy = match self {
            Self::Hint => SpinStrategy::SpinLoopHint,
            Self::Yield => SpinStrategy::YieldThread,
        };
        let sleeper = SpinSleeper::default().with_spin_strategy(strategy);
        Ok(on_grid(job, recorder, |due| sleeper.sleep_until(due)))
    }
}
