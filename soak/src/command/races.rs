//! A put against a close, again and again: no task may be accepted and then lost.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::hint;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::thread;

use parking_lot::Mutex;
use pyaltt::{Queue, queue};
use testkit::DequeQueue;

use crate::table;

/// Puts a task into a queue at the moment in which another thread closes it, ten million times
///
/// Each race has a queue of its own, and two threads that spin until the other is ready, so that the put and the
/// close begin within some nanoseconds; a pause that differs from race to race shifts one against the other. An
/// accepted task has to be in the queue afterwards, and a refused one must not be. In the races with a worker, the
/// worker has to run an accepted task before it finishes.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many races, shared among queues in memory, channels and custom queues
    #[arg(long, default_value_t = 10_000_000)]
    races: u64,
    /// How many races with a worker in addition; a new worker is started for each
    #[arg(long, default_value_t = 100_000)]
    with_worker: u64,
}

/// Makes the queue of a race.
type Make = fn() -> Queue<u64>;

/// The outcomes of the races of one kind.
#[derive(Debug, Default)]
struct Tally {
    accepted: u64,
    refused: u64,
    /// Accepted, and not there afterwards.
    lost: u64,
    /// Refused, and there afterwards.
    appeared: u64,
}

impl Tally {
    fn count(&mut self, is_accepted: bool, found: usize) {
        self.accepted += u64::from(is_accepted);
        self.refused += u64::from(!is_accepted);
        self.lost += u64::from(is_accepted && found == 0);
        self.appeared += u64::from(found > usize::from(is_accepted));
    }
}

/// How many different pauses there are.
const PAUSES: u64 = 64;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let third = options.races / 3;
    let kinds: [(&str, u64, Make); 3] = [
        ("in memory", options.races - 2 * third, Queue::unbounded),
        ("channel", third, || Queue::from(crossbeam_channel::unbounded())),
        ("custom", third, || Queue::from(DequeQueue::unbounded())),
    ];
    let mut rows = Vec::new();
    let mut wrong = 0;
    let mut add = |name: &str, tally: &Tally| {
        wrong += tally.lost + tally.appeared;
        let counts =
            [tally.accepted + tally.refused, tally.accepted, tally.refused, tally.lost, tally.appeared];
        rows.push([name.to_owned()].into_iter().chain(counts.map(table::thousands)).collect::<Vec<_>>());
        println!("{name}: {tally:?}");
    };
    for (name, races, make) in kinds {
        add(name, &race(races, make, |queue, _| queue.take_pending().len()));
        let name = format!("{name}, with a worker");
        add(&name, &with_worker(options.with_worker / 3, make)?);
    }
    let headings = ["queue", "races", "put first", "close first", "accepted and lost", "refused and there"];
    table::print("Put against close", &headings, &rows);
    anyhow::ensure!(wrong == 0, "{wrong} races ended wrong");
    Ok(())
}

/// Races in which a worker takes from the queue. It has to run an accepted task before it finishes.
fn with_worker(races: u64, make: Make) -> anyhow::Result<Tally> {
    let mut failed = None;
    let tally = {
        let mut start = |queue: &Queue<u64>| {
            let started = self::queue(|_: u64, _| ()).queue(queue.clone()).start();
            started.map_err(|error| failed = Some(error)).ok()
        };
        race_with(races, make, &mut start, |queue, worker| {
            let ran = worker.and_then(|worker| worker.wait().ok()).map_or(0, |exit| exit.turns);
            // A closed queue is run to its end, so a task that it left behind is lost.
            drop(queue.take_pending());
            usize::try_from(ran).unwrap_or(usize::MAX)
        })
    };
    failed.map_or(Ok(tally), |error| Err(error.into()))
}

fn race(races: u64, make: Make, found: fn(&Queue<u64>, Option<()>) -> usize) -> Tally {
    race_with(races, make, &mut |_| None, found)
}

/// Runs the races; calls `prepare` before each, and `found` after it for the number of tasks that are there.
fn race_with<P>(
    races: u64,
    make: Make,
    prepare: &mut dyn FnMut(&Queue<u64>) -> Option<P>,
    found: impl Fn(&Queue<u64>, Option<P>) -> usize,
) -> Tally {
    /// There are no more races.
    const OVER: u64 = u64::MAX;
    const PENDING: u8 = 2;
    let (track, ready, outcome) = (Mutex::new(None), AtomicU64::new(0), AtomicU8::new(PENDING));
    let go = AtomicU64::new(0);
    let mut tally = Tally::default();
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1.. {
                // The other thread says when the queue is laid out.
                if wait(|| (ready.load(Ordering::Acquire) >= number).then(|| ready.load(Ordering::Acquire)))
                    == OVER
                {
                    return;
                }
                let queue: Option<Queue<u64>> = track.lock().take();
                let Some(queue) = queue else { return };
                go.store(number, Ordering::SeqCst);
                pause(number % PAUSES);
                let is_accepted = queue.put(number).is_ok();
                drop(queue);
                outcome.store(is_accepted.into(), Ordering::Release);
            }
        });
        for number in 1..=races {
            let queue = make();
            let prepared = prepare(&queue);
            *track.lock() = Some(queue.clone());
            outcome.store(PENDING, Ordering::Relaxed);
            ready.store(number, Ordering::Release);
            wait(|| (go.load(Ordering::SeqCst) == number).then_some(()));
            pause(number / PAUSES % PAUSES);
            queue.close();
            let is_accepted =
                wait(|| Some(outcome.load(Ordering::Acquire)).filter(|outcome| *outcome != PENDING)) == 1;
            tally.count(is_accepted, found(&queue, prepared));
        }
        ready.store(OVER, Ordering::Release);
    });
    tally
}

/// Spins, because the other thread runs on another processor; yields after a while, because there may be only one.
fn wait<R>(ready: impl Fn() -> Option<R>) -> R {
    for round in 0_u32.. {
        if let Some(result) = ready() {
            return result;
        }
        if round > 2_000 {
            thread::yield_now();
        } else {
            hint::spin_loop();
        }
    }
    unreachable!("it waits as long as it takes")
}

fn pause(steps: u64) {
    (0..steps).for_each(|_| hint::spin_loop());
}
