//! Loops of the worker's own: a pause acts at the inbox.

use std::time::{Duration, Instant};

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BoxError, Context, ExitReason, Flow, Inbox, ManualClock,
    NoTask, StopError, Turn, Waker, Worker,
};
use testkit::{Probe, Turnstile};

use super::LONG;
use crate::flavour::Flavour;

/// Takes one task and all that are there beside it, and then runs them. It is held before and after it looks for more.
struct Batches {
    held: Turnstile,
    ran: Probe<Vec<u32>>,
}

impl Worker for Batches {
    type Task = u32;

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
        while let Some(task) = inbox.next() {
            let mut batch = vec![task];
            self.held.pass();
            batch.extend(std::iter::from_fn(|| inbox.try_next().ok()));
            self.held.pass();
            for task in &batch {
                let _ = inbox.turn(self, *task);
            }
            self.ran.add(batch);
        }
        Ok(())
    }
}

#[apply(bounded)]
fn w7_what_a_batch_has_taken_is_run_and_it_takes_no_more() {
    for flavour in Flavour::ALL {
        let (held, ran) = (Turnstile::new(), Probe::new());
        let batches = Batches { held: held.clone(), ran: ran.clone() };
        let worker = flavour.unbounded(BackgroundQueueWorker::builder(batches)).start().unwrap();
        worker.put(1).unwrap();
        held.wait();
        worker.put(2).unwrap();
        worker.pause();
        held.release();
        held.wait();
        // What it has taken is still to be run, although it has asked its inbox.
        assert!(matches!(worker.pause_wait(Duration::ZERO), Err(StopError::Timeout { .. })));
        held.release();
        worker.pause_wait(LONG).unwrap();
        assert_eq!((ran.all(), worker.len()), (vec![vec![1]], 1), "{flavour:?}");
        worker.resume();
        held.wait();
        held.release();
        held.release();
        assert_eq!(ran.next(), [2]);
        worker.stop().unwrap();
    }
}

/// Waits until a time by its clock, again and again.
struct Waits<T> {
    clock: ManualClock,
    wakers: Probe<Waker>,
    got: Probe<Result<T, NoTask>>,
}

impl<T: Send + 'static> Worker for Waits<T> {
    type Task = T;

    fn run(&mut self, _task: T, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn r#loop(&mut self, inbox: &mut Inbox<T>) -> Result<(), BoxError> {
        use pyaltt_core::Clock;
        self.wakers.add(inbox.waker());
        loop {
            let got = inbox.next_deadline(self.clock.now() + Duration::from_secs(10));
            let has_ended = matches!(got, Err(NoTask::Ended));
            self.got.add(got);
            if has_ended {
                return Ok(());
            }
        }
    }
}

/// Pauses it in its wait, and ends that wait by its time, by a ring, by a resume and by a stop.
fn ends_each_wait<T: std::fmt::Debug>(
    worker: &pyaltt_core::Handle,
    waits: (&ManualClock, &Probe<Waker>, &Probe<Result<T, NoTask>>),
    give: impl Fn(),
) {
    let (clock, wakers, got) = waits;
    let waker = wakers.next();
    clock.wait_for_sleepers(1);
    worker.pause_wait(LONG).unwrap();
    give();
    clock.wait_for_sleepers(1);
    assert_eq!(clock.advance_to_next(), Duration::from_secs(10));
    assert!(matches!(got.next(), Err(NoTask::NotYet)));
    clock.wait_for_sleepers(1);
    waker.wake();
    assert!(matches!(got.next(), Err(NoTask::NotYet)));
    clock.wait_for_sleepers(1);
    worker.pause_wait(LONG).unwrap();
    assert!(got.is_empty());
    worker.resume();
    assert!(got.next().is_ok());
    clock.wait_for_sleepers(1);
    worker.pause_wait(LONG).unwrap();
    worker.stop().unwrap();
    assert!(matches!(got.next(), Err(NoTask::Ended)));
}

