//! Time that misbehaves: spurious wake-ups, and turns that take longer than their interval.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pyaltt::timing::Parker;
use pyaltt_core::{
    Clock, Flow, ManualClock, Poll, Precise, Realtime, Strategy, SystemClock, TaskQueue, Tick, Waited, Waker,
    event, looped, queue,
};
use testkit::Probe;

/// The machine's clock, with parked threads that keep waking up spuriously.
#[derive(Clone, Debug, Default)]
struct Nervous(Arc<AtomicU64>);

impl Clock for Nervous {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn epoch(&self) -> Instant {
        SystemClock.epoch()
    }

    fn park(&self, parker: &Parker, deadline: Option<Instant>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        let soon = Instant::now() + Duration::from_micros(50);
        parker.park_deadline(deadline.map_or(soon, |deadline| deadline.min(soon)));
    }

    fn spin(&self, parker: &Parker, until: Instant, interrupted: &dyn Fn() -> bool) -> Waited {
        SystemClock.spin(parker, until, interrupted)
    }
}

#[apply(bounded)]
fn a_wake_up_for_nothing_makes_no_tick_early_whatever_the_strategy() {
    let interval = Duration::from_millis(2);
    let strategies: [Box<dyn Strategy>; 3] =
        [Box::new(Precise), Box::new(Realtime::default()), Box::new(Poll::default())];
    for strategy in strategies {
        let (clock, early) = (Nervous::default(), Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&early);
        let worker = looped(move |tick: Tick, cx| {
            if Instant::now() < tick.scheduled {
                flag.store(true, Ordering::SeqCst);
            }
            cx.turn_number() < 10
        })
        .interval(interval)
        .clock(clock.clone())
        .strategy(strategy)
        .build()
        .unwrap();
        let began = Instant::now();
        worker.start().unwrap();
        assert_eq!(worker.wait().unwrap().turns, 10);
        assert!(began.elapsed() >= 9 * interval, "ten ticks take at least nine intervals");
        assert!(!early.load(Ordering::SeqCst));
        assert!(clock.0.load(Ordering::SeqCst) > 10, "it woke up spuriously");
    }
}

#[apply(bounded)]
fn a_wake_up_for_nothing_makes_no_turn_and_ends_no_sleep() {
    let clock = Nervous::default();
    let queued = queue(|_task: u8, _cx| ()).clock(clock.clone()).start().unwrap();
    let evented = event(|_trigger, _cx| ()).clock(clock.clone()).start().unwrap();
    let slept = looped(|_tick, cx| {
        let began = Instant::now();
        let flow = cx.sleep(Duration::from_millis(5));
        assert!(flow == Flow::Continue && began.elapsed() >= Duration::from_millis(5));
        cx.turn_number() < 3
    })
    .clock(clock.clone())
    .start()
    .unwrap();
    assert_eq!(slept.wait().unwrap().turns, 3);
    while clock.0.load(Ordering::SeqCst) < 100 {
        std::thread::yield_now();
    }
    assert_eq!((queued.stop().unwrap().turns, evented.stop().unwrap().turns), (0, 0));
}

#[apply(bounded)]
fn unparking_the_thread_of_a_worker_does_nothing() {
    let threads = Probe::new();
    let sink = threads.clone();
    let worker = queue(move |_task: u8, _cx| sink.add(std::thread::current())).start().unwrap();
    let ticks = threads.clone();
    let ticking = looped(move |_tick, _cx| ticks.add(std::thread::current())).interval(Duration::MAX);
    let ticking = ticking.start().unwrap();
    worker.put(1).unwrap();
    let threads = [threads.next(), threads.next()];
    for _ in 0..10_000 {
        threads.iter().for_each(std::thread::Thread::unpark);
    }
    assert_eq!((worker.stop().unwrap().turns, ticking.stop().unwrap().turns), (1, 1));
}

/// A queue that is always empty, and whose waker is called all the same.
#[derive(Clone, Default)]
struct Hollow(Arc<std::sync::OnceLock<Waker>>, Arc<AtomicU64>);

impl TaskQueue for Hollow {
    type Task = u8;
    fn put(&self, task: u8) -> Result<(), u8> {
        Err(task)
    }
    fn take(&self) -> Option<u8> {
        self.1.fetch_add(1, Ordering::SeqCst);
        None
    }
    fn len(&self) -> usize {
        0
    }
    fn subscribe(&self, waker: Waker) {
        let _ = self.0.set(waker);
    }
}

#[apply(bounded)]
fn a_waker_that_rings_for_nothing_makes_a_look_and_no_turn() {
    let hollow = Hollow::default();
    let worker = queue(|_task: u8, _cx| ()).queue(hollow.clone()).start().unwrap();
    let waker = hollow.0.wait();
    while hollow.1.load(Ordering::SeqCst) < 50 {
        waker.wake();
        std::thread::yield_now();
    }
    assert_eq!(worker.stop().unwrap().turns, 0);
}

#[apply(bounded)]
fn a_turn_that_takes_longer_than_its_interval_overlaps_with_none() {
    let (clock, inside) = (ManualClock::new(), Arc::new(AtomicBool::new(false)));
    let (turns, time) = (Probe::new(), clock.clone());
    let sink = turns.clone();
    let worker = looped(move |tick: Tick, cx| {
        assert!(!inside.swap(true, Ordering::SeqCst), "two turns at once");
        time.advance(Duration::from_millis(35));
        sink.add((tick.index, tick.missed));
        inside.store(false, Ordering::SeqCst);
        cx.turn_number() < 4
    })
    .interval(Duration::from_millis(10))
    .clock(clock)
    .start()
    .unwrap();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.turns, exit.panics), (4, 0));
    let all = turns.all();
    let missed: u64 = all.iter().map(|(_, missed)| missed).sum();
    assert_eq!(all[3].0, 3 + missed, "every tick was a turn or was missed: {all:?}");
    assert!(missed >= 6, "{all:?}");
}

#[apply(bounded)]
fn a_turn_that_panics_keeps_to_the_interval_as_any_other() {
    // A worker that panics in every turn does not become a busy loop: it waits for its next tick.
    let (clock, turns) = (ManualClock::new(), Probe::new());
    let sink = turns.clone();
    let worker = looped(move |tick: Tick, _cx| -> () {
        sink.add(tick.index);
        panic!("every turn");
    })
    .on_error(|_| ())
    .interval(Duration::from_millis(10))
    .clock(clock.clone())
    .start()
    .unwrap();
    for index in 0..5 {
        assert_eq!(turns.next(), index);
        clock.wait_for_sleepers(1);
        assert!(turns.all().is_empty());
        clock.advance(Duration::from_millis(10));
    }
    worker.stop().unwrap();
}
