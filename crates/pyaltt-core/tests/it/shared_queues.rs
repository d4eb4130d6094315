//! Queues with several workers: drains beside other consumers, and wake-ups that reach one of them.

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, Flow, Queue, QueueBuilder, State, StopError, Turn,
    Worker, queue,
};
use testkit::os_thread::OsThread;
use testkit::{Probe, Turnstile};

use crate::flavour::{Flavour, wait_until_asleep, wait_until_thread_is_asleep};

/// One of two workers of a queue, each of which passes a turnstile of its own in every turn.
struct Held {
    worker: BackgroundQueueWorker<u32>,
    turnstile: Turnstile,
    ran: Probe<u32>,
}

impl Held {
    fn builder(name: &str) -> (QueueBuilder<u32>, Turnstile, Probe<u32>) {
        let (turnstile, ran) = (Turnstile::new(), Probe::new());
        let (pass, log) = (turnstile.clone(), ran.clone());
        let run = move |task: u32, _cx: &mut Context| {
            pass.pass();
            log.add(task);
        };
        (queue(run).name(name), turnstile, ran)
    }

    /// Two workers of a queue of this flavour, each held in its first turn.
    fn two(flavour: Flavour) -> [Self; 2] {
        let (builder, turnstile, ran) = Self::builder("anna");
        let anna = Self { worker: flavour.unbounded(builder).start().unwrap(), turnstile, ran };
        anna.worker.put(100).unwrap();
        anna.turnstile.wait();
        let (builder, turnstile, ran) = Self::builder("bert");
        let worker = builder.queue(anna.worker.queue().clone()).start().unwrap();
        let bert = Self { worker, turnstile, ran };
        anna.worker.put(200).unwrap();
        bert.turnstile.wait();
        [anna, bert]
    }

    /// Lets it run one more turn, and holds it in the next one.
    fn one_turn(&self) {
        self.turnstile.release();
        self.turnstile.wait();
    }

    /// Lets it go to its end.
    fn end(&self) -> Result<Exit, StopError> {
        self.turnstile.release();
        self.turnstile.release_until(|| self.worker.state() == State::Stopped);
        self.worker.wait()
    }
}

/// A drain that is asked for while two tasks are queued runs two, whatever is put later and whatever the other worker
/// takes. First in, first out, and last in, first out, it runs none but those two.
#[apply(bounded)]
fn a_drain_of_one_of_two_workers_runs_no_more_than_was_queued() {
    for flavour in Flavour::ALL {
        let [anna, bert] = Held::two(flavour);
        anna.worker.put_many([1, 2]).unwrap();
        anna.worker.signal_drain();
        anna.worker.put_many([11, 12, 13, 14]).unwrap();
        // The other worker takes a task, and moves the rest to where it takes from.
        bert.one_turn();
        let exit = anna.end().unwrap();
        let run = anna.ran.all();
        assert!(exit.turns <= 3, "{flavour:?}: {run:?}");
        assert_eq!(exit.left, 0, "{flavour:?}");
        if matches!(flavour, Flavour::Fifo | Flavour::Lifo) {
            assert!(run.iter().all(|task| [100, 1, 2].contains(task)), "{flavour:?}: {run:?}");
        }
        bert.worker.signal_stop();
        bert.end().unwrap();
        let left = bert.worker.take_pending().len();
        assert_eq!(run.len() + bert.ran.len() + left, 8, "{flavour:?}");
    }
}

/// Both workers are drained, one after the other, and each runs what was queued at its own time.
#[apply(bounded)]
fn drains_of_two_workers_end_at_positions_of_their_own() {
    let [anna, bert] = Held::two(Flavour::Fifo);
    anna.worker.put_many([1, 2]).unwrap();
    anna.worker.signal_drain();
    anna.worker.put_many([3, 4]).unwrap();
    bert.worker.signal_drain();
    anna.worker.put(5).unwrap();
    assert_eq!(anna.end().unwrap().turns, 3);
    assert_eq!(bert.end().unwrap().turns, 3);
    assert_eq!((anna.ran.all(), bert.ran.all()), (vec![100, 1, 2], vec![200, 3, 4]));
    assert_eq!(bert.worker.take_pending(), [5]);
}

/// What an overtaken drain has left is what was before its position and nobody took.
#[apply(bounded)]
fn an_overtaken_drain_of_one_of_two_workers_says_what_it_left() {
    let [anna, bert] = Held::two(Flavour::Fifo);
    anna.worker.put_many([1, 2, 3]).unwrap();
    anna.worker.signal_drain();
    anna.worker.put_many([11, 12]).unwrap();
    bert.one_turn();
    anna.worker.signal_stop();
    anna.turnstile.release();
    anna.worker.wait().unwrap();
    assert_eq!(anna.worker.last_exit().left, 2);
    assert!(matches!(anna.worker.drain(), Err(StopError::Left { tasks: 2, .. })));
    bert.worker.signal_stop();
    bert.end().unwrap();
}

