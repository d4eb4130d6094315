//! The queues of failed workers: producers get their tasks back, until the next run that is ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, ExitReason, Flow, PutError, PutErrorKind, Queue, StartError,
    State, Turn, Worker, queue,
};
use testkit::os_thread::spawn_asleep;
use testkit::{EXPECTED, Turnstile, silence_expected_panics, until};

use crate::flavour::Flavour;

const LONG: Duration = Duration::from_secs(3600);

/// Holds each of its turns, and fails it if the task is 0. Its starts can be held and refused.
#[derive(Clone, Default)]
struct Printer {
    turns: Turnstile,
    starts: Option<Turnstile>,
    refuses: Arc<AtomicBool>,
}

impl Worker for Printer {
    type Task = u32;

    fn run(&mut self, task: u32, _cx: &mut Context) -> Turn {
        self.turns.pass();
        if task == 0 { Err("no paper".into()) } else { Ok(Flow::Continue) }
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        if let Some(starts) = &self.starts {
            starts.pass();
        }
        if self.refuses.load(Ordering::SeqCst) { Err("no power".into()) } else { Ok(()) }
    }
}

fn printer(flavour: Flavour, capacity: usize) -> (BackgroundQueueWorker<u32>, Printer) {
    let printer = Printer::default();
    let builder = BackgroundQueueWorker::builder(printer.clone()).name("printer");
    (flavour.bounded(builder, capacity).build().unwrap(), printer)
}

/// Fails a run of the worker in its first turn, with `pending` left in its queue.
fn fail(worker: &BackgroundQueueWorker<u32>, printer: &Printer, pending: Option<u32>) {
    worker.start().unwrap();
    worker.put(0).unwrap();
    printer.turns.wait();
    pending.iter().for_each(|task| worker.put(*task).unwrap());
    printer.turns.release();
    worker.wait().unwrap_err();
}

fn blocked_put(queue: &Queue<u32>, task: u32) -> JoinHandle<Result<(), PutError<u32>>> {
    let queue = queue.clone();
    spawn_asleep(move || queue.put(task))
}

#[track_caller]
fn assert_refused(result: Result<(), PutError<u32>>, want: PutErrorKind, task: u32) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.into_inner()), (want, task));
}

/// 2.
#[apply(bounded)]
fn waiting_producers_get_their_tasks_back_when_the_worker_fails() {
    for flavour in Flavour::ALL {
        let (worker, printer) = printer(flavour, 1);
        worker.start().unwrap();
        worker.put(0).unwrap();
        printer.turns.wait();
        worker.put(1).unwrap();
        let producers = [2, 3, 4].map(|task| (task, blocked_put(worker.queue(), task)));
        let timed = worker.clone();
        let timed = spawn_asleep(move || timed.put_timeout(5, LONG));
        printer.turns.release();
        for (task, producer) in producers {
            assert_refused(producer.join().unwrap(), PutErrorKind::WorkerFailed, task);
        }
        assert_refused(timed.join().unwrap(), PutErrorKind::WorkerFailed, 5);
        worker.wait().unwrap_err();

        // It stays so, for every put, and what is queued stays.
        for _ in 0..2 {
            assert_refused(worker.put(6), PutErrorKind::WorkerFailed, 6);
            assert_refused(worker.try_put(6), PutErrorKind::WorkerFailed, 6);
            assert_refused(worker.put_timeout(6, LONG), PutErrorKind::WorkerFailed, 6);
            assert_refused(worker.queue().put(6), PutErrorKind::WorkerFailed, 6);
        }
        let text = worker.put(6).unwrap_err().to_string();
        let want = r#"worker "printer": its queue takes no tasks, because its worker has failed; start the worker again"#;
        assert_eq!(text, want);
        assert_eq!(worker.len(), 1, "{flavour:?}");

        // The next run opens it, and goes on with what is queued.
        worker.start().unwrap();
        printer.turns.wait();
        worker.put(7).unwrap();
        printer.turns.release();
        printer.turns.release();
        assert_eq!(worker.drain().unwrap().turns, 2, "{flavour:?}");
    }
}

