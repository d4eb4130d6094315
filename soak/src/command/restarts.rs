//! Workers that restart a hundred thousand times while four threads feed them: no task may be lost, nothing may grow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pyaltt::{
    BackgroundQueueWorker, Context, ExitReason, Queue, QueueBuilder, Restart, Turn, queue, queue_from,
};
use testkit::watchdog::{Watchdog, Watched};
use testkit::{EXPECTED, Fate, Ledger, RunOrder, TaskId, until};

use crate::command;
use crate::plan::mix::mix;
use crate::table;
use crate::watch::growth::Samples;
use crate::watch::sample::Sample;

/// Restarts one worker after another a hundred thousand times while four threads put tasks, and fails when anything is
/// lost or grows
///
/// One task in eight makes its turn fail, half of those by a panic, and the worker runs again without a backoff. Each task
/// has an id. A hundred times nothing waits any more, and the process is looked at.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many restarts of each worker at least
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    restarts: u64,
    /// The seed of the faults [default: random]
    #[arg(long)]
    seed: Option<u64>,
}

const PRODUCERS: u16 = 4;

/// One task in how many makes its turn fail.
const FAILS: u64 = 8;

/// How many samples of the process there are.
const SAMPLES: u64 = 100;

/// How long to wait for what should happen at once.
const PATIENCE: Duration = Duration::from_secs(60);

type Build = fn(&Arc<History>) -> QueueBuilder<TaskId>;

const WORKERS: [(&str, Build); 4] = [
    ("unbounded", |history| owned(history)),
    ("bounded 64", |history| owned(history).bounded(64)),
    ("channel", |history| owned(history).queue(Queue::from(crossbeam_channel::unbounded()))),
    ("bounded 64, factory", |history| {
        let history = Arc::clone(history);
        let make = move || {
            let history = Arc::clone(&history);
            Ok(move |task: TaskId, _cx: &mut Context| history.turn(task))
        };
        queue_from(make).bounded(64)
    }),
];

fn owned(history: &Arc<History>) -> QueueBuilder<TaskId> {
    let history = Arc::clone(history);
    queue(move |task: TaskId, _cx| history.turn(task))
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let seed = command::seed(options.seed);
    let watchdog = Watchdog::start(format!("FAILURE (seed {seed})"), command::STALL)?;
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for (index, (name, build)) in WORKERS.iter().enumerate() {
        let of_one = mix(seed ^ index as u64);
        let (row, found) = restart(name, *build, options.restarts, of_one, &watchdog)?;
        rows.push(row);
        wrong.extend(found.into_iter().map(|found| format!("{name}: {found}")));
    }
    let headings = [
        "queue",
        "restarts",
        "tasks",
        "panics",
        "lost",
        "duplicated",
        "unexpected",
        "out of order",
        "threads",
        "descriptors",
        "heap",
        "resident memory",
        "time",
    ];
    table::print("Restarts with 4 producers, first sample and last", &headings, &rows);
    anyhow::ensure!(wrong.is_empty(), "{}", wrong.join("; "));
    Ok(())
}

