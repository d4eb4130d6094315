//! Wakers: they ring the inbox of a worker of any kind from outside.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crossbeam_channel::unbounded;
use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, Context, Flow, Handle, Inbox,
    ManualClock, NoTask, Queue, Tick, Turn, Waker, Worker, event, looped, queue,
};
use testkit::os_thread::OsThread;
use testkit::{DequeQueue, Probe};

use crate::flavour::wait_until_asleep;

/// Nobody lives to see it.
fn never() -> Instant {
    Instant::now() + Duration::from_secs(24 * 3600)
}

/// What a worker shows of itself.
struct Shown<T> {
    wakers: Probe<Waker>,
    threads: Probe<OsThread>,
    got: Probe<Result<T, NoTask>>,
}

impl<T> Default for Shown<T> {
    fn default() -> Self {
        Self { wakers: Probe::new(), threads: Probe::new(), got: Probe::new() }
    }
}

impl<T> Clone for Shown<T> {
    fn clone(&self) -> Self {
        Self { wakers: self.wakers.clone(), threads: self.threads.clone(), got: self.got.clone() }
    }
}

/// Waits for a turn without an end, and shows what came.
struct Waits<T>(Shown<T>);

impl<T: Send + 'static> Worker for Waits<T> {
    type Task = T;

    fn run(&mut self, _task: T, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn r#loop(&mut self, inbox: &mut Inbox<T>) -> Result<(), BoxError> {
        assert_eq!(inbox.waker(), inbox.context().waker());
        self.0.wakers.add(inbox.waker());
        loop {
            self.0.threads.add(OsThread::current());
            let got = inbox.next_deadline(never());
            let has_ended = matches!(got, Err(NoTask::Ended));
            self.0.got.add(got);
            if has_ended {
                return Ok(());
            }
        }
    }
}

/// Rings an idle worker, gives it a turn, stops it, and rings it in its next run by the waker of the first.
fn ring<T>(worker: &Handle, shown: &Shown<T>, give: impl Fn()) {
    let waker = shown.wakers.next();
    for run in 1..=2 {
        for _ in 0..3 {
            wait_until_asleep(&shown.threads);
            waker.wake();
            assert!(matches!(shown.got.next(), Err(NoTask::NotYet)), "run {run}");
        }
        wait_until_asleep(&shown.threads);
        give();
        assert!(shown.got.next().is_ok(), "run {run}");
        wait_until_asleep(&shown.threads);
        worker.stop().unwrap();
        assert!(matches!(shown.got.next(), Err(NoTask::Ended)));
        // It is kept for the next run.
        if run == 1 {
            waker.wake();
            worker.start().unwrap();
            assert_eq!(shown.wakers.next(), waker);
            shown.threads.next();
            assert!(matches!(shown.got.next(), Err(NoTask::NotYet)));
        }
    }
}

#[apply(bounded)]
fn a_waker_rings_a_queue_worker_of_each_flavour() {
    let queues: [Queue<u32>; 3] = [Queue::unbounded(), unbounded().into(), DequeQueue::unbounded().into()];
    for queue in queues {
        let shown = Shown::default();
        let worker = BackgroundQueueWorker::builder(Waits(shown.clone())).queue(queue).start().unwrap();
        ring(&worker, &shown, || worker.put(1).unwrap());
    }
}

#[apply(bounded)]
fn a_waker_rings_an_event_worker() {
    let shown = Shown::default();
    let worker = BackgroundEventWorker::builder(Waits(shown.clone())).start().unwrap();
    ring(&worker, &shown, || worker.trigger());
}

#[apply(bounded)]
fn a_waker_rings_a_looped_worker_and_makes_no_tick_early() {
    for realtime in [false, true] {
        let (shown, clock) = (Shown::<Tick>::default(), ManualClock::new());
        let worker = BackgroundWorker::builder(Waits(shown.clone()))
            .delay_before(Duration::from_millis(10))
            .realtime(realtime)
            .clock(clock.clone())
            .start()
            .unwrap();
        ring(&worker, &shown, || clock.advance(Duration::from_millis(10)));
    }
}

#[apply(bounded)]
fn a_looped_worker_without_a_loop_of_its_own_ticks_as_if_nobody_rang() {
    let (clock, wakers, ticks) = (ManualClock::new(), Probe::new(), Probe::new());
    let (give, sink) = (wakers.clone(), ticks.clone());
    let worker = looped(move |tick: Tick, cx| {
        give.add(cx.waker());
        sink.add(tick.index);
    });
    let worker = worker.interval(Duration::from_millis(10)).clock(clock.clone()).start().unwrap();
    assert_eq!(ticks.next(), 0);
    let waker = wakers.next();
    (0..1000).for_each(|_| waker.wake());
    clock.advance_to_next();
    assert_eq!(ticks.next(), 1);
    assert_eq!(worker.stop().unwrap().turns, 2);
}