/// A drain beside a producer that never pauses and another consumer ends.
#[apply(bounded)]
fn a_drain_beside_a_flood_and_another_worker_ends() {
    for flavour in Flavour::ALL {
        let (gate, ended) = (Turnstile::new(), Probe::new());
        let pass = gate.clone();
        let mut is_held = true;
        let run = move |_task: u32, _cx: &mut Context| {
            if std::mem::take(&mut is_held) {
                pass.pass();
            }
        };
        let anna = flavour.unbounded(queue(run)).start().unwrap();
        anna.put(0).unwrap();
        gate.wait();
        anna.put_many(0..500).unwrap();
        let bert = queue(|_task: u32, _cx| ()).queue(anna.queue().clone()).build().unwrap();
        let flood = std::thread::spawn({
            let (queue, ended) = (anna.queue().clone(), ended.clone());
            move || while ended.is_empty() && queue.put(1).is_ok() {}
        });
        // What it has to run is less than what is queued when the call returns.
        anna.signal_drain();
        let queued = anna.len() as u64 + 1;
        bert.start().unwrap();
        gate.release();
        let exit = anna.wait().unwrap();
        ended.add(());
        flood.join().unwrap();
        assert!(exit.turns <= queued, "{flavour:?}: {} of {queued}", exit.turns);
        bert.stop().unwrap();
        drop(bert.take_pending());
    }
}

/// Its stop hook is held.
struct SlowToStop {
    hook: Turnstile,
    threads: Probe<OsThread>,
}

impl Worker for SlowToStop {
    type Task = u32;

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.threads.add(OsThread::current());
        Ok(())
    }

    fn before_stop(&mut self, _cx: &mut Context) {
        self.hook.pass();
    }
}

/// A worker that stops is still the one that a put wakes. It does not keep that to itself until its stop hooks have run.
#[apply(bounded)]
fn a_worker_that_stops_leaves_its_wake_up_to_another_one_at_once() {
    type Order = fn() -> Queue<u32>;
    let orders: [Order; 3] = [Queue::unbounded, Queue::lifo, Queue::priority];
    for order in orders {
        for drained in [false, true] {
            let (hook, threads, ran) = (Turnstile::new(), Probe::new(), Probe::new());
            let tasks = order();
            let bert = queue({
                let (threads, ran) = (threads.clone(), ran.clone());
                move |task: u32, _cx: &mut Context| {
                    ran.add(task);
                    threads.add(OsThread::current());
                }
            });
            let bert = bert.queue(tasks.clone()).start().unwrap();
            tasks.put(0).unwrap();
            wait_until_asleep(&threads);
            let anna = SlowToStop { hook: hook.clone(), threads: threads.clone() };
            let anna = BackgroundQueueWorker::builder(anna).queue(tasks.clone()).start().unwrap();
            wait_until_asleep(&threads);
            // The one that slept last is woken first.
            if drained {
                anna.signal_drain();
            } else {
                anna.signal_stop();
            }
            tasks.put(1).unwrap();
            ran.wait_for(2);
            hook.release();
            anna.wait().unwrap();
            bert.stop().unwrap();
        }
    }
}

/// Shows its thread, and then what it runs.
struct Shown {
    threads: Probe<OsThread>,
    ran: Probe<u64>,
}

impl Worker for Shown {
    type Task = u64;

    fn run(&mut self, task: u64, _cx: &mut Context) -> Turn {
        self.ran.add(task);
        Ok(Flow::Continue)
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.threads.add(OsThread::current());
        Ok(())
    }
}

/// One task wakes one worker, which sleeps once after it.
#[cfg(target_os = "linux")]
#[apply(bounded)]
fn one_task_wakes_one_of_many_idle_workers() {
    const WORKERS: u64 = 32;
    const TASKS: u64 = 300;
    let tasks = Queue::unbounded();
    let (threads, ran) = (Probe::new(), Probe::new());
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let shown = Shown { threads: threads.clone(), ran: ran.clone() };
            BackgroundQueueWorker::builder(shown).queue(tasks.clone()).start().unwrap()
        })
        .collect();
    let threads = threads.all();
    for thread in &threads {
        wait_until_thread_is_asleep(thread);
    }
    let sleeps = || threads.iter().filter_map(OsThread::sleeps).sum::<u64>();
    let before = sleeps();
    for task in 0..TASKS {
        tasks.put(task).unwrap();
        ran.next();
    }
    let slept = sleeps() - before;
    for worker in &workers {
        worker.signal_stop();
    }
    // A herd would be some thousands. A sleep in a lock counts as well.
    assert!(slept <= 3 * TASKS, "{slept} sleeps");
    for worker in &workers {
        worker.wait().unwrap();
    }
}

/// Room for one wakes one of many producers.
#[cfg(target_os = "linux")]
#[apply(bounded)]
fn room_for_one_wakes_one_of_many_producers() {
    const PRODUCERS: u64 = 32;
    const TASKS: u64 = 10;
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let worker = queue(move |_task: u64, _cx| pass.pass()).bounded(1).start().unwrap();
    worker.put(0).unwrap();
    turnstile.wait();
    worker.put(1).unwrap();
    let threads = Probe::new();
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|_| {
            let (worker, threads) = (worker.clone(), threads.clone());
            std::thread::spawn(move || {
                let me = OsThread::current();
                threads.add(me.clone());
                (0..TASKS).for_each(|task| worker.put(task).unwrap());
                me.sleeps().unwrap_or(0)
            })
        })
        .collect();
    for thread in threads.all() {
        wait_until_thread_is_asleep(&thread);
    }
    let tasks = PRODUCERS * TASKS;
    for _ in 0..=tasks {
        turnstile.release();
        turnstile.wait();
    }
    let slept: u64 = producers.into_iter().map(|producer| producer.join().unwrap()).sum();
    assert!(slept <= 3 * tasks, "{slept} sleeps");
    turnstile.release();
    assert_eq!(worker.drain().unwrap().turns, tasks + 2);
}
