//! What is put while a worker is paused: nothing is lost, nothing wakes it, and the others go on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Flow, PutErrorKind, Queue, Turn, Waker, Worker,
    crossbeam_channel, event, queue,
};
use testkit::os_thread::{OsThread, spawn_asleep};
use testkit::{AnyWorker, DequeQueue, Probe, until};

use super::{Kind, LONG, sleeps};
use crate::flavour::{Flavour, wait_until_thread_is_asleep};

const PAUSES: usize = 100_000;

/// Which tasks of each producer have run, and how often.
#[derive(Default)]
struct Ran(Arc<Mutex<[Vec<u8>; 2]>>);

impl Ran {
    fn note(&self, (producer, number): (usize, usize)) {
        let tasks = &mut self.0.lock().unwrap()[producer];
        if tasks.len() <= number {
            tasks.resize(number + 1, 0);
        }
        tasks[number] += 1;
    }

    fn all_of(&self, put: [usize; 2]) {
        let ran = self.0.lock().unwrap();
        for (tasks, put) in ran.iter().zip(put) {
            assert_eq!(tasks.len(), put);
            assert!(tasks.iter().all(|count| *count == 1), "lost or run twice");
        }
    }
}

/// Puts tasks until it is told that it is over, and returns how many.
fn producer(
    number: usize,
    worker: &BackgroundQueueWorker<(usize, usize)>,
    is_over: &Arc<AtomicBool>,
) -> thread::JoinHandle<usize> {
    let (worker, is_over) = (worker.clone(), Arc::clone(is_over));
    thread::spawn(move || {
        let mut put = 0;
        while !is_over.load(Ordering::Relaxed) {
            worker.put((number, put)).unwrap();
            put += 1;
        }
        put
    })
}

#[apply(bounded)]
fn w2_a_hundred_thousand_pauses_beside_running_producers_lose_no_task() {
    for flavour in Flavour::ALL {
        let (ran, is_over) = (Ran::default(), Arc::new(AtomicBool::new(false)));
        let noted = Ran(Arc::clone(&ran.0));
        let worker = queue(move |task: (usize, usize), _cx| noted.note(task));
        let worker = flavour.bounded(worker, 64).start().unwrap();
        let producers = [0, 1].map(|number| producer(number, &worker, &is_over));
        for pause in 0..PAUSES / Flavour::ALL.len() {
            worker.pause();
            if pause % 64 == 0 {
                worker.pause_wait(LONG).unwrap();
                let turns = worker.stats().turns;
                thread::yield_now();
                assert_eq!(worker.stats().turns, turns);
            }
            worker.resume();
        }
        is_over.store(true, Ordering::Relaxed);
        let put = producers.map(|producer| producer.join().unwrap());
        assert_eq!(worker.drain().unwrap().turns, (put[0] + put[1]) as u64, "{flavour:?}");
        ran.all_of(put);
    }
}

/// Two workers of a queue, each of which is paused while the other is not.
#[apply(bounded)]
fn w2_two_workers_of_a_queue_that_are_paused_in_turn_lose_no_task() {
    for flavour in Flavour::ALL {
        let (ran, is_over) = (Ran::default(), Arc::new(AtomicBool::new(false)));
        let builder = || {
            let noted = Ran(Arc::clone(&ran.0));
            queue(move |task, _cx| noted.note(task))
        };
        let first = flavour.bounded(builder(), 8).start().unwrap();
        let second = builder().queue(first.queue().clone()).start().unwrap();
        let workers = [first, second];
        let producers = [0, 1].map(|number| producer(number, &workers[0], &is_over));
        for pause in 0..500 {
            let [paused, other] = [pause % 2, 1 - pause % 2].map(|index| &workers[index]);
            paused.pause_wait(LONG).unwrap();
            let (turns, others) = (paused.stats().turns, other.stats().turns);
            // The producers go on, so the other one has tasks, and does not sleep through them.
            assert!(until(LONG, || other.stats().turns > others));
            assert_eq!(paused.stats().turns, turns);
            paused.resume();
        }
        is_over.store(true, Ordering::Relaxed);
        let put = producers.map(|producer| producer.join().unwrap());
        // The first one is not to leave what the second one is to take.
        for worker in &workers {
            worker.signal_drain();
        }
        for worker in &workers {
            worker.wait().unwrap();
        }
        ran.all_of(put);
    }
}

#[apply(bounded)]
fn w10_a_flood_wakes_no_paused_worker() {
    for kind in Kind::all() {
        // One that was asleep when it was paused, and one that was paused from the beginning.
        for is_woken in [false, true] {
            let subject = kind.build_with(!is_woken);
            subject.start().unwrap();
            let thread = subject.threads.next();
            if is_woken {
                subject.has_turn();
                if !matches!(kind, Kind::Looped(_)) {
                    wait_until_thread_is_asleep(&thread);
                }
                // The first trigger after it would find it on the event's list of sleepers.
                subject.pause();
            }
            subject.pause_wait(LONG).unwrap();
            let (turns, before) = (subject.stats().turns, sleeps(&thread));
            for _ in 0..10_000 {
                subject.give();
            }
            assert_eq!((sleeps(&thread), subject.stats().turns), (before, turns), "{kind:?}");
            subject.resume();
            subject.has_turn_after(turns);
            subject.stop().unwrap();
            if let AnyWorker::Queue(worker) = &subject.worker {
                drop(worker.take_pending());
            }
        }
    }
}

/// Shows its waker.
struct Rung(Probe<Waker>, Probe<testkit::os_thread::OsThread>);

