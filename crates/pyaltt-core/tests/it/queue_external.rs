//! Queues that users bring.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;

use crossbeam_channel::{bounded, unbounded};
use pyaltt_core::{
    BackgroundQueueWorker, Context, ExitReason, Flow, PutErrorKind, Queue, StopError, TaskQueue, Turn, Waker,
    Worker, WorkerError, WorkerErrorKind, queue,
};
use testkit::{Probe, Turnstile, failed};

#[apply(bounded)]
fn an_external_receiver_is_worked_off_and_its_end_finishes_the_run() {
    let (sender, receiver) = unbounded();
    let seen = Probe::new();
    let sink = seen.clone();
    let worker = queue(move |task: u32, _cx| sink.add(task)).queue(receiver).start().unwrap();
    sender.send(1).unwrap();
    assert_eq!(seen.next(), 1);
    (2..100).for_each(|task| sender.send(task).unwrap());
    drop(sender);
    let exit = worker.wait().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 99));
    assert_eq!(seen.all(), (2..100).collect::<Vec<_>>());
}

#[apply(bounded)]
fn a_start_on_a_receiver_whose_senders_are_gone_finishes_at_once() {
    let (sender, receiver) = unbounded::<u32>();
    drop(sender);
    let worker = queue(|_task, _cx| ()).queue(receiver).build().unwrap();
    for run in 1..=2 {
        worker.start().unwrap();
        let exit = worker.wait().unwrap();
        assert_eq!((exit.reason, exit.turns, exit.run), (ExitReason::Finished, 0, run));
    }
}

#[apply(bounded)]
fn an_idle_worker_on_a_receiver_stops_at_once_and_goes_on_in_the_next_run() {
    let (sender, receiver) = unbounded();
    let seen = Probe::new();
    let sink = seen.clone();
    let worker = queue(move |task: u32, _cx| sink.add(task)).queue(receiver).start().unwrap();
    assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
    sender.send(1).unwrap();
    assert_eq!(worker.len(), 1);
    worker.start().unwrap();
    assert_eq!(seen.next(), 1);
    worker.stop().unwrap();
}

#[apply(bounded)]
fn a_receiver_alone_takes_no_puts() {
    let (_sender, receiver) = unbounded();
    let worker = queue(|_task: u32, _cx| ()).name("ext").queue(receiver).build().unwrap();
    let error = worker.put(1).unwrap_err();
    assert_eq!(error.kind(), PutErrorKind::ReceiverOnly);
    assert!(error.to_string().starts_with("worker \"ext\": its queue is a receiver only"));
}

#[apply(bounded)]
fn a_pair_takes_puts_blocks_when_full_and_closes() {
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let worker = queue(move |_task: u32, _cx| held.pass()).queue(bounded(1)).start().unwrap();
    worker.put(1).unwrap();
    turnstile.wait();
    worker.put(2).unwrap();
    assert_eq!(worker.try_put(3).unwrap_err().kind(), PutErrorKind::Full);
    assert_eq!(worker.put_timeout(3, Duration::from_millis(1)).unwrap_err().kind(), PutErrorKind::Timeout);
    let blocked = std::thread::spawn({
        let worker = worker.clone();
        move || worker.put(4)
    });
    worker.close();
    let error = blocked.join().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Closed, 4));
    turnstile.release();
    turnstile.release();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 2));
}

#[apply(bounded)]
fn a_drain_takes_what_the_channel_holds_then() {
    let (sender, receiver) = unbounded();
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let worker = queue(move |_task: u32, _cx| held.pass()).queue(receiver).start().unwrap();
    (0..3).for_each(|task| sender.send(task).unwrap());
    turnstile.wait();
    let drain = std::thread::spawn({
        let worker = worker.clone();
        move || worker.drain().unwrap()
    });
    while worker.is_active() {
        std::thread::yield_now();
    }
    (0..3).for_each(|_| turnstile.release());
    let exit = drain.join().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 3));
}

