//! `spin_sleep`: sleeps until a fixed margin before the deadline and spins.

use ::spin_sleep::{SpinSleeper, SpinStrategy};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::pacing::{Pacing, Recorder, Recording, Run, on_grid};

pub(super) fn hint() -> Contender {
    let how = "spin_sleep's sleep_until, default accuracy, spins with spin_loop";
    let pacing = SpinSleep(SpinStrategy::SpinLoopHint);
    Contender::new(Kind::Timer, "spin-sleep-hint", "spin_sleep, hint", how).paces(pacing)
}

pub(super) fn yielding() -> Contender {
    let how = "spin_sleep's sleep_until, default accuracy, spins with yield_now (its default here)";
    let pacing = SpinSleep(SpinStrategy::YieldThread);
    Contender::new(Kind::Timer, "spin-sleep-yield", "spin_sleep, yield", how).paces(pacing)
}

#[derive(Clone, Copy, Debug)]
struct SpinSleep(SpinStrategy);

impl Pacing for SpinSleep {
    fn run(&self, run: &Run, recorder: Recorder) -> anyhow::Result<Recording> {
        let sleeper = SpinSleeper::default().with_spin_strategy(self.0);
        Ok(on_grid(run, recorder, |due| sleeper.sleep_until(due)))
    }
}