impl Worker for Rung {
    type Task = u32;

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        self.0.add(cx.waker());
        self.1.add(testkit::os_thread::OsThread::current());
        Ok(())
    }

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }
}

#[apply(bounded)]
fn w10_a_flood_of_rings_wakes_no_paused_worker() {
    for flavour in Flavour::ALL {
        let (wakers, threads) = (Probe::new(), Probe::new());
        let builder = BackgroundQueueWorker::builder(Rung(wakers.clone(), threads.clone()));
        let worker = flavour.unbounded(builder).start().unwrap();
        let (waker, thread) = (wakers.next(), threads.next());
        worker.pause_wait(LONG).unwrap();
        let before = sleeps(&thread);
        for _ in 0..10_000 {
            waker.wake();
        }
        assert_eq!(sleeps(&thread), before, "{flavour:?}");
        worker.put(1).unwrap();
        worker.resume();
        assert!(until(LONG, || worker.stats().turns == 1));
        worker.stop().unwrap();
    }
}

#[apply(bounded)]
fn w9_the_other_workers_of_a_queue_go_on() {
    let queues: [fn() -> Queue<u32>; 4] = [
        Queue::unbounded,
        Queue::lifo,
        || crossbeam_channel::unbounded().into(),
        || DequeQueue::unbounded().into(),
    ];
    for external in queues {
        let external = external();
        let workers = [(); 3].map(|()| queue(|_task: u32, _cx| ()).queue(external.clone()).start().unwrap());
        for paused in &workers {
            paused.pause_wait(LONG).unwrap();
            let before: u64 = workers.iter().map(|worker| worker.stats().turns).sum();
            let own = paused.stats().turns;
            for task in 0..100 {
                external.put(task).unwrap();
            }
            let turns = || workers.iter().map(|worker| worker.stats().turns).sum::<u64>();
            assert!(until(LONG, || turns() == before + 100));
            assert_eq!(paused.stats().turns, own);
            paused.resume();
        }
        for worker in &workers {
            worker.stop().unwrap();
        }
    }
}

/// Every flavour, bounded, and a channel that has no room at all.
#[apply(bounded)]
fn a_bounded_queue_of_a_paused_worker_fills_up_and_its_producers_wait() {
    for flavour in Flavour::ALL {
        for capacity in [1, 64] {
            let worker = flavour.bounded(queue(|_task: u32, _cx| ()), capacity).start().unwrap();
            worker.pause_wait(LONG).unwrap();
            (0..capacity).for_each(|_| worker.put(1).unwrap());
            assert_eq!(worker.try_put(1).unwrap_err().kind(), PutErrorKind::Full);
            let timed = worker.put_timeout(1, Duration::from_millis(3)).unwrap_err();
            assert_eq!(timed.kind(), PutErrorKind::Timeout, "{flavour:?}");
            let producers = [(); 3].map(|()| {
                let worker = worker.clone();
                spawn_asleep(move || worker.put(1).unwrap())
            });
            assert_eq!((worker.len(), worker.stats().turns), (capacity, 0), "{flavour:?}");
            worker.resume();
            for producer in producers {
                producer.join().unwrap();
            }
            assert_eq!(worker.drain().unwrap().turns, capacity as u64 + 3, "{flavour:?}");
        }
    }
    let worker = queue(|_task: u32, _cx| ()).queue(crossbeam_channel::bounded(0)).start().unwrap();
    worker.pause_wait(LONG).unwrap();
    for _ in 0..100 {
        assert_eq!(worker.try_put(1).unwrap_err().kind(), PutErrorKind::Full, "nobody takes it");
    }
    let producer = spawn_asleep({
        let worker = worker.clone();
        move || worker.put(1).unwrap()
    });
    worker.resume();
    producer.join().unwrap();
    assert!(until(LONG, || worker.stats().turns == 1));
    worker.stop().unwrap();
}

/// Workers that share a channel receive in their sleep. After a pause has returned they do not.
#[apply(bounded)]
fn w7_workers_of_a_channel_that_receive_in_their_sleep_receive_nothing_after_a_pause() {
    let external: Queue<u32> = crossbeam_channel::unbounded().into();
    let threads = Probe::new();
    let workers = [(); 2].map(|()| {
        let threads = threads.clone();
        let worker = queue(|_task: u32, _cx| ()).queue(external.clone());
        worker.after_start(move |_cx| threads.add(OsThread::current())).start().unwrap()
    });
    let threads = [(); 2].map(|()| threads.next());
    for round in 0..500 {
        // One that is awake may have looked for a pause already, and take one more task.
        threads.iter().for_each(wait_until_thread_is_asleep);
        for worker in &workers {
            worker.pause();
        }
        external.put(round).unwrap();
        for worker in &workers {
            worker.pause_wait(LONG).unwrap();
        }
        assert_eq!(external.len(), 1);
        workers[round as usize % 2].resume();
        assert!(until(LONG, || external.is_empty()));
        for worker in &workers {
            worker.resume();
        }
    }
    for worker in &workers {
        worker.stop().unwrap();
    }
}

#[apply(bounded)]
fn an_event_that_is_triggered_in_a_pause_makes_one_turn_at_the_resume() {
    let counts = Probe::new();
    let sink = counts.clone();
    let bell = event(move |trigger, _cx| sink.add(trigger.count)).start().unwrap();
    for count in [1, 7] {
        bell.pause_wait(LONG).unwrap();
        (0..count).for_each(|_| bell.trigger());
        assert!(counts.is_empty());
        bell.resume();
        assert_eq!(counts.next(), count);
    }
    bell.stop().unwrap();
    assert!(counts.is_empty());
}