/// The simplest possible queue.
struct OwnQueue<T>(Mutex<VecDeque<T>>);

impl<T> Default for OwnQueue<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Send + 'static> TaskQueue for OwnQueue<T> {
    type Task = T;

    fn put(&self, task: T) -> Result<(), T> {
        self.0.lock().unwrap().push_back(task);
        Ok(())
    }

    fn take(&self) -> Option<T> {
        self.0.lock().unwrap().pop_front()
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// A queue that hands out the shortest text first, holds at most two, and can be filled from outside.
#[derive(Clone, Default)]
struct Shortest(Arc<Mutex<(VecDeque<String>, Option<Waker>)>>);

impl TaskQueue for Shortest {
    type Task = String;

    fn put(&self, task: String) -> Result<(), String> {
        let texts = &mut self.0.lock().unwrap().0;
        if texts.len() == 2 {
            return Err(task);
        }
        texts.push_back(task);
        texts.make_contiguous().sort_by_key(String::len);
        Ok(())
    }

    fn take(&self) -> Option<String> {
        self.0.lock().unwrap().0.pop_front().inspect(|text| assert_ne!(text, "poison", "poison was taken"))
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().0.len()
    }

    fn subscribe(&self, waker: Waker) {
        let old = self.0.lock().unwrap().1.replace(waker);
        assert!(old.is_none(), "a worker subscribes once");
    }
}

#[apply(bounded)]
fn a_task_queue_of_the_users_is_worked_in_its_own_order() {
    let seen = Probe::new();
    let sink = seen.clone();
    let worker = queue(move |task: String, _cx| sink.add(task)).queue(Shortest::default()).build().unwrap();
    worker.put("long".into()).unwrap();
    worker.put("xs".into()).unwrap();
    assert_eq!(worker.try_put("one too many".into()).unwrap_err().kind(), PutErrorKind::Full);
    worker.start().unwrap();
    assert_eq!((seen.next(), seen.next()), ("xs".into(), "long".into()));
    // A put into the full queue waits until the worker has taken a task.
    for n in 0..100 {
        worker.put(n.to_string()).unwrap();
    }
    let exit = worker.drain().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 102));
}

#[apply(bounded)]
fn a_task_queue_filled_from_outside_wakes_its_worker() {
    let (seen, texts) = (Probe::new(), Shortest::default());
    let sink = seen.clone();
    let worker = queue(move |task: String, _cx| sink.add(task)).queue(texts.clone()).start().unwrap();
    for run in 0..3 {
        let waker = texts.0.lock().unwrap().1.clone();
        texts.put(run.to_string()).unwrap();
        if let Some(waker) = waker {
            waker.wake();
        }
        assert_eq!(seen.next(), run.to_string());
        worker.stop().unwrap();
        worker.start().unwrap();
    }
}

#[apply(bounded)]
fn a_closed_task_queue_is_worked_off_and_finishes() {
    let worker = queue(|_task: String, _cx| ()).queue(Shortest::default()).build().unwrap();
    worker.put("last".into()).unwrap();
    worker.close();
    assert_eq!(worker.put("late".into()).unwrap_err().kind(), PutErrorKind::Closed);
    worker.start().unwrap();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 1));
}

#[apply(bounded)]
fn a_task_queue_that_panics_fails_the_run_and_not_the_program() {
    let worker = queue(|_task: String, _cx| ()).queue(Shortest::default()).build().unwrap();
    worker.put("poison".into()).unwrap();
    worker.start().unwrap();
    let exit = failed(worker.wait());
    assert_eq!(exit.reason, ExitReason::Failed);
    assert!(matches!(
        exit.error.as_deref().map(WorkerError::kind),
        Some(WorkerErrorKind::Panicked(panic)) if panic.message().contains("poison")
    ));
}

