//! A durable queue in a SQLite file.

use std::any::Any;
use std::path::Path;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use pyaltt::{BackgroundQueueWorker, Context};
use pyaltt_durable::Durable;
use pyaltt_sqlite::Sqlite;

use super::stalling::StallingQueue;
use crate::contender::{Contender, Kind};
use crate::workload::durable::letter::Letter;
use crate::workload::durable::run::BATCH_SIZE;
use crate::workload::durable::stop;
use crate::workload::durable::store::{Handler, Store};

pub(super) fn contender() -> Contender {
    Contender::new(
        Kind::Ours,
        "durable",
        "durable queue",
        "Durable of pyaltt-sqlite with its defaults, which sync each transaction; each worker is a BackgroundQueueWorker, and \
         batches go to pyaltt::batch; the tasks that a run begins with are stored by put_many",
    )
    .stores::<InFile>()
    .handles::<InFile>()
    .handles_batches::<InFile>(|store, handler| {
        let worker = pyaltt::batch(BATCH_SIZE, Duration::ZERO, move |letters: Vec<Letter>, _: &mut Context| {
            letters.into_iter().for_each(&handler);
        });
        let worker = worker.queue(store.0.clone()).start().map_err(|error| error.to_string())?;
        Ok(Box::new(Workers { workers: vec![worker], queue: store.0.clone() }))
    })
    .crowds::<InFile>()
    .rouses::<InFile>()
    .stops_in(stop::IDLE, StallingQueue::open, StallingQueue::idle)
    .stops_in(stop::STALLED, StallingQueue::open, StallingQueue::stalled)
    .stops_in(stop::UNSETTLED, StallingQueue::open, StallingQueue::unsettled)
    .takes_over(InFile::with_lease)
}

/// The name of the file in its folder.
pub(super) const FILE: &str = "tasks.db";

/// The name of the queue.
pub(super) const QUEUE: &str = "letters";

/// A queue in a file.
struct InFile(Durable<Letter>);

impl InFile {
    fn with_lease(folder: &Path, lease: Option<Duration>) -> Result<Self, String> {
        let file = Sqlite::open(folder.join(FILE)).map_err(|error| error.to_string())?;
        let queue = file.queue(QUEUE);
        let queue = match lease {
            Some(lease) => queue.lease(lease),
            None => queue,
        };
        queue.build().map(Self).map_err(|error| error.to_string())
    }
}

impl Store for InFile {
    fn open(folder: &Path) -> Result<Self, String> {
        Self::with_lease(folder, None)
    }

    fn put(&self, letter: Letter) -> Result<(), String> {
        self.0.put(letter).map(drop).map_err(|error| error.to_string())
    }

    fn fill(&self, letters: Vec<Letter>) -> Result<(), String> {
        self.0.put_many(letters).map(drop).map_err(|error| error.to_string())
    }

    fn waiting(&self) -> Result<u64, String> {
        let stats = self.0.stats().map_err(|error| error.to_string())?;
        Ok(stats.ready.iter().sum())
    }

    fn start<H: Handler>(&self, workers: usize, handler: H) -> Result<Box<dyn Any>, String> {
        let start = |_| {
            let handler = handler.clone();
            let worker = pyaltt::queue(move |letter: Letter, _: &mut Context| handler(letter));
            worker.queue(self.0.clone()).start().map_err(|error| error.to_string())
        };
        let workers = (0..workers).map(start).collect::<Result<Vec<_>, _>>()?;
        Ok(Box::new(Workers { workers, queue: self.0.clone() }))
    }
}

/// Workers that are stopped, and waited for, when this is dropped.
struct Workers {
    workers: Vec<BackgroundQueueWorker<Letter>>,
    queue: Durable<Letter>,
}

impl Drop for Workers {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.signal_stop();
        }
        for worker in &self.workers {
            drop(worker.stop());
        }
        until_left(&self.queue);
    }
}

/// Waits until nobody of this process takes tasks any more. Otherwise the folder would be gone before the file is told, and
/// the end of the process would wait for that.
pub(super) fn until_left(queue: &Durable<Letter>) {
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end
        && let Ok(stats) = queue.stats()
        && stats.owners.iter().any(|owner| owner.who.pid == process::id())
    {
        thread::sleep(Duration::from_millis(1));
    }
}