/// 2.
#[apply(bounded)]
fn a_failed_worker_without_a_bound_takes_no_tasks_either() {
    for flavour in Flavour::ALL {
        let fail = |_task: u32, _cx: &mut Context| Err::<(), _>("no paper");
        let worker = flavour.unbounded(queue(fail)).start().unwrap();
        worker.put(0).unwrap();
        worker.wait().unwrap_err();
        assert_refused(worker.put(1), PutErrorKind::WorkerFailed, 1);
        assert!(worker.is_empty(), "{flavour:?}");
    }
}

/// 2. Whatever the failure is.
#[apply(bounded)]
fn a_panic_and_a_failed_take_and_a_failed_loop_count_as_failures() {
    struct Jammed;
    impl pyaltt_core::TaskQueue for Jammed {
        type Task = u32;
        fn put(&self, _task: u32) -> Result<(), u32> {
            Ok(())
        }
        fn take(&self) -> Option<u32> {
            panic!("{EXPECTED}jammed");
        }
        fn len(&self) -> usize {
            0
        }
    }
    struct NoLoop;
    impl Worker for NoLoop {
        type Task = u32;
        fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
        fn r#loop(&mut self, _inbox: &mut pyaltt_core::Inbox<u32>) -> Result<(), BoxError> {
            Err("no loop".into())
        }
    }
    silence_expected_panics();
    let panics = queue(|_task: u32, _cx| panic!("{EXPECTED}on fire")).start().unwrap();
    panics.put(0).unwrap();
    let handled = queue(|_task: u32, _cx| Err::<(), _>("no")).on_error(|_| Flow::Stop).start().unwrap();
    handled.put(0).unwrap();
    let take = queue(|_task: u32, _cx| ()).queue(Jammed).start().unwrap();
    let no_loop = BackgroundQueueWorker::builder(NoLoop).start().unwrap();
    for worker in [panics, handled, take, no_loop] {
        worker.wait().unwrap_err();
        assert_refused(worker.put(1), PutErrorKind::WorkerFailed, 1);
    }
}

/// 2.
#[apply(bounded)]
fn one_failure_among_several_workers_changes_nothing_and_the_last_one_does() {
    for flavour in Flavour::ALL {
        let (anna, printer) = printer(flavour, 1);
        let bert =
            BackgroundQueueWorker::builder(printer.clone()).queue(anna.queue().clone()).build().unwrap();
        let never = queue(|_task: u32, _cx| ()).queue(anna.queue().clone()).build().unwrap();
        for worker in [&anna, &bert] {
            worker.start().unwrap();
            anna.put(0).unwrap();
            printer.turns.wait();
        }
        anna.put(1).unwrap();
        let producers = [2, 3].map(|task| blocked_put(anna.queue(), task));
        printer.turns.release();
        assert!(until(LONG, || [&anna, &bert].iter().any(|worker| worker.state() == State::Stopped)));
        assert_refused(anna.try_put(9), PutErrorKind::Full, 9);
        assert!(producers.iter().all(|producer| !producer.is_finished()), "{flavour:?}");
        printer.turns.release();
        for (task, producer) in [2, 3].into_iter().zip(producers) {
            assert_refused(producer.join().unwrap(), PutErrorKind::WorkerFailed, task);
        }
        // Any worker of the queue opens it.
        assert_eq!(
            anna.wait().unwrap_err().to_string(),
            bert.wait().unwrap_err().to_string().replace(bert.name(), "printer")
        );
        never.start().unwrap();
        never.put(8).unwrap();
        assert_eq!(never.drain().unwrap().reason, ExitReason::Stopped);
    }
}

