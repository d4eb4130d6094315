//! A durable queue, in a SQLite file or in PostgreSQL.

use std::any::Any;
use std::marker::PhantomData;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use pyaltt::{BackgroundQueueWorker, Context};
use pyaltt_durable::{Durable, DurableBuilder};
use pyaltt_postgres::Postgres;
use pyaltt_sqlite::Sqlite;

use super::lone::LoneQueue;
use super::stalling::StallingQueue;
use crate::contender::{Contender, Kind};
use crate::workload::durable::engine::Engine;
use crate::workload::durable::letter::Letter;
use crate::workload::durable::place::Place;
use crate::workload::durable::run::BATCH_SIZE;
use crate::workload::durable::stop;
use crate::workload::durable::store::{Handler, Store};

pub(super) fn contender() -> Contender {
    let contender = Contender::new(
        Kind::Ours,
        "durable",
        "durable queue",
        "Durable of pyaltt-sqlite and of pyaltt-postgres with their defaults, which sync each transaction; each worker is a \
         BackgroundQueueWorker, and batches go to pyaltt::batch; the tasks that a run begins with are stored by put_many",
    );
    let contender = everywhere::<InDatabase>(everywhere::<InFile>(contender)).crowds::<Queue<InFile>>();
    contender
        .stops_in(Engine::Sqlite, stop::IDLE, StallingQueue::open, StallingQueue::idle)
        .stops_in(Engine::Sqlite, stop::STALLED, StallingQueue::open, StallingQueue::stalled)
        .stops_in(Engine::Sqlite, stop::UNSETTLED, StallingQueue::open, StallingQueue::unsettled)
        .stops_in(Engine::Postgres, stop::IDLE, LoneQueue::open, LoneQueue::worker)
        .stops_in(Engine::Postgres, stop::GONE, LoneQueue::open_and_kill, LoneQueue::worker)
}

/// What batches are compared with on PostgreSQL.
pub(super) fn many_at_once() -> Contender {
    let how = "the same; put_many of 100 tasks";
    Contender::new(Kind::Ours, "durable-put-many", "durable queue, put of 100", how)
        .stores_batches::<Queue<InDatabase>>()
}

/// Takes part in what the engines have in common.
fn everywhere<H: Home>(contender: Contender) -> Contender {
    contender
        .stores::<Queue<H>>()
        .handles::<Queue<H>>()
        .handles_batches::<Queue<H>>(|store, handler| {
            let worker =
                pyaltt::batch(BATCH_SIZE, Duration::ZERO, move |letters: Vec<Letter>, _: &mut Context| {
                    letters.into_iter().for_each(&handler);
                });
            let worker = worker.queue(store.queue.clone()).start().map_err(|error| error.to_string())?;
            Ok(Box::new(Workers { workers: vec![worker], queue: store.queue.clone() }))
        })
        .rouses::<Queue<H>>()
        .takes_over(Queue::<H>::with_lease)
}

/// The name of the file in its folder.
pub(super) const FILE: &str = "tasks.db";

/// The name of the queue.
pub(super) const QUEUE: &str = "letters";

/// Where a queue is at home.
trait Home: 'static {
    const ENGINE: Engine;

    fn queue(place: &Place) -> Result<DurableBuilder, String>;
}

struct InFile;

impl Home for InFile {
    const ENGINE: Engine = Engine::Sqlite;

    fn queue(place: &Place) -> Result<DurableBuilder, String> {
        let file = Sqlite::open(place.folder()?.join(FILE)).map_err(|error| error.to_string())?;
        Ok(file.queue(QUEUE))
    }
}

struct InDatabase;

impl Home for InDatabase {
    const ENGINE: Engine = Engine::Postgres;

    fn queue(place: &Place) -> Result<DurableBuilder, String> {
        in_database(place.address()?)
    }
}

/// Begins to make a queue in the database with this address.
pub(super) fn in_database(address: &str) -> Result<DurableBuilder, String> {
    let database = Postgres::builder(address).migrate(true).connect().map_err(|error| error.to_string())?;
    Ok(database.queue(QUEUE))
}

/// A queue in its home.
struct Queue<H> {
    queue: Durable<Letter>,
    home: PhantomData<fn() -> H>,
}

impl<H: Home> Queue<H> {
    fn with_lease(place: &Place, lease: Option<Duration>) -> Result<Self, String> {
        let queue = H::queue(place)?;
        let queue = match lease {
            Some(lease) => queue.lease(lease),
            None => queue,
        };
        let queue = queue.build().map_err(|error| error.to_string())?;
        Ok(Self { queue, home: PhantomData })
    }
}

impl<H: Home> Store for Queue<H> {
    const ENGINE: Engine = H::ENGINE;

    fn open(place: &Place) -> Result<Self, String> {
        Self::with_lease(place, None)
    }

    fn put(&self, letter: Letter) -> Result<(), String> {
        self.queue.put(letter).map(drop).map_err(|error| error.to_string())
    }

    fn fill(&self, letters: Vec<Letter>) -> Result<(), String> {
        self.queue.put_many(letters).map(drop).map_err(|error| error.to_string())
    }

    fn waiting(&self) -> Result<u64, String> {
        let stats = self.queue.stats().map_err(|error| error.to_string())?;
        Ok(stats.ready.iter().sum())
    }

    fn start<A: Handler>(&self, workers: usize, handler: A) -> Result<Box<dyn Any>, String> {
        let start = |_| {
            let handler = handler.clone();
            let worker = pyaltt::queue(move |letter: Letter, _: &mut Context| handler(letter));
            worker.queue(self.queue.clone()).start().map_err(|error| error.to_string())
        };
        let workers = (0..workers).map(start).collect::<Result<Vec<_>, _>>()?;
        Ok(Box::new(Workers { workers, queue: self.queue.clone() }))
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
