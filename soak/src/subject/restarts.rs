//! When the workers under test run again by themselves, and what is checked of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pyaltt::{Builder, Exit, ExitReason, Handle, Restart, Start, State, Stats, Then};

use crate::account::findings::Kind;
use crate::plan::fault::Place;
use crate::plan::mix::mix;
use crate::subject::tested::World;

/// What one worker was told of the ends of its runs.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    told: AtomicU64,
    /// How many of them a restart was to follow.
    planned: AtomicU64,
    /// The moment of the first run that has begun since the last look, and that of the last one that has ended.
    began: AtomicU64,
    ended: AtomicU64,
}

/// Gives a worker its policy, and follows its ends.
pub(crate) fn lives<T: Send + 'static, K>(
    builder: Builder<T, K>,
    id: u64,
    world: &Arc<World>,
) -> (Builder<T, K>, Arc<Ends>) {
    let ends = Arc::<Ends>::default();
    let (heard, seen) = (Arc::clone(&ends), Arc::clone(world));
    let (starts, world_of_starts) = (Arc::clone(&ends), Arc::clone(world));
    let builder = builder.before_start(move |_cx| {
        starts.begins(&world_of_starts);
        Ok(())
    });
    let mut last = 0;
    let builder = builder.on_exit(move |exit| {
        heard.hear(exit, &mut last, &seen);
        seen.faults.panic_at(Place::OnExit, id << 32 | exit.run);
    });
    (builder.restart(policy(id, world)), ends)
}

/// Whether a worker runs again by itself: one in two does.
pub(crate) fn has_policy(id: u64) -> bool {
    mix(id).is_multiple_of(2)
}

/// Backoffs are short, so that most of them end by themselves, or as long as many steps, so that starts and stops meet
/// them.
fn policy(id: u64, world: &Arc<World>) -> Restart {
    if !has_policy(id) {
        return Restart::never();
    }
    let dice = mix(id) / 2;
    let policy = match dice % 4 {
        0 | 1 => Restart::on_failure(),
        2 => Restart::always(),
        _ => Restart::always().start(|exit| Start::new().arg(exit.run)),
    };
    let (us, ms) = (Duration::from_micros, Duration::from_millis);
    let policy = match dice / 4 % 4 {
        0 => policy.backoff(Duration::ZERO),
        1 => policy.backoff(us(50)..ms(5)),
        2 => policy.backoff(ms(15)).jitter(1.0),
        _ => policy.backoff(ms(20)..ms(60)).jitter(0.0).healthy_after(ms(5)),
    };
    let policy = match dice / 16 % 4 {
        0 => policy.max(3, ms(20)),
        1 => policy.max(2, Duration::from_secs(3_600)),
        _ => policy,
    };
    let world = Arc::clone(world);
    policy.only(move |exit| {
        let number = id << 32 | exit.run;
        world.faults.panic_at(Place::Only, number);
        // A worker that nobody has a handle of ends with its round.
        !world.over.load(Ordering::SeqCst) && (world.faults.is_calm() || !mix(number).is_multiple_of(16))
    })
}

impl Ends {
    fn hear(&self, exit: &Exit, last: &mut u64, world: &World) {
        self.told.fetch_add(1, Ordering::SeqCst);
        self.ended.store(world.moment(), Ordering::SeqCst);
        if exit.run <= *last || exit.reason == ExitReason::NeverStarted {
            let what = format_args!("after run {last} of {} came {exit:?}", exit.worker);
            world.findings.add(Kind::Misbehaved, what);
        }
        *last = exit.run;
        match exit.then {
            Then::Again { .. } => {
                self.planned.fetch_add(1, Ordering::SeqCst);
                if !matches!(exit.reason, ExitReason::Failed | ExitReason::Finished) {
                    world.findings.add(Kind::Misbehaved, format_args!("a restart follows {exit:?}"));
                }
            }
            Then::Held => {
                self.planned.fetch_add(1, Ordering::SeqCst);
                world.groups.held.fetch_add(1, Ordering::Relaxed);
            }
            Then::GaveUp { .. } => _ = world.gave_up.fetch_add(1, Ordering::Relaxed),
            _ => {}
        }
    }

    fn begins(&self, world: &World) {
        let moment = world.moment();
        let _ = self.began.compare_exchange(0, moment, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// The moment at which the first run since [`forget`](Self::forget) has begun; 0 if none has.
    pub(crate) fn began(&self) -> u64 {
        self.began.load(Ordering::SeqCst)
    }

    /// The moment at which the last run has ended; 0 if none has.
    pub(crate) fn ended(&self) -> u64 {
        self.ended.load(Ordering::SeqCst)
    }

    /// Begins another look.
    pub(crate) fn forget(&self) {
        self.began.store(0, Ordering::SeqCst);
        self.ended.store(0, Ordering::SeqCst);
    }

    /// Compares the library's counts of a stopped worker with what it was told.
    pub(crate) fn check(&self, name: &str, counted: &Stats, world: &World) {
        let (told, planned) = (self.told.load(Ordering::SeqCst), self.planned.load(Ordering::SeqCst));
        world.restarts.fetch_add(counted.restarts, Ordering::Relaxed);
        // A stop ends the backoff of some. A start that fails is told to nobody, unless it is a restart.
        if counted.restarts > planned || told > counted.runs + counted.restarts {
            let what = format_args!(
                "{name} was told of {told} ends, {planned} of them before a restart; the library says {} runs and {} \
                 restarts",
                counted.runs, counted.restarts
            );
            world.findings.add(Kind::Miscounted, what);
        }
    }
}

/// Notes that an operation meets a worker in a backoff or a pause.
pub(crate) fn met(worker: &Handle, world: &World) {
    if worker.is_paused() {
        world.met_paused.fetch_add(1, Ordering::Relaxed);
    }
    if worker.state() == State::Waiting {
        world.met_waiting.fetch_add(1, Ordering::Relaxed);
    }
}
