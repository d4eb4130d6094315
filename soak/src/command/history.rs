//! A history at scale: a hundred million tasks, with faults and restarts all the time.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::SendError;
use pyaltt::{BackgroundQueueWorker, PutError, PutErrorKind};
use testkit::Fate;
use testkit::watchdog::{Watchdog, Watched};

use crate::account::asks::AskTotals;
use crate::account::findings::{Findings, Kind};
use crate::account::round_account::FATES;
use crate::account::task::Task;
use crate::command;
use crate::plan::fault::{Faults, Rates};
use crate::plan::mix::mix;
use crate::round::askers::Askers;
use crate::round::settle::settle;
use crate::round::{Round, Size};
use crate::subject::kind::Kinds;
use crate::subject::worker::Subject;
use crate::table;
use crate::watch::growth::Samples;
use crate::watch::sample::{self, Sample};

/// Puts a great many tasks into queues of every kind while their workers fail, panic, stop and start
///
/// Two threads put tasks into the queues in bursts; two others stop and start the workers all the while.
/// Every five million tasks or so, everything is stopped and accounted for.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many tasks to put at least
    #[arg(long, default_value_t = 100_000_000)]
    tasks: u64,
    /// How many panics to inject at least
    #[arg(long, default_value_t = 100_000)]
    panics: u64,
    /// How many times to stop and start a worker at least
    #[arg(long, default_value_t = 100_000)]
    cycles: u64,
    /// The seed of the faults and of the order of the queues [default: random]
    #[arg(long)]
    seed: Option<u64>,
}

/// Rare enough for a hundred million tasks to take minutes, and frequent enough for some hundred thousand of them to
/// panic.
const RATES: Rates = Rates { turn: 400, whim: 0, destructor: 4_000, hook: 64 };

/// The pause of a thread between two restarts.
const PAUSE: Duration = Duration::from_millis(1);

const PRODUCERS: u16 = 2;
const STARTERS: u64 = 2;

/// How many tasks a producer puts into one queue before it goes to the next.
const BURST: usize = 64;

/// One task in how many is a question.
const QUESTIONS: u64 = 20;

/// How many bursts a producer has in one epoch.
const BURSTS: usize = 40_000;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let seed = command::seed(options.seed);
    let findings = Arc::new(Findings::new(seed));
    let faults = Faults::new(seed, RATES);
    let watchdog = Watchdog::start(format!("FAILURE (seed {seed})"), command::STALL)?;
    let threads = sample::threads();
    let size = Size {
        bound: 512,
        kinds: Kinds::Queues,
        workers: Kinds::Queues.len(),
        threads: PRODUCERS.into(),
        steps: BURSTS,
        groups: 0,
    };
    let (mut tasks, mut fates, cycles) = (0, [0; Fate::ALL.len()], AtomicU64::new(0));
    let mut asks = AskTotals::default();
    let (mut samples, mut epoch) = (Samples::new(), 0);
    let began = Instant::now();
    let is_done = |tasks| {
        tasks >= options.tasks
            && faults.panics() >= options.panics
            && cycles.load(Ordering::Relaxed) >= options.cycles
    };
    while !is_done(tasks) && findings.total() == 0 {
        epoch += 1;
        findings.enter(epoch);
        faults.reseed(mix(seed ^ epoch));
        let round = Round::new(size, &faults, &findings)?;
        watchdog.watch(Some(Arc::clone(&round) as Arc<dyn Watched>));
        play(&round, mix(seed ^ epoch), &cycles);
        settle(&round, seed, threads);
        watchdog.watch(None);
        tasks += round.account().ledger.issued();
        asks.add(&round.account().asks);
        for fate in FATES {
            fates[fate as usize] += round.account().fate(fate);
        }
        drop(round);
        samples.add(Sample::take());
        println!(
            "{:4.0} s: {} tasks, {} panics, {} errors, {} restarts",
            began.elapsed().as_secs_f64(),
            table::thousands(tasks),
            table::thousands(faults.panics()),
            table::thousands(faults.errors()),
            table::thousands(cycles.load(Ordering::Relaxed)),
        );
    }
    for growth in samples.growth() {
        findings.add(Kind::Growth, format_args!("{growth}"));
    }
    let counts = [
        ("tasks put", tasks),
        ("of these run", fates[Fate::Ran as usize]),
        ("handed back by put", fates[Fate::HandedBack as usize]),
        ("taken out", fates[Fate::TakenOut as usize]),
        ("evicted by a policy", fates[Fate::Evicted as usize]),
        ("dropped with their queue", fates[Fate::Dropped as usize]),
        ("questions", asks.asked),
        ("of these answered", asks.answered),
        ("gone without an answer", asks.unanswered),
        ("ended with their worker", asks.ended),
        ("injected panics", faults.panics()),
        ("injected errors", faults.errors()),
        ("stop and start cycles", cycles.load(Ordering::Relaxed)),
        ("lost", findings.count(Kind::Lost)),
        ("duplicated", findings.count(Kind::Duplicated)),
        ("unexpected", findings.count(Kind::Unexpected)),
        ("out of order", findings.count(Kind::OutOfOrder)),
        ("miscounted", findings.count(Kind::Miscounted)),
        ("misbehaved", findings.count(Kind::Misbehaved)),
        ("grown", findings.count(Kind::Growth)),
    ];
    let rows: Vec<_> =
        counts.iter().map(|(what, count)| vec![(*what).to_owned(), table::thousands(*count)]).collect();
    let title = format!("History at scale, in {:.0} s", began.elapsed().as_secs_f64());
    table::print(&title, &["what", "how many"], &rows);
    findings.verdict()
}