#[apply(bounded)]
fn w7_a_next_deadline_in_progress_waits_for_its_time_a_ring_or_the_resume() {
    // The time of a channel is the machine's.
    for flavour in [Flavour::Fifo, Flavour::Lifo, Flavour::Priority, Flavour::Custom] {
        let (clock, wakers, got) = (ManualClock::new(), Probe::new(), Probe::new());
        let waits = Waits { clock: clock.clone(), wakers: wakers.clone(), got: got.clone() };
        let builder = BackgroundQueueWorker::<u32>::builder(waits).clock(clock.clone());
        let worker = flavour.unbounded(builder).start().unwrap();
        ends_each_wait(&worker, (&clock, &wakers, &got), || worker.put(1).unwrap());
    }
    let (clock, wakers, got) = (ManualClock::new(), Probe::new(), Probe::new());
    let waits = Waits { clock: clock.clone(), wakers: wakers.clone(), got: got.clone() };
    let worker = BackgroundEventWorker::builder(waits).clock(clock.clone()).start().unwrap();
    ends_each_wait(&worker, (&clock, &wakers, &got), || worker.trigger());
}

/// Waits by the machine's clock, for a moment or for a day, as the task before says.
struct ByTheMachine(Probe<Waker>, Probe<Result<u32, NoTask>>);

impl Worker for ByTheMachine {
    type Task = u32;

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
        self.0.add(inbox.waker());
        let mut wait = 24 * LONG;
        loop {
            let got = inbox.next_deadline(Instant::now() + wait);
            match got {
                Ok(task) => wait = Duration::from_micros(u64::from(task)),
                Err(NoTask::NotYet) => wait = 24 * LONG,
                Err(NoTask::Ended) => return Ok(()),
            }
            self.1.add(got);
        }
    }
}

#[apply(bounded)]
fn w7_a_next_deadline_of_a_channel_waits_for_its_time_a_ring_or_the_resume() {
    let (wakers, got) = (Probe::new(), Probe::new());
    let clock = ManualClock::new();
    let builder = BackgroundQueueWorker::builder(ByTheMachine(wakers.clone(), got.clone())).clock(clock);
    let worker = Flavour::Channel.unbounded(builder).start().unwrap();
    let waker = wakers.next();
    worker.pause_wait(LONG).unwrap();
    worker.put(100).unwrap();
    waker.wake();
    assert_eq!(got.next(), Err(NoTask::NotYet));
    worker.resume();
    assert_eq!(got.next(), Ok(100));
    assert_eq!(got.next(), Err(NoTask::NotYet), "its time is over");
    worker.pause_wait(LONG).unwrap();
    worker.put(100).unwrap();
    worker.resume();
    assert_eq!(got.next(), Ok(100));
    worker.stop().unwrap();
}

/// Does something of its own, and never asks its inbox.
struct Deaf(Turnstile);

impl Worker for Deaf {
    type Task = u32;

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn r#loop(&mut self, _inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
        self.0.pass();
        Ok(())
    }
}

#[apply(bounded)]
fn w8_a_pause_wait_for_a_loop_that_never_asks_its_inbox_times_out_with_the_name() {
    let held = Turnstile::new();
    let worker = BackgroundQueueWorker::builder(Deaf(held.clone())).name("deaf").start().unwrap();
    held.wait();
    let error = worker.pause_wait(Duration::from_millis(1)).unwrap_err();
    let StopError::Timeout { worker: name, waited, stuck_turn, .. } = &error else { panic!("{error}") };
    assert_eq!((&**name, *stuck_turn), ("deaf", None));
    assert!(*waited >= Duration::from_millis(1));
    assert!(error.to_string().starts_with(r#"worker "deaf" was still running after "#), "{error}");
    assert!(worker.is_paused() && worker.is_active());
    // A wait that has not given up ends with the loop.
    let waiting = testkit::os_thread::spawn_asleep({
        let worker = worker.clone();
        move || worker.pause_wait(LONG)
    });
    held.release();
    waiting.join().unwrap().unwrap();
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished, "nobody has told it to end");
}