/// A queue whose `put` closes it, waits until its worker has looked again, and panics.
#[derive(Clone, Default)]
struct Slammed {
    queue: Arc<OnceLock<Queue<u32>>>,
    is_closed: Arc<AtomicBool>,
    look: Arc<(Mutex<u32>, Condvar)>,
}

impl TaskQueue for Slammed {
    type Task = u32;

    fn put(&self, task: u32) -> Result<(), u32> {
        self.is_closed.store(true, Ordering::SeqCst);
        self.queue.get().unwrap().close();
        let (looks, looked) = &*self.look;
        drop(looked.wait_while(looks.lock().unwrap(), |looks| *looks == 0).unwrap());
        panic!("task {task} is not for this queue");
    }

    fn take(&self) -> Option<u32> {
        if self.is_closed.load(Ordering::SeqCst) {
            *self.look.0.lock().unwrap() += 1;
            self.look.1.notify_all();
        }
        None
    }

    fn len(&self) -> usize {
        0
    }
}

#[apply(bounded)]
fn a_worker_whose_queue_is_closed_finishes_when_the_last_put_has_panicked() {
    let slammed = Slammed::default();
    let worker = queue(|_task, _cx| ()).queue(slammed.clone()).start().unwrap();
    slammed.queue.set(worker.queue().clone()).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| worker.put(1))).is_err());
    // The worker looked while the put was still in progress, so the end of the put has to wake it.
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
}

#[apply(bounded)]
fn take_pending_of_a_queue_that_refills_takes_what_was_there() {
    /// Each take makes room for the next number.
    #[derive(Default)]
    struct Endless(Mutex<u32>);

    impl TaskQueue for Endless {
        type Task = u32;

        fn put(&self, task: u32) -> Result<(), u32> {
            Err(task)
        }

        fn take(&self) -> Option<u32> {
            let mut next = self.0.lock().unwrap();
            *next += 1;
            assert!(*next < 1_000, "tasks are taken without end");
            Some(*next)
        }

        fn len(&self) -> usize {
            3
        }
    }

    let worker = queue(|_task: u32, _cx| ()).queue(Endless::default()).build().unwrap();
    assert_eq!(worker.take_pending(), [1, 2, 3]);
    assert_eq!(worker.take_pending(), [4, 5, 6]);
}

/// Drains itself in its first turn and then puts a task. If `emptied`, it takes all tasks in between.
struct Drainer(Arc<OnceLock<BackgroundQueueWorker<&'static str>>>);

impl Worker for Drainer {
    type Task = &'static str;

    fn run(&mut self, task: &'static str, _cx: &mut Context) -> Turn {
        let own = self.0.get().unwrap();
        if task != "second" {
            assert!(matches!(own.drain(), Err(StopError::FromWorker { .. })));
            if task == "emptied" {
                assert_eq!(own.take_pending(), ["second"]);
            }
            own.put("later").unwrap();
        }
        Ok(Flow::Continue)
    }
}

#[apply(bounded)]
fn a_drain_leaves_what_comes_after_it() {
    let queues: [fn() -> Queue<&'static str>; 3] =
        [|| unbounded().into(), || OwnQueue::default().into(), Queue::unbounded];
    let queues = queues.into_iter().flat_map(|queue| [(queue(), "first", 2), (queue(), "emptied", 1)]);
    for (queue, first, turns) in queues {
        let own = Arc::default();
        let worker = BackgroundQueueWorker::builder(Drainer(Arc::clone(&own))).queue(queue).build().unwrap();
        own.set(worker.clone()).unwrap();
        worker.put(first).unwrap();
        worker.put("second").unwrap();
        worker.start().unwrap();
        assert_eq!(worker.wait().unwrap().turns, turns);
        assert_eq!(worker.take_pending(), ["later"]);
        // The worker holds its own handle, so that has to be taken out.
        drop(worker.into_inner::<Drainer>());
    }
}