/// Feeds the queues of a round until its tasks are used up, while its workers are restarted.
fn play(round: &Round, seed: u64, cycles: &AtomicU64) {
    let subjects: Vec<Subject> = (0..round.slots()).map(|slot| round.subject(slot)).collect();
    for subject in &subjects {
        drop(subject.worker.start());
    }
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for starter in 0..STARTERS {
            let (subjects, is_over) = (&subjects, &is_over);
            scope.spawn(move || restart(subjects, is_over, cycles, seed ^ starter));
        }
        let producers: Vec<_> = (0..PRODUCERS)
            .map(|producer| {
                let subjects = &subjects;
                scope.spawn(move || feed(round, subjects, producer, seed))
            })
            .collect();
        for producer in producers {
            // The scope reports a panic of the soak itself.
            let _ = producer.join();
        }
        is_over.store(true, Ordering::SeqCst);
    });
}

fn restart(subjects: &[Subject], is_over: &AtomicBool, cycles: &AtomicU64, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(mix(seed));
    while !is_over.load(Ordering::SeqCst) {
        let worker = &subjects[rng.usize(..subjects.len())].worker;
        // Two threads may meet at one worker, and a hook may fail; that does not count as a cycle.
        let is_cycle = worker.stop().is_ok() && worker.start().is_ok();
        cycles.fetch_add(is_cycle.into(), Ordering::Relaxed);
        // The producers need the processors too.
        thread::sleep(PAUSE);
    }
}

fn feed(round: &Round, subjects: &[Subject], producer: u16, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(mix(seed ^ u64::from(producer) << 32));
    for _ in 0..BURSTS {
        let Some((queue, source)) = subjects[rng.usize(..subjects.len())].queue() else { continue };
        for _ in 0..BURST {
            let Some(task) = Task::new(&source.account, producer, true) else { return };
            let refused = match &source.sender {
                Some(sender) => sender.send(task).err().map(SendError::into_inner),
                None => put(&round.askers, queue, task),
            };
            if let Some(mut task) = refused {
                task.end(Fate::HandedBack);
            }
        }
    }
}

/// Puts a task, and starts a worker that has failed or ended for it. Returns the task if it was refused.
fn put(askers: &Askers, worker: &BackgroundQueueWorker<Task>, task: Task) -> Option<Task> {
    let put = |task: Task| match task.dice() % QUESTIONS {
        0 => askers.ask(task, |question| worker.ask(question)),
        _ => worker.put(task),
    };
    let error = put(task).err()?;
    if !matches!(error.kind(), PutErrorKind::WorkerFailed | PutErrorKind::NotRunning) {
        return Some(error.into_inner());
    }
    // Otherwise most tasks would come back, until a restart happens to hit this worker.
    drop(worker.start());
    put(error.into_inner()).err().map(PutError::into_inner)
}
