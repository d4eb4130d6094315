//! How long a stop takes: of a sleeping worker, and of a worker with a million queued tasks.

use std::time::{Duration, Instant};

use pyaltt::{BackgroundQueueWorker, Context, Flow, Turn, Worker};

use crate::table;

/// Measures how long a stop takes, of an idle worker and of a worker with a million queued tasks
///
/// A stop is timed from its call to its return, when the worker's thread is gone. Tasks are numbers, and a turn
/// adds one. Tasks that were not run have to be in the queue afterwards.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many stops to time of each worker
    #[arg(long, default_value_t = 2_000)]
    stops: u32,
    /// How many tasks are queued when the run begins
    #[arg(long, default_value_t = 1_000_000)]
    tasks: u64,
}

/// How long a worker runs before it is stopped. By then an idle worker sleeps and a busy one is among its tasks.
const RUNS_FOR: Duration = Duration::from_millis(1);

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for (name, tasks) in [("idle", 0), ("busy", options.tasks)] {
        let worker = BackgroundQueueWorker::builder(Sum(0)).name(name).build()?;
        let (mut times, mut least) = (Vec::new(), u64::MAX);
        let mut ran = 0;
        for _ in 0..options.stops {
            let missing = tasks - worker.len() as u64;
            (0..missing).try_for_each(|task| worker.put(task))?;
            worker.start()?;
            std::thread::sleep(RUNS_FOR);
            let began = Instant::now();
            let exit = worker.stop()?;
            times.push(began.elapsed());
            let pending = worker.len() as u64;
            anyhow::ensure!(
                pending + exit.turns == tasks,
                "{pending} of {tasks} tasks wait and {} ran",
                exit.turns
            );
            least = least.min(pending);
            ran += exit.turns;
        }
        let pending = worker.take_pending().len() as u64;
        let sum = worker.into_inner::<Sum>().ok().map(|sum| sum.0);
        anyhow::ensure!(sum == Some(ran), "{ran} tasks ran, {pending} wait, and the worker saw {sum:?}");
        let [median, p99, max] = table::percentiles(times);
        rows.push(vec![name.to_owned(), options.stops.to_string(), least.to_string(), median, p99, max]);
    }
    let headings = ["worker", "stops", "tasks left, at least", "p50", "p99", "max"];
    table::print("Stop latency", &headings, &rows);
    Ok(())
}

/// Counts its tasks.
struct Sum(u64);

impl Worker for Sum {
    type Task = u64;

    fn run(&mut self, _task: u64, _cx: &mut Context) -> Turn {
        self.0 += 1;
        Ok(Flow::Continue)
    }
}
