//! A queue in a file on a disk that may stall: a call then does not return until it is let go.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pyaltt::leased::Lease;
use pyaltt::{BackgroundQueueWorker, Context};
use pyaltt_durable::engine::{
    Admin, AdminAnswer, Answer, Bell, Engine, EngineError, OwnerId, Policy, RawPut, Round, Swept, Who,
};
use pyaltt_durable::{Durable, DurableBuilder, Finding, Placed, QueueName};
use pyaltt_sqlite::{Sqlite, SqliteEngine};

use super::durable::{FILE, QUEUE, until_left};
use crate::workload::durable::letter::Letter;

/// A queue whose rounds stall when it is told to.
pub(super) struct StallingQueue {
    queue: Durable<Letter>,
    stall: Stall,
}

impl StallingQueue {
    pub(super) fn open(folder: &Path) -> Result<Self, String> {
        let file = Sqlite::open(folder.join(FILE)).map_err(|error| error.to_string())?;
        let stall = Stall::default();
        let engine_stall = stall.clone();
        let queue = DurableBuilder::new(QUEUE, move || match file.engine() {
            Ok(engine) => Ok(Box::new(Stalling { engine, stall: engine_stall.clone() })),
            Err(error) => Err(EngineError::NotSent(error.into())),
        });
        Ok(Self { queue: queue.build().map_err(|error| error.to_string())?, stall })
    }

    /// A worker that has nothing to do.
    pub(super) fn idle(&self) -> Result<impl FnOnce() -> Result<Stopped, String> + use<>, String> {
        let worker = self.start(|| ())?;
        let stall = self.stall.clone();
        Ok(move || stop(worker, stall))
    }

    /// The same, while a round does not return.
    pub(super) fn stalled(&self) -> Result<impl FnOnce() -> Result<Stopped, String> + use<>, String> {
        let stop = self.idle()?;
        // What the last one has left is done first.
        loop {
            let stats = self.queue.stats().map_err(|error| error.to_string())?;
            if stats.ready.iter().sum::<u64>() + stats.running == 0 {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        self.stall.begin();
        // It rings, and the round that follows stalls.
        self.queue.put(Letter::new(0)).map_err(|error| error.to_string())?;
        self.stall.wait();
        Ok(stop)
    }

    /// A worker whose turn is over, while the round that settles it does not return.
    pub(super) fn unsettled(&self) -> Result<impl FnOnce() -> Result<Stopped, String> + use<>, String> {
        let stall = self.stall.clone();
        let worker = self.start(move || stall.begin())?;
        self.queue.put(Letter::new(0)).map_err(|error| error.to_string())?;
        self.stall.wait();
        let stall = self.stall.clone();
        Ok(move || stop(worker, stall))
    }

    fn start(&self, turn: impl Fn() + Send + 'static) -> Result<BackgroundQueueWorker<Letter>, String> {
        let worker = pyaltt::queue(move |_: Letter, _: &mut Context| turn());
        worker.queue(self.queue.clone()).start().map_err(|error| error.to_string())
    }
}

impl Drop for StallingQueue {
    fn drop(&mut self) {
        until_left(&self.queue);
    }
}

fn stop(worker: BackgroundQueueWorker<Letter>, stall: Stall) -> Result<Stopped, String> {
    worker.stop().map_err(|error| error.to_string())?;
    Ok(Stopped { stall, _worker: worker })
}

/// Lets the disk go on when it is dropped.
pub(super) struct Stopped {
    stall: Stall,
    _worker: BackgroundQueueWorker<Letter>,
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.stall.end();
    }
}

/// Whether rounds stall.
#[derive(Clone, Default)]
struct Stall(Arc<(Mutex<Stalled>, Condvar)>);

#[derive(Default)]
struct Stalled {
    is_on: bool,
    /// How many rounds stall now.
    rounds: usize,
}

impl Stall {
    fn lock(&self) -> MutexGuard<'_, Stalled> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) {
        self.lock().is_on = true;
    }

    /// Lets all go, and returns when they have gone.
    fn end(&self) {
        self.lock().is_on = false;
        self.0.1.notify_all();
        drop(self.0.1.wait_while(self.lock(), |stalled| stalled.rounds > 0));
    }

    /// Waits until a round stalls.
    fn wait(&self) {
        let wait = self.0.1.wait_while(self.lock(), |stalled| stalled.rounds == 0);
        drop(wait);
    }

    /// The side of a round.
    fn pass(&self) {
        let mut stalled = self.lock();
        if stalled.is_on {
            stalled.rounds += 1;
            self.0.1.notify_all();
            let wait = self.0.1.wait_while(stalled, |stalled| stalled.is_on);
            wait.unwrap_or_else(PoisonError::into_inner).rounds -= 1;
            self.0.1.notify_all();
        }
    }
}

/// An engine whose rounds stall.
struct Stalling {
    engine: SqliteEngine,
    stall: Stall,
}

impl Engine for Stalling {
    fn put(&mut self, queue: &QueueName, puts: &[RawPut]) -> Result<Vec<Placed>, EngineError> {
        self.engine.put(queue, puts)
    }

    fn round(&mut self, round: &Round<'_>) -> Result<Answer, EngineError> {
        self.stall.pass();
        self.engine.round(round)
    }

    fn mine(&mut self, owner: OwnerId, known: &[Lease]) -> Result<u64, EngineError> {
        self.engine.mine(owner, known)
    }

    fn register(&mut self, queue: &QueueName, who: &Who, lease: Duration) -> Result<OwnerId, EngineError> {
        self.engine.register(queue, who, lease)
    }

    fn farewell(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        self.engine.farewell(owner)
    }

    fn sweep(&mut self, queue: &QueueName, policy: &Policy) -> Result<Swept, EngineError> {
        self.engine.sweep(queue, policy)
    }

    fn admin(&mut self, queue: &QueueName, request: Admin) -> Result<AdminAnswer, EngineError> {
        self.engine.admin(queue, request)
    }

    fn bell(&mut self, owner: OwnerId) -> Result<Arc<dyn Bell>, EngineError> {
        self.engine.bell(owner)
    }

    fn check(&mut self) -> Result<Vec<Finding>, EngineError> {
        self.engine.check()
    }
}
