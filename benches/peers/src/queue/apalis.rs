//! apalis, with its backends in a SQLite file and in PostgreSQL.

use std::any::Any;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};

use ::apalis::prelude::*;
use apalis_postgres::{PgPool, PostgresStorage};
use apalis_sqlite::{SqliteConnectOptions, SqlitePool, SqliteStorage};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::workload::durable::engine::Engine;
use pyaltt_benches::workload::durable::letter::Letter;
use pyaltt_benches::workload::durable::place::Place;
use pyaltt_benches::workload::durable::store::{Handler, Store};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::raw::text;

pub(super) fn contender() -> Contender {
    Contender::new(
        Kind::Jobs,
        "apalis",
        "apalis",
        "SqliteStorage of apalis-sqlite and PostgresStorage of apalis-postgres with their defaults, on a tokio runtime of as \
         many threads as there are processors; push from plain threads; push_bulk stores the tasks that a run begins with; \
         several workers are that many in one process, each with a name of its own. Made as durable as the others: in SQLite \
         synchronous is at FULL for all connections. By default setup() turns it off for one of the ten connections of its \
         pool",
    )
    .stores::<SqliteJobs>()
    .handles::<SqliteJobs>()
    .stores::<PostgresJobs>()
    .handles::<PostgresJobs>()
}

async fn sqlite(place: &Place) -> Result<SqlitePool, String> {
    // What setup() does, but for `synchronous`, which it turns off.
    let options = SqliteConnectOptions::new()
        .filename(place.folder()?.join("jobs.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "64000")
        .pragma("journal_size_limit", "67108864");
    let pool = SqlitePool::connect_with(options).await.map_err(text)?;
    SqliteStorage::migrations().run(&pool).await.map_err(text)?;
    Ok(pool)
}

async fn postgres(place: &Place) -> Result<PgPool, String> {
    let pool = PgPool::connect(place.address()?).await.map_err(text)?;
    PostgresStorage::setup(&pool).await.map_err(text)?;
    Ok(pool)
}

/// The two backends have the same methods, and no trait that says so in a few words.
macro_rules! jobs {
    ($jobs:ident, $engine:expr, $storage:ident, $pool:ident, $open:ident, $waiting:literal) => {
        /// A backend, and the runtime that it lives on.
        struct $jobs {
            pool: $pool,
            backend: $storage<Letter>,
            runtime: Runtime,
        }

        impl Store for $jobs {
            const ENGINE: Engine = $engine;

            fn open(place: &Place) -> Result<Self, String> {
                let runtime =
                    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(text)?;
                let pool = runtime.block_on($open(place))?;
                Ok(Self { backend: $storage::new(&pool), pool, runtime })
            }

            fn put(&self, letter: Letter) -> Result<(), String> {
                let mut backend = self.backend.clone();
                self.runtime.block_on(backend.push(letter)).map_err(text)
            }

            fn fill(&self, letters: Vec<Letter>) -> Result<(), String> {
                let mut backend = self.backend.clone();
                self.runtime.block_on(backend.push_bulk(letters)).map_err(text)
            }

            fn waiting(&self) -> Result<u64, String> {
                let count = sqlx::query_scalar::<_, i64>($waiting);
                let count = self.runtime.block_on(count.fetch_one(&self.pool)).map_err(text)?;
                u64::try_from(count).map_err(text)
            }

            fn start<H: Handler>(&self, workers: usize, handler: H) -> Result<Box<dyn Any>, String> {
                let start = |_| {
                    let handler = handler.clone();
                    let work = move |letter: Letter| {
                        let handler = handler.clone();
                        async move {
                            handler(letter);
                            Ok::<_, Infallible>(())
                        }
                    };
                    let worker = WorkerBuilder::new(name()).backend(self.backend.clone()).build(work);
                    self.runtime.spawn(async move { _ = worker.run().await })
                };
                Ok(Box::new(Workers((0..workers).map(start).collect())))
            }
        }
    };
}

jobs!(
    SqliteJobs,
    Engine::Sqlite,
    SqliteStorage,
    SqlitePool,
    sqlite,
    "select count(*) from Jobs where status = 'Pending'"
);
jobs!(
    PostgresJobs,
    Engine::Postgres,
    PostgresStorage,
    PgPool,
    postgres,
    "select count(*) from apalis.jobs where status = 'Pending'"
);

/// A name that no other worker has.
fn name() -> String {
    static NAMES: AtomicU64 = AtomicU64::new(0);
    format!("worker-{}", NAMES.fetch_add(1, Ordering::Relaxed))
}

/// Workers that end when this is dropped.
struct Workers(Vec<JoinHandle<()>>);

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}