/// 2.
#[apply(bounded)]
fn a_queue_whose_last_worker_stopped_is_open_whoever_failed_before() {
    for flavour in Flavour::ALL {
        let (anna, printer) = printer(flavour, 1);
        let bert = queue(|_task: u32, _cx| ()).queue(anna.queue().clone()).build().unwrap();
        anna.start().unwrap();
        anna.put(0).unwrap();
        printer.turns.wait();
        bert.start().unwrap();
        printer.turns.release();
        anna.wait().unwrap_err();
        bert.stop().unwrap();
        anna.try_put(1).unwrap();
        assert_refused(anna.try_put(2), PutErrorKind::Full, 2);

        // A terminated and a finished run leave it open too.
        let ends = queue(|_task: u32, _cx| false).queue(anna.queue().clone()).start().unwrap();
        assert_eq!(ends.wait().unwrap().reason, ExitReason::Finished, "{flavour:?}");
        anna.try_put(3).unwrap();
        assert_eq!(anna.take_pending(), [3]);
        bert.start().unwrap();
        bert.terminate();
        bert.wait().unwrap();
        anna.try_put(4).unwrap();
    }
}

/// 2.
#[apply(bounded)]
fn the_queue_of_a_worker_that_never_started_is_open_also_after_a_failed_start() {
    for flavour in Flavour::ALL {
        let (worker, printer) = printer(flavour, 1);
        printer.refuses.store(true, Ordering::SeqCst);
        assert!(matches!(worker.start(), Err(StartError::Hook(_))));
        worker.try_put(1).unwrap();
        assert_refused(worker.try_put(2), PutErrorKind::Full, 2);
        assert_refused(worker.put_timeout(2, Duration::ZERO), PutErrorKind::Timeout, 2);
        assert_eq!(worker.take_pending(), [1], "{flavour:?}");
    }
}

/// 2.
#[apply(bounded)]
fn a_failed_queue_opens_when_a_run_is_ready_and_not_before() {
    for flavour in Flavour::ALL {
        let starts = Turnstile::new();
        let printer = Printer { starts: Some(starts.clone()), ..Printer::default() };
        let builder = BackgroundQueueWorker::builder(printer.clone());
        let worker = flavour.bounded(builder, 2).build().unwrap();
        let start = || {
            let worker = worker.clone();
            let starter = std::thread::spawn(move || worker.start());
            starts.wait();
            starter
        };
        starts.release();
        fail(&worker, &printer, Some(1));
        starts.wait();

        for refuses in [true, false] {
            printer.refuses.store(refuses, Ordering::SeqCst);
            let starter = start();
            assert_refused(worker.put(2), PutErrorKind::WorkerFailed, 2);
            starts.release();
            if refuses {
                starter.join().unwrap().unwrap_err();
                assert_refused(worker.put(2), PutErrorKind::WorkerFailed, 2);
            } else {
                starter.join().unwrap().unwrap();
                worker.put(2).unwrap();
            }
        }
        (0..2).for_each(|_| printer.turns.release());
        assert_eq!(worker.drain().unwrap().turns, 2, "{flavour:?}");
    }
}

/// 2. A start that fails does not hide that the last run has failed.
#[apply(bounded)]
fn a_failure_during_another_workers_start_that_fails_is_the_last_word() {
    for flavour in Flavour::ALL {
        let (anna, printer) = printer(flavour, 1);
        let starts = Turnstile::new();
        let refuses = Arc::new(AtomicBool::new(true));
        let bert = Printer { starts: Some(starts.clone()), refuses, ..Printer::default() };
        let bert = BackgroundQueueWorker::builder(bert).queue(anna.queue().clone()).build().unwrap();
        anna.start().unwrap();
        anna.put(0).unwrap();
        printer.turns.wait();
        anna.put(1).unwrap();
        let producer = blocked_put(anna.queue(), 2);
        let starter = std::thread::spawn(move || bert.start());
        starts.wait();
        printer.turns.release();
        anna.wait().unwrap_err();
        starts.release();
        starter.join().unwrap().unwrap_err();
        assert_refused(producer.join().unwrap(), PutErrorKind::WorkerFailed, 2);
        assert_refused(anna.put(3), PutErrorKind::WorkerFailed, 3);
    }
}

