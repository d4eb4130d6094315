//! What a user's queue is asked and told: room and tasks that come from elsewhere, tasks that are not due, and wakers of
//! workers that are gone.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, Context, ExitReason, Flow, PutErrorKind, Queue, State, StopError, TaskQueue, Turn,
    Waker, Worker, queue,
};
use testkit::os_thread::spawn_asleep;
use testkit::{EXPECTED, Probe, Turnstile, silence_expected_panics};

const LONG: Duration = Duration::from_secs(3600);

/// A queue that the test looks into and changes, with tasks that can be held back.
#[derive(Default)]
struct Open {
    tasks: Mutex<VecDeque<u32>>,
    capacity: Option<usize>,
    /// Whether tasks are there and not due.
    is_early: AtomicBool,
    /// Whether all puts are refused.
    is_jammed: AtomicBool,
    /// How often there was nothing to take, and how often a put was refused.
    vain_takes: AtomicUsize,
    vain_puts: AtomicUsize,
    wakers: Mutex<HashSet<Waker>>,
    /// How often a waker came and went.
    changes: AtomicUsize,
}

impl Open {
    fn early() -> Arc<Self> {
        Arc::new(Self { is_early: AtomicBool::new(true), ..Self::default() })
    }

    fn bounded(capacity: usize) -> Arc<Self> {
        Arc::new(Self { capacity: Some(capacity), ..Self::default() })
    }

    fn come_due(&self) {
        self.is_early.store(false, Ordering::SeqCst);
        self.wake();
    }

    fn wake(&self) {
        let wakers = self.wakers.lock().unwrap().clone();
        wakers.iter().for_each(Waker::wake);
    }

    /// Waits until a worker has looked in vain once more.
    fn wait_for_look(&self) {
        let before = self.vain_takes.load(Ordering::SeqCst);
        while self.vain_takes.load(Ordering::SeqCst) == before {
            self.wake();
            std::thread::yield_now();
        }
    }
}

impl TaskQueue for Open {
    type Task = u32;

    fn put(&self, task: u32) -> Result<(), u32> {
        let mut tasks = self.tasks.lock().unwrap();
        if Some(tasks.len()) == self.capacity || self.is_jammed.load(Ordering::SeqCst) {
            self.vain_puts.fetch_add(1, Ordering::SeqCst);
            return Err(task);
        }
        tasks.push_back(task);
        Ok(())
    }

    fn take(&self) -> Option<u32> {
        let is_early = self.is_early.load(Ordering::SeqCst);
        let task = if is_early { None } else { self.tasks.lock().unwrap().pop_front() };
        self.vain_takes.fetch_add(usize::from(task.is_none()), Ordering::SeqCst);
        task
    }

    fn len(&self) -> usize {
        self.tasks.lock().unwrap().len()
    }

    fn subscribe(&self, waker: Waker) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        assert!(self.wakers.lock().unwrap().insert(waker), "a worker subscribes once");
    }

    fn unsubscribe(&self, waker: &Waker) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        assert!(self.wakers.lock().unwrap().remove(waker), "it was subscribed");
    }
}

fn start(open: &Arc<Open>) -> BackgroundQueueWorker<u32> {
    queue(|_task: u32, _cx| ()).queue(Arc::clone(open)).start().unwrap()
}

fn join<const N: usize>(producers: [std::thread::JoinHandle<()>; N]) {
    for producer in producers {
        producer.join().unwrap();
    }
}

fn spawn_put(queue: &Queue<u32>, task: u32) -> std::thread::JoinHandle<()> {
    let queue = queue.clone();
    spawn_asleep(move || queue.put(task).unwrap())
}

// ----- tasks that are not due -----

#[apply(bounded)]
fn a_closed_queue_with_a_delayed_task_is_not_at_its_end() {
    let open = Open::early();
    let first = start(&open);
    let second = queue(|_task: u32, _cx| ()).queue(first.queue().clone()).start().unwrap();
    let workers = [first, second];
    workers[0].put(1).unwrap();
    workers[0].close();
    for _ in 0..10 {
        open.wait_for_look();
    }
    assert!(workers.iter().all(|worker| worker.is_active()), "a task is left");
    open.come_due();
    let exits = workers.map(|worker| worker.wait().unwrap());
    assert!(exits.iter().all(|exit| exit.reason == ExitReason::Finished));
    assert_eq!(exits.iter().map(|exit| exit.turns).sum::<u64>(), 1);
}

