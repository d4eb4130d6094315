//! A put against a close, again and again: none may be accepted and then be lost.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::collections::VecDeque;
use std::hint;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::thread;

use parking_lot::{Mutex, MutexGuard};
use pyaltt::{Queue, TaskQueue, queue};

use crate::table;

/// Puts a task into a queue at the moment in which another thread closes it, ten million times
///
/// Each race has a queue of its own, and two threads that wait for each other awake, so that the put and the
/// close begin within some nanoseconds; a pause that differs from race to race moves one against the other. A
/// task that was accepted has to be in the queue afterwards, and one that was refused must not be. In the
/// races with a worker, it has to run an accepted task before it finishes.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many races, over the queues in memory, of a channel and of the user's own
    #[arg(long, default_value_t = 10_000_000)]
    races: u64,
    /// How many races with a worker besides, which starts anew for each
    #[arg(long, default_value_t = 100_000)]
    with_worker: u64,
}

/// Makes the queue of a race.
type Make = fn() -> Queue<u64>;

/// What came of the races of one kind.
#[derive(Debug, Default)]
struct Tally {
    accepted: u64,
    refused: u64,
    /// Accepted, and not there.
    lost: u64,
    /// Refused, and there.
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

/// How many places the pause of a race moves through.
const PAUSES: u64 = 64;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let third = options.races / 3;
    let kinds: [(&str, u64, Make); 3] = [
        ("in memory", options.races - 2 * third, Queue::unbounded),
        ("channel", third, || Queue::from(crossbeam_channel::unbounded())),
        ("the user's own", third, || Queue::from(Plain::default())),
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

/// Races in which a worker takes from the queue: it has to run what was accepted before it finishes.
fn with_worker(races: u64, make: Make) -> anyhow::Result<Tally> {
    let mut failed = None;
    let tally = {
        let mut start = |queue: &Queue<u64>| {
            let started = self::queue(|_: u64, _| ()).queue(queue.clone()).start();
            started.map_err(|error| failed = Some(error)).ok()
        };
        race_with(races, make, &mut start, |queue, worker| {
            let ran = worker.and_then(|worker| worker.wait().ok()).map_or(0, |exit| exit.turns);
            // What it did not run it has left behind, which is wrong: a closed queue is run to its end.
            drop(queue.take_pending());
            usize::try_from(ran).unwrap_or(usize::MAX)
        })
    };
    failed.map_or(Ok(tally), |error| Err(error.into()))
}

fn race(races: u64, make: Make, found: fn(&Queue<u64>, Option<()>) -> usize) -> Tally {
    race_with(races, make, &mut |_| None, found)
}

/// Runs the races; `prepare` is called before each, and `found` after it to say how many tasks there are.
fn race_with<P>(
    races: u64,
    make: Make,
    prepare: &mut dyn FnMut(&Queue<u64>) -> Option<P>,
    found: impl Fn(&Queue<u64>, Option<P>) -> usize,
) -> Tally {
    /// No race any more.
    const OVER: u64 = u64::MAX;
    const PENDING: u8 = 2;
    let (track, ready, outcome) = (Mutex::new(None), AtomicU64::new(0), AtomicU8::new(PENDING));
    let go = AtomicU64::new(0);
    let mut tally = Tally::default();
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1.. {
                // The other thread has laid the queue out when it says so.
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

/// Waits awake, for the other thread is running on another processor; where there is only one, it lets it
/// run.
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
    unreachable!("it waits for as long as it takes")
}

fn pause(steps: u64) {
    (0..steps).for_each(|_| hint::spin_loop());
}

/// The simplest queue of a user's own.
#[derive(Default)]
struct Plain(Mutex<VecDeque<u64>>);

impl Plain {
    fn tasks(&self) -> MutexGuard<'_, VecDeque<u64>> {
        self.0.lock()
    }
}

impl TaskQueue for Plain {
    type Task = u64;

    fn put(&self, task: u64) -> Result<(), u64> {
        self.tasks().push_back(task);
        Ok(())
    }

    fn take(&self) -> Option<u64> {
        self.tasks().pop_front()
    }

    fn len(&self) -> usize {
        self.tasks().len()
    }
}
