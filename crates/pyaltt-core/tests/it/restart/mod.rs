//! Restarts, by subject. A test whose name begins with `r` and a number shows that case of the list of cases that
//! libraries of this kind got wrong.
//!
//! Time is a manual clock, so a backoff lasts until the test moves the clock, and each phase of a life (a turn, the end of
//! a run, the backoff, the start) is held until the test lets it go on.

mod backoff;
mod beside;
mod calls;
mod early;
mod ends;
mod handles;
mod queues;
#[cfg(target_os = "linux")]
mod sched;
mod starts;
mod state_machine;
mod tasks;

use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, Context, Exit, Handle, ManualClock, QueueBuilder, Restart, State, Then, queue,
};
use testkit::{Probe, until};

const MILLIS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
/// A fuse, and a time that does not pass.
const LONG: Duration = Duration::from_secs(3600);

/// After failures, with the default backoffs and without jitter: 100 ms, 200 ms, 400 ms and so on.
fn exact() -> Restart {
    Restart::on_failure().jitter(0.0)
}

/// A queue worker whose turn fails with the task 0.
fn printer() -> QueueBuilder<u32> {
    queue(|task: u32, _cx: &mut Context| if task == 0 { Err("no paper") } else { Ok(()) }).name("printer")
}

/// A worker that fails when it is told to, by a clock that the test moves.
struct Rig {
    worker: BackgroundQueueWorker<u32>,
    /// The exits that `on_exit` has seen.
    exits: Probe<Exit>,
    clock: ManualClock,
}

impl Rig {
    /// A printer, started.
    fn new(policy: Restart) -> Self {
        Self::of(printer(), policy)
    }

    /// The worker fails with the task 0, or some other way that the test knows of.
    fn of(builder: QueueBuilder<u32>, policy: Restart) -> Self {
        let rig = Self::built(builder, policy);
        rig.worker.start().unwrap();
        rig
    }

    fn built(builder: QueueBuilder<u32>, policy: Restart) -> Self {
        let (exits, clock) = (Probe::new(), ManualClock::new());
        let seen = exits.clone();
        let builder = builder.restart(policy).clock(clock.clone());
        let worker = builder.on_exit(move |exit| seen.add(exit.clone())).build().unwrap();
        Self { worker, exits, clock }
    }

    /// Has the run fail, and returns its exit when it is published.
    fn fail(&self) -> Exit {
        self.worker.put(0).unwrap();
        self.exits.next()
    }

    /// Moves the clock to the end of the backoff, and returns how long that is.
    fn end_backoff(&self) -> Duration {
        self.clock.advance_to_next()
    }

    /// Moves the clock to the end of the backoff, and waits until the worker takes turns again.
    fn restart(&self) {
        self.end_backoff();
        wait_for(&self.worker, State::Active);
    }

    /// Waits until the worker's thread sleeps in the backoff, or in the wait for its next task.
    fn is_asleep(&self) {
        self.clock.wait_for_sleepers(1);
    }
}

/// Waits until the worker is in this state.
#[track_caller]
fn wait_for(worker: &Handle, state: State) {
    assert!(until(LONG, || worker.state() == state), "{:?} and not {state:?}", worker.state());
}

/// The backoff that follows a run.
#[track_caller]
fn backoff(exit: &Exit) -> Duration {
    match exit.then {
        Then::Again { after } => after,
        then => panic!("{then:?} follows the run"),
    }
}