#[apply(bounded)]
fn a_stop_ends_the_wait_for_a_delayed_task_of_a_closed_queue() {
    let open = Open::early();
    let worker = start(&open);
    worker.put(1).unwrap();
    worker.close();
    open.wait_for_look();
    assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
    assert_eq!(worker.len(), 1);
    open.come_due();
    assert_eq!(worker.take_pending(), [1]);
}

#[apply(bounded)]
fn a_drain_waits_for_a_delayed_task_and_a_stop_leaves_it() {
    for is_stopped in [false, true] {
        let open = Open::early();
        let worker = start(&open);
        worker.put(1).unwrap();
        worker.signal_drain();
        worker.put(2).unwrap();
        open.wait_for_look();
        assert_eq!(worker.state(), State::Stopping);
        if is_stopped {
            worker.signal_stop();
            assert!(matches!(worker.drain_timeout(LONG), Err(StopError::Left { .. }) | Ok(_)));
            assert_eq!(worker.len(), 2);
            open.come_due();
        } else {
            open.come_due();
            assert_eq!(worker.wait().unwrap().turns, 1);
        }
        drop(worker.take_pending());
    }
}

#[apply(bounded)]
fn take_pending_ends_a_drain_that_waits_for_a_task_that_another_one_took() {
    let open = Open::early();
    let worker = start(&open);
    worker.put(1).unwrap();
    worker.signal_drain();
    open.wait_for_look();
    // Nobody rings the worker but the library.
    open.is_early.store(false, Ordering::SeqCst);
    let taken = worker.take_pending();
    assert_eq!(taken.len() as u64 + worker.wait().unwrap().turns, 1);
}

// ----- room that is made elsewhere -----

#[apply(bounded)]
fn room_that_nobody_told_of_is_found() {
    let open = Open::bounded(1);
    let external = Queue::from(Arc::clone(&open));
    external.put(0).unwrap();
    let producers = [1, 2, 3].map(|task| spawn_put(&external, task));
    for _ in 0..3 {
        // Taken by the program, past the library.
        let mut taken = None;
        while taken.is_none() {
            taken = open.tasks.lock().unwrap().pop_front();
            std::thread::yield_now();
        }
    }
    join(producers);
    assert_eq!(external.take_pending().len(), 1);
}

#[apply(bounded)]
fn a_put_with_a_limit_tries_once_more_when_its_time_is_over() {
    let open = Open::bounded(1);
    let external = Queue::from(Arc::clone(&open));
    external.put(0).unwrap();
    let error = external.put_timeout(1, Duration::from_millis(3)).unwrap_err();
    assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Timeout, 1));
    let producer = std::thread::spawn({
        let external = external.clone();
        move || external.put_timeout(2, LONG)
    });
    open.tasks.lock().unwrap().clear();
    producer.join().unwrap().unwrap();
    assert_eq!(external.take_pending(), [2]);
}

#[apply(bounded)]
fn a_waker_tells_of_room_also_when_the_worker_is_busy_or_stopped() {
    let open = Open::bounded(3);
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let worker = queue(move |_task: u32, _cx| pass.pass()).queue(Arc::clone(&open)).start().unwrap();
    worker.put(0).unwrap();
    turnstile.wait();
    for is_stopped in [false, true] {
        (1..=3).for_each(|task| worker.put(task).unwrap());
        let producers = [4, 5, 6].map(|task| spawn_put(worker.queue(), task));
        open.tasks.lock().unwrap().clear();
        open.wake();
        join(producers);
        open.tasks.lock().unwrap().clear();
        if !is_stopped {
            turnstile.release();
            worker.stop().unwrap();
        }
    }
}

