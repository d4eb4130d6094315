//! One line chooses where the tasks of a queue are: in memory, in a file, or on a server. All else is the same.
//! What that costs is measured on the way: puts of one thread and of 16, and turns of one worker, alone and in batches.

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use pyaltt::{batch, prelude::*};

const PRODUCERS: usize = 16;
const BATCH: usize = 100;

/// Tasks a second.
fn rate(tasks: usize, began: Instant) -> f64 {
    f64::from(u32::try_from(tasks).unwrap_or(u32::MAX)) / began.elapsed().as_secs_f64()
}

fn measure(engine: &str, queue: &Queue<String>, tasks: usize) -> Result<(), BoxError> {
    let letter = "x".repeat(200);

    let began = Instant::now();
    (0..tasks).try_for_each(|_| queue.put(letter.clone()))?;
    let put = rate(tasks, began);
    let began = Instant::now();
    let worker = pyaltt::queue(|_: String, _cx| ()).queue(queue.clone()).start()?;
    assert_eq!(worker.drain()?.turns, u64::try_from(tasks)?);
    let run = rate(tasks, began);

    let began = Instant::now();
    thread::scope(|scope| {
        let producer = || (0..tasks / PRODUCERS).try_for_each(|_| queue.put(letter.clone()));
        let producers: Vec<_> = (0..PRODUCERS).map(|_| scope.spawn(producer)).collect();
        producers.into_iter().try_for_each(|producer| producer.join().expect("it does not panic"))
    })?;
    let put_by_many = rate(tasks / PRODUCERS * PRODUCERS, began);
    let began = Instant::now();
    let worker =
        batch(BATCH, Duration::ZERO, |_: Vec<String>, _cx: &mut Context| ()).queue(queue.clone()).start()?;
    worker.drain()?;
    let run_in_batches = rate(tasks / PRODUCERS * PRODUCERS, began);

    println!("{engine:10} {put:12.0} {put_by_many:12.0} {run:12.0} {run_in_batches:12.0}");
    Ok(())
}

fn main() -> Result<(), BoxError> {
    let tasks = env::args().nth(1).map_or(Ok(100), |tasks| tasks.parse())?;
    println!("a second   put, 1 alone  16 at once  run, 1 alone  100 a batch");

    measure("memory", &Queue::unbounded(), tasks)?;

    let folder = tempfile::tempdir()?;
    let in_file = Sqlite::open(folder.path().join("tasks.db"))?.queue("letters").build()?;
    measure("SQLite", &in_file.into(), tasks)?;

    #[cfg(unix)] // where the server of this example runs, if PostgreSQL is installed
    if let Some(server) = testkit::PostgresServer::if_installed() {
        let database = pyaltt::Postgres::builder(server.url("postgres")).migrate(true).connect()?;
        let in_database = database.queue("letters").build()?;
        measure("PostgreSQL", &in_database.into(), tasks)?;
    }
    Ok(())
}
