//! A queue in a file on a disk that may stall: a call then does not return until it is let go.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pyaltt::{BackgroundQueueWorker, Context};
use pyaltt_durable::engine::{EngineError, Intercept, Intercepted};
use pyaltt_durable::{Durable, DurableBuilder};
use pyaltt_sqlite::{Sqlite, SqliteEngine};

use super::durable::{FILE, QUEUE, until_left};
use crate::workload::durable::letter::Letter;
use crate::workload::durable::place::Place;

/// A queue whose rounds stall when it is told to.
pub(super) struct StallingQueue {
    queue: Durable<Letter>,
    stall: Stall,
}

impl StallingQueue {
    pub(super) fn open(place: &Place) -> Result<Self, String> {
        let file = Sqlite::open(place.folder()?.join(FILE)).map_err(|error| error.to_string())?;
        let stall = Stall::default();
        let engine_stall = stall.clone();
        let queue = DurableBuilder::new(QUEUE, move || match file.engine() {
            Ok(engine) => Ok(Box::new(Intercepted::new(engine, engine_stall.clone()))),
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

impl Intercept<SqliteEngine> for Stall {
    fn call<R>(
        &mut self,
        engine: &mut SqliteEngine,
        method: &'static str,
        call: impl FnOnce(&mut SqliteEngine) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        if method == "round" {
            self.pass();
        }
        call(engine)
    }
}