/// A producer that was woken and found no room is served before those who came after it.
#[apply(bounded)]
fn a_producer_that_is_woken_in_vain_keeps_its_place() {
    let open = Open::bounded(1);
    let external = Queue::from(Arc::clone(&open));
    external.put(0).unwrap();
    let producers = [spawn_put(&external, 1), spawn_put(&external, 2)];
    open.is_jammed.store(true, Ordering::SeqCst);
    assert_eq!(external.take_pending(), [0]);
    let vain = open.vain_puts.load(Ordering::SeqCst);
    while open.vain_puts.load(Ordering::SeqCst) < vain + 2 {
        std::thread::yield_now();
    }
    open.is_jammed.store(false, Ordering::SeqCst);
    let mut seen = Vec::new();
    while seen.len() < 2 {
        seen.extend(external.take_pending());
        std::thread::yield_now();
    }
    assert_eq!(seen, [1, 2]);
    join(producers);
}

// ----- wakers of workers that are gone -----

#[apply(bounded)]
fn of_two_thousand_workers_that_are_gone_no_waker_is_left() {
    let open = Arc::<Open>::default();
    for number in 0..2000 {
        let worker = queue(|_task: u32, _cx| ()).queue(Arc::clone(&open)).build().unwrap();
        // Some have never run, and those have no waker.
        if number % 10 > 0 {
            worker.start().unwrap();
            worker.stop().unwrap();
        }
    }
    assert!(open.wakers.lock().unwrap().is_empty());
    assert_eq!(open.changes.load(Ordering::SeqCst), 2 * 1800);
}

#[apply(bounded)]
fn a_waker_is_taken_back_once_and_not_between_two_runs() {
    struct Idle;

    impl Worker for Idle {
        type Task = u32;

        fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
    }

    let open = Arc::<Open>::default();
    let worker = BackgroundQueueWorker::builder(Idle).queue(Arc::clone(&open)).build().unwrap();
    for _ in 0..3 {
        worker.start().unwrap();
        assert_eq!(open.wakers.lock().unwrap().len(), 1);
        worker.stop().unwrap();
        assert_eq!(open.wakers.lock().unwrap().len(), 1);
    }
    assert!(worker.into_inner::<Idle>().is_ok());
    assert!(open.wakers.lock().unwrap().is_empty());
    // The last handle goes while the run goes on.
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let busy =
        queue(move |_task: u32, _cx| pass.pass()).queue(Queue::from(Arc::clone(&open))).start().unwrap();
    busy.put(1).unwrap();
    turnstile.wait();
    drop(busy);
    assert_eq!(open.wakers.lock().unwrap().len(), 1, "its turn is not over");
    turnstile.release();
    while !open.wakers.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(open.changes.load(Ordering::SeqCst), 4);
}

#[apply(bounded)]
fn a_panic_as_a_waker_is_taken_back_goes_no_further() {
    struct Rude(Probe<()>);

    impl TaskQueue for Rude {
        type Task = u32;

        fn put(&self, task: u32) -> Result<(), u32> {
            Err(task)
        }

        fn take(&self) -> Option<u32> {
            None
        }

        fn len(&self) -> usize {
            0
        }

        fn unsubscribe(&self, _waker: &Waker) {
            self.0.add(());
            panic!("{EXPECTED}no");
        }
    }

    silence_expected_panics();
    let calls = Probe::new();
    let worker = queue(|_task: u32, _cx| ()).queue(Rude(calls.clone())).start().unwrap();
    worker.stop().unwrap();
    drop(worker);
    assert_eq!(calls.len(), 1);
}

// ----- pointers to queues -----

#[apply(bounded)]
fn a_pointer_to_a_queue_is_a_queue() {
    let open = Open::bounded(2);
    let dynamic: Arc<dyn TaskQueue<Task = u32>> = open.clone();
    let boxed: Box<dyn TaskQueue<Task = u32>> = Box::new(Arc::clone(&open));
    for external in [Queue::from(Arc::clone(&open)), Queue::from(dynamic), Queue::from(boxed)] {
        let worker = queue(|_task: u32, _cx| ()).queue(external).build().unwrap();
        worker.put(1).unwrap();
        worker.put(2).unwrap();
        assert_eq!(worker.try_put(3).unwrap_err().kind(), PutErrorKind::Full);
        assert_eq!((open.len(), worker.len(), worker.is_empty()), (2, 2, false));
        worker.start().unwrap();
        assert_eq!(open.wakers.lock().unwrap().len(), 1);
        assert_eq!(worker.drain().unwrap().turns, 2);
        drop(worker);
        assert!(open.wakers.lock().unwrap().is_empty());
    }
}