/// 2. The other worker's start succeeds: then the queue is served.
#[apply(bounded)]
fn a_failure_during_another_workers_start_that_succeeds_leaves_the_queue_open() {
    for flavour in Flavour::ALL {
        let (anna, printer) = printer(flavour, 1);
        let starts = Turnstile::new();
        let bert = Printer { starts: Some(starts.clone()), ..Printer::default() };
        let turns = bert.turns.clone();
        let bert = BackgroundQueueWorker::builder(bert).queue(anna.queue().clone()).build().unwrap();
        anna.start().unwrap();
        anna.put(0).unwrap();
        printer.turns.wait();
        let starter = bert.clone();
        let starter = std::thread::spawn(move || starter.start());
        starts.wait();
        printer.turns.release();
        anna.wait().unwrap_err();
        starts.release();
        starter.join().unwrap().unwrap();
        anna.put(1).unwrap();
        turns.release();
        assert_eq!(bert.drain().unwrap().turns, 1, "{flavour:?}");
    }
}

/// 2.
#[apply(bounded)]
fn into_inner_closes_the_queue_only_if_no_other_worker_has_it() {
    for flavour in Flavour::ALL {
        for is_failed in [false, true] {
            let (anna, printer) = printer(flavour, 1);
            let others =
                [(); 2].map(|()| queue(|_task: u32, _cx| ()).queue(anna.queue().clone()).build().unwrap());
            let letters = anna.queue().clone();
            if is_failed {
                fail(&anna, &printer, Some(1));
            } else {
                anna.put(1).unwrap();
            }
            let [bert, carl] = others;
            assert!(bert.into_inner::<Printer>().is_err_and(|bert| bert.name() != "printer"));
            assert!(anna.into_inner::<Printer>().is_ok());
            let want = if is_failed { PutErrorKind::WorkerFailed } else { PutErrorKind::Full };
            assert_refused(letters.try_put(2), want, 2);
            // Its tasks are there for the last worker.
            carl.start().unwrap();
            assert_eq!(carl.drain().unwrap().turns, 1, "{flavour:?}");
            letters.put(3).unwrap();
        }
    }
}

/// 2.
#[apply(bounded)]
fn into_inner_of_the_last_worker_sends_waiting_producers_away_and_keeps_the_tasks() {
    for flavour in Flavour::ALL {
        let (anna, _printer) = printer(flavour, 1);
        let bert = queue(|_task: u32, _cx| ()).queue(anna.queue().clone()).build().unwrap();
        let letters = anna.queue().clone();
        anna.put(1).unwrap();
        let producer = blocked_put(&letters, 2);
        // A worker that was dropped does not have the queue any more.
        drop(bert);
        assert!(anna.into_inner::<Printer>().is_ok());
        assert_refused(producer.join().unwrap(), PutErrorKind::Closed, 2);
        assert_refused(letters.put(3), PutErrorKind::Closed, 3);
        assert_eq!(letters.take_pending(), [1], "{flavour:?}");
    }
}

/// 2.
#[apply(bounded)]
fn a_closed_queue_stays_closed_when_its_worker_fails_and_starts_again() {
    for flavour in Flavour::ALL {
        let (worker, printer) = printer(flavour, 2);
        worker.start().unwrap();
        worker.put(0).unwrap();
        printer.turns.wait();
        worker.put(1).unwrap();
        worker.close();
        printer.turns.release();
        worker.wait().unwrap_err();
        assert_refused(worker.put(2), PutErrorKind::Closed, 2);
        worker.start().unwrap();
        printer.turns.release();
        assert_eq!(worker.wait().unwrap().turns, 1, "{flavour:?}");
        assert_refused(worker.put(2), PutErrorKind::Closed, 2);
    }
}

/// 2. A turn of another worker is a producer like any other.
#[apply(bounded)]
fn a_turn_that_waits_for_room_gets_its_task_back_when_the_other_worker_fails() {
    for flavour in Flavour::ALL {
        let (writer, printer) = printer(flavour, 1);
        let lines = writer.queue().clone();
        let parser = queue(move |line: u32, _cx| lines.put(line)).name("parser").start().unwrap();
        writer.start().unwrap();
        parser.put(0).unwrap();
        printer.turns.wait();
        (1..3).for_each(|line| parser.put(line).unwrap());
        assert!(until(LONG, || parser.stats().turns == 2));
        printer.turns.release();
        let error = parser.wait().unwrap_err().to_string();
        assert!(error.contains("its worker has failed"), "{flavour:?}: {error}");
        assert_eq!(parser.stats().interrupted, 0);
    }
}