/// A row of the table, and what is wrong.
fn restart(
    name: &str,
    build: Build,
    restarts: u64,
    seed: u64,
    watchdog: &Watchdog,
) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    // So many tasks that there are enough restarts, give or take the chance of each to fail.
    let tasks = (restarts * FAILS * 21 / 20 + 2_000).div_ceil(SAMPLES * u64::from(PRODUCERS)) * SAMPLES;
    let history = Arc::new(History::new(usize::try_from(tasks)?, seed));
    watchdog.watch(Some(Arc::clone(&history) as Arc<dyn Watched>));
    let worker = build(&history)
        .restart(Restart::on_failure().backoff(Duration::ZERO))
        .on_error(|_error| pyaltt::Flow::Stop)
        .start()?;
    let (mut samples, mut first) = (Samples::new(), None);
    let began = Instant::now();
    for _ in 0..SAMPLES {
        history.feed(&worker, tasks / SAMPLES);
        anyhow::ensure!(
            until(PATIENCE, || history.ledger.ended() == history.ledger.issued()),
            "{name}: {:?} of the tasks never ended",
            history.ledger.lost()
        );
        let sample = Sample::take();
        first.get_or_insert(sample);
        samples.add(sample);
    }
    let time = began.elapsed();
    worker.close();
    let exit = worker.wait()?;
    watchdog.watch(None);

    let (ledger, counted) = (&history.ledger, worker.stats());
    let panics = ledger.fates().values().filter(|fate| **fate == Fate::Dropped).count() as u64;
    let count = |is: fn(&testkit::Misstep) -> bool| {
        history.ledger.missteps().iter().filter(|misstep| is(misstep)).count()
    };
    let lost = ledger.lost().len();
    let duplicated = count(|misstep| matches!(misstep, testkit::Misstep::Duplicated(..)));
    let unexpected = count(|misstep| matches!(misstep, testkit::Misstep::Unexpected(_)));
    let misordered = u64::from(history.is_misordered.load(Ordering::Relaxed));
    let mut wrong = samples.growth();
    let mut check = |is_so: bool, what: String| wrong.extend((!is_so).then_some(what));
    check(lost + duplicated + unexpected == 0, format!("{:?}, lost {lost}", ledger.missteps()));
    check(misordered == 0, "tasks of one producer ran out of order".to_owned());
    check(counted.restarts >= restarts, format!("there were only {} restarts", counted.restarts));
    check(counted.turns == ledger.issued(), format!("{} turns, {} tasks", counted.turns, ledger.issued()));
    check(
        (exit.reason, exit.restarts) == (ExitReason::Finished, counted.restarts),
        format!("the last exit is {exit:?}"),
    );
    let (Some(first), Some(final_one)) = (first, samples.last()) else {
        anyhow::bail!("there were no samples")
    };
    let both = |of: &dyn Fn(&Sample) -> Option<u64>| match (of(&first), of(final_one)) {
        (Some(first), Some(final_one)) => format!("{first} / {final_one}"),
        _ => "unknown".to_owned(),
    };
    let row = vec![
        name.to_owned(),
        table::thousands(counted.restarts),
        table::thousands(ledger.issued()),
        table::thousands(panics),
        lost.to_string(),
        duplicated.to_string(),
        unexpected.to_string(),
        misordered.to_string(),
        both(&|sample| sample.kernel.map(|kernel| kernel.threads)),
        both(&|sample| sample.kernel.map(|kernel| kernel.descriptors)),
        both(&|sample| Some(sample.heap)) + " B",
        both(&|sample| sample.kernel.map(|kernel| kernel.rss_kib)) + " KiB",
        format!("{:.1} s", time.as_secs_f64()),
    ];
    Ok((row, wrong))
}

/// The tasks of one worker.
#[derive(Debug)]
struct History {
    ledger: Ledger,
    order: RunOrder,
    is_misordered: AtomicBool,
    seed: u64,
}

impl History {
    fn new(tasks: usize, seed: u64) -> Self {
        Self {
            ledger: Ledger::new(PRODUCERS.into(), tasks),
            order: RunOrder::new(PRODUCERS.into()),
            is_misordered: AtomicBool::new(false),
            seed,
        }
    }

    /// Each producer puts this many tasks.
    fn feed(&self, worker: &BackgroundQueueWorker<TaskId>, tasks: u64) {
        thread::scope(|scope| {
            for producer in 0..PRODUCERS {
                scope.spawn(move || {
                    for _ in 0..tasks {
                        let Some(task) = self.ledger.issue(producer, 0) else { return };
                        if let Err(error) = worker.put(task) {
                            // A life that goes on refuses nothing, so this shows as a wrong number of turns.
                            _ = self.ledger.end(error.into_inner(), Fate::HandedBack);
                        }
                    }
                });
            }
        });
    }

    /// A turn. A task that makes it panic counts as dropped, so that panics can be told from errors.
    fn turn(&self, task: TaskId) -> Turn {
        let dice = mix(self.seed ^ u64::from(task.producer) << 32 ^ u64::from(task.number));
        if self.order.ran(task).is_err() {
            self.is_misordered.store(true, Ordering::Relaxed);
        }
        let fate = match dice % (2 * FAILS) {
            0 => Fate::Dropped,
            1 => Fate::Failed,
            _ => Fate::Ran,
        };
        // The ledger keeps a misstep.
        _ = self.ledger.end(task, fate);
        match fate {
            Fate::Dropped => panic!("{EXPECTED}task {task}"),
            Fate::Failed => Err(format!("{EXPECTED}task {task}").into()),
            _ => pyaltt::done(),
        }
    }
}

impl Watched for History {
    fn progress(&self) -> u64 {
        self.ledger.issued() + self.ledger.ended()
    }

    fn describe(&self) -> String {
        format!("{} tasks were put, {} have ended", self.ledger.issued(), self.ledger.ended())
    }
}