/// Rings that come while a turn runs end one wait, and no second one.
#[apply(bounded)]
fn rings_before_a_wait_are_kept_as_one() {
    struct Once(Probe<Waker>, Probe<OsThread>, Probe<Result<u32, NoTask>>);

    impl Worker for Once {
        type Task = u32;

        fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }

        fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
            // Rung by another thread, and before there is a wait.
            let waker = cx.waker();
            std::thread::spawn(move || (0..5).for_each(|_| waker.wake())).join().unwrap();
            self.0.add(cx.waker());
            Ok(())
        }

        fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
            // This one does not wait, and takes no ring.
            assert_eq!(inbox.try_next(), Err(NoTask::NotYet));
            for _ in 0..2 {
                self.1.add(OsThread::current());
                self.2.add(inbox.next_deadline(never()));
            }
            // A `next` looks again and goes on waiting, and the ring is for the wait after it.
            self.1.add(OsThread::current());
            self.2.add(inbox.next().ok_or(NoTask::Ended));
            self.2.add(inbox.next_deadline(never()));
            Ok(())
        }
    }

    let queues: [Queue<u32>; 3] = [Queue::unbounded(), unbounded().into(), DequeQueue::unbounded().into()];
    for queue in queues {
        let (wakers, threads, got) = (Probe::new(), Probe::new(), Probe::new());
        let once = Once(wakers.clone(), threads.clone(), got.clone());
        let worker = BackgroundQueueWorker::builder(once).queue(queue).start().unwrap();
        threads.next();
        assert_eq!(got.next(), Err(NoTask::NotYet));
        wait_until_asleep(&threads);
        worker.put(1).unwrap();
        assert_eq!(got.next(), Ok(1), "the wait was ended by a ring that was used up");
        wait_until_asleep(&threads);
        wakers.next().wake();
        worker.put(2).unwrap();
        assert_eq!(got.next(), Ok(2));
        assert_eq!(got.next(), Err(NoTask::NotYet));
        worker.wait().unwrap();
    }
}

#[apply(bounded)]
fn a_task_comes_before_a_ring() {
    struct Both(Probe<Result<u32, NoTask>>);

    impl Worker for Both {
        type Task = u32;

        fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }

        fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
            inbox.waker().wake();
            (0..2).for_each(|_| self.0.add(inbox.next_deadline(never())));
            Ok(())
        }
    }

    let queues: [Queue<u32>; 3] = [Queue::unbounded(), unbounded().into(), DequeQueue::unbounded().into()];
    for queue in queues {
        let got = Probe::new();
        let worker = BackgroundQueueWorker::builder(Both(got.clone())).queue(queue).build().unwrap();
        worker.put(7).unwrap();
        worker.start().unwrap();
        worker.wait().unwrap();
        assert_eq!(got.all(), [Ok(7), Err(NoTask::NotYet)]);
    }
}

#[apply(bounded)]
fn a_ring_ends_no_sleep_and_reaches_a_worker_that_is_gone() {
    let (clock, wakers, slept) = (ManualClock::new(), Probe::new(), Probe::new());
    let (give, sink) = (wakers.clone(), slept.clone());
    let worker = event(move |_trigger, cx| {
        give.add(cx.waker());
        sink.add(cx.sleep(Duration::from_secs(1)));
    });
    let worker = worker.clock(clock.clone()).start().unwrap();
    worker.trigger();
    let waker = wakers.next();
    (0..1000).for_each(|_| waker.wake());
    assert!(slept.is_empty());
    clock.advance_to_next();
    assert_eq!(slept.next(), Flow::Continue);
    worker.stop().unwrap();
    drop(worker);
    waker.wake();
}

#[apply(bounded)]
fn wakers_of_one_worker_are_equal_and_others_are_not() {
    let wakers = Probe::new();
    let start = || {
        let give = wakers.clone();
        let worker = queue(move |_task: u32, cx| (0..2).for_each(|_| give.add(cx.waker()))).start().unwrap();
        worker.put(1).unwrap();
        worker
    };
    let workers = [start(), start()];
    wakers.wait_for(4);
    let all: Vec<Waker> = wakers.all();
    let different: HashSet<Waker> = all.iter().cloned().collect();
    assert_eq!((all.len(), different.len()), (4, 2));
    assert_eq!(all[0], all[0].clone());
    assert_eq!(format!("{:?}", all[0]), format!("{:?}", all[0].clone()));
    for worker in workers {
        worker.stop().unwrap();
    }
}
