//! A history at scale: a hundred million tasks, with faults and restarts all the while.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::SendError;
use pyaltt::PutError;

use crate::fault::{Faults, Rates, mix};
use crate::findings::{Findings, Kind};
use crate::growth::Samples;
use crate::kinds::Kinds;
use crate::ledger::Fate;
use crate::member::Member;
use crate::round::{Round, Size};
use crate::sample::{self, Sample};
use crate::table;
use crate::task::Task;
use crate::watchdog::{Watchdog, Watched};

/// Puts a great many tasks into queues of every kind, while their workers fail, panic, stop and start
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
    /// What decides the faults and the order of the queues [default: random]
    #[arg(long)]
    seed: Option<u64>,
}

/// So seldom that a hundred million tasks take minutes, and so often that some hundred thousand of them
/// panic.
const RATES: Rates = Rates { turn: 400, whim: 0, destructor: 4_000, hook: 64 };

/// Between two restarts of one thread.
const PAUSE: Duration = Duration::from_millis(1);

const PRODUCERS: u16 = 2;
const STARTERS: u64 = 2;

/// Tasks that a producer puts into one queue before it goes to the next.
const BURST: usize = 64;

/// Bursts of one producer in one epoch.
const BURSTS: usize = 40_000;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let seed = crate::seed(options.seed);
    let findings = Arc::new(Findings::new(seed));
    let faults = Faults::new(seed, RATES);
    let watchdog = Watchdog::start(seed)?;
    let threads = sample::threads();
    let size = Size {
        bound: 512,
        kinds: Kinds::Queues,
        workers: Kinds::Queues.len(),
        threads: PRODUCERS.into(),
        steps: BURSTS,
    };
    let (mut tasks, mut fates, cycles) = (0, [0; Fate::ALL.len()], AtomicU64::new(0));
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
        round.settle(seed, threads);
        watchdog.watch(None);
        tasks += round.ledger.issued();
        for fate in Fate::ALL {
            fates[fate as usize] += round.ledger.fate(fate);
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
        ("handed back by put", fates[Fate::Returned as usize]),
        ("taken out", fates[Fate::Taken as usize]),
        ("evicted by a policy", fates[Fate::Evicted as usize]),
        ("dropped with their queue", fates[Fate::Dropped as usize]),
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

/// Feeds the queues of a round until its tasks are used up, and restarts its workers meanwhile.
fn play(round: &Round, seed: u64, cycles: &AtomicU64) {
    let members: Vec<Member> = (0..round.slots()).map(|slot| round.member(slot)).collect();
    for member in &members {
        drop(member.start());
    }
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for starter in 0..STARTERS {
            let (members, is_over) = (&members, &is_over);
            scope.spawn(move || restart(members, is_over, cycles, seed ^ starter));
        }
        let producers: Vec<_> = (0..PRODUCERS)
            .map(|lane| {
                let members = &members;
                scope.spawn(move || feed(members, lane, seed))
            })
            .collect();
        for producer in producers {
            // A panic of the engine's own is reported by the scope.
            let _ = producer.join();
        }
        is_over.store(true, Ordering::SeqCst);
    });
}

fn restart(members: &[Member], is_over: &AtomicBool, cycles: &AtomicU64, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(mix(seed));
    while !is_over.load(Ordering::SeqCst) {
        let member = &members[rng.usize(..members.len())];
        // Two may meet at one worker, and a hook may fail: then it is no cycle.
        let is_cycle = member.stop().is_ok() && member.start().is_ok();
        cycles.fetch_add(is_cycle.into(), Ordering::Relaxed);
        // The producers need the processors as well.
        thread::sleep(PAUSE);
    }
}

fn feed(members: &[Member], lane: u16, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(mix(seed ^ u64::from(lane) << 32));
    for _ in 0..BURSTS {
        let Member::Queue(queue) = &members[rng.usize(..members.len())] else { continue };
        for _ in 0..BURST {
            let Some(task) = Task::new(&queue.book, lane, true) else { return };
            let refused = match &queue.sender {
                Some(sender) => sender.send(task).err().map(SendError::into_inner),
                None => queue.worker.put(task).err().map(PutError::into_inner),
            };
            if let Some(mut task) = refused {
                task.end(Fate::Returned);
            }
        }
    }
}
