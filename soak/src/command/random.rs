//! The soak itself: round after round of random operations, until the time is over.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use testkit::Fate;
use testkit::watchdog::{Watchdog, Watched};

use crate::account::asks::AskTotals;
use crate::account::findings::{Findings, Kind};
use crate::account::round_account::FATES;
use crate::command;
use crate::plan::fault::{Faults, Rates};
use crate::plan::mix::mix;
use crate::round::play::play;
use crate::round::settle::settle;
use crate::round::{Round, Size};
use crate::subject::tested::Groups;
use crate::watch::growth::Samples;
use crate::watch::sample::{self, Sample};

/// How often a line reports the progress.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Every run has some faults, and most turns have none.
const RATES: Rates = Rates { turn: 48, whim: 96, destructor: 64, hook: 24 };

/// Sums over all rounds.
#[derive(Debug, Default)]
struct Totals {
    rounds: u64,
    steps: u64,
    runs: u64,
    turns: u64,
    tasks: u64,
    restarts: u64,
    gave_up: u64,
    met_waiting: u64,
    met_paused: u64,
    pauses: u64,
    /// Started, refused, ended by themselves; runs that ended for a restart of their group.
    groups: [u64; 4],
    asks: AskTotals,
    fates: [u64; Fate::ALL.len()],
}

impl Totals {
    fn add(&mut self, round: &Round) {
        self.rounds += 1;
        self.steps += round.steps();
        self.runs += round.world().runs.load(Ordering::Relaxed);
        self.turns += round.world().turns.load(Ordering::Relaxed);
        self.tasks += round.account().ledger.issued();
        self.asks.add(&round.account().asks);
        self.restarts += round.world().restarts.load(Ordering::Relaxed);
        self.gave_up += round.world().gave_up.load(Ordering::Relaxed);
        self.met_waiting += round.world().met_waiting.load(Ordering::Relaxed);
        self.met_paused += round.world().met_paused.load(Ordering::Relaxed);
        self.pauses += round.world().pauses.load(Ordering::Relaxed);
        let Groups { started, refused, gave_up, held } = &round.world().groups;
        for (sum, count) in self.groups.iter_mut().zip([started, refused, gave_up, held]) {
            *sum += count.load(Ordering::Relaxed);
        }
        for fate in FATES {
            self.fates[fate as usize] += round.account().fate(fate);
        }
    }
}

/// Goes on until the time is over, and fails when anything was found.
pub(crate) fn run(time: Duration, size: Size, seed: u64) -> anyhow::Result<()> {
    let findings = Arc::new(Findings::new(seed));
    let faults = Faults::new(seed, RATES);
    let watchdog = Watchdog::start(format!("FAILURE (seed {seed})"), command::STALL)?;
    let threads = sample::threads();
    if threads.is_none() {
        println!("there is no /proc/self/status here, so only the heap is watched for growth");
    }
    let (mut samples, mut totals) = (Samples::new(), Totals::default());
    let began = Instant::now();
    let mut told = began;
    while began.elapsed() < time && findings.total() == 0 {
        let number = totals.rounds + 1;
        findings.enter(number);
        faults.reseed(mix(seed ^ number));
        let round = Round::new(size, &faults, &findings)?;
        watchdog.watch(Some(Arc::clone(&round) as Arc<dyn Watched>));
        play(&round, seed, number);
        settle(&round, seed, threads);
        watchdog.watch(None);
        totals.add(&round);
        drop(round);
        samples.add(Sample::take());
        if told.elapsed() > REPORT_EVERY {
            told = Instant::now();
            progress(began, &totals, &faults, &samples);
        }
    }
    progress(began, &totals, &faults, &samples);
    if !samples.are_enough() {
        println!("too few rounds to say whether anything grew; give it more time");
    }
    for growth in samples.growth() {
        findings.add(Kind::Growth, format_args!("{growth}"));
    }
    println!(
        "restarts: {}, given up {}, operations in a backoff {}",
        totals.restarts, totals.gave_up, totals.met_waiting
    );
    println!("pauses: {}, operations on a paused worker {}", totals.pauses, totals.met_paused);
    let [started, refused, gave_up, held] = totals.groups;
    println!(
        "groups: {started}, not started {refused}, ended by themselves {gave_up}, runs ended for a restart together {held}"
    );
    let AskTotals { asked, answered, unanswered, ended } = totals.asks;
    println!(
        "questions: {asked}, answered {answered}, gone without an answer {unanswered}, ended with their worker {ended}"
    );
    println!("tasks: {}", FATES.map(|fate| format!("{fate:?} {}", totals.fates[fate as usize])).join(", "));
    println!(
        "lost {}, duplicated {}, unexpected {}, out of order {}, miscounted {}, misbehaved {}, grown {}",
        findings.count(Kind::Lost),
        findings.count(Kind::Duplicated),
        findings.count(Kind::Unexpected),
        findings.count(Kind::OutOfOrder),
        findings.count(Kind::Miscounted),
        findings.count(Kind::Misbehaved),
        findings.count(Kind::Growth),
    );
    findings.verdict()
}

fn progress(began: Instant, totals: &Totals, faults: &Faults, samples: &Samples) {
    let Totals { rounds, steps, runs, turns, tasks, .. } = totals;
    let (panics, errors) = (faults.panics(), faults.errors());
    let memory = samples.last().map_or_else(String::new, |sample| {
        let kernel = sample.kernel.map_or_else(String::new, |kernel| {
            format!(", {} threads, {} fds, RSS {} KiB", kernel.threads, kernel.descriptors, kernel.rss_kib)
        });
        format!("heap {} B{kernel}", sample.heap)
    });
    println!(
        "{:4.0} s: {rounds} rounds, {steps} steps, {runs} runs, {turns} turns, {tasks} tasks, {panics} panics, \
         {errors} errors; {memory}",
        began.elapsed().as_secs_f64(),
    );
}
