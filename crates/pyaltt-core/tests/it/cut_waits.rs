//! Waits on a worker's own thread, which the worker's own stop cuts.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyaltt_core::layer::CurrentWorker;
use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Flow, Inbox, PutError, PutErrorKind, Queue,
    StartError, State, StopError, Turn, Worker, queue,
};
use testkit::os_thread::{OsThread, spawn_asleep};
use testkit::{EXPECTED, Probe, Turnstile, silence_expected_panics, until};

use crate::flavour::{Flavour, wait_until_asleep};

const LONG: Duration = Duration::from_secs(3600);

/// The two ways to put that wait.
const PUTS: [fn(&Queue<u32>, u32) -> Result<(), PutError<u32>>; 2] =
    [|queue, task| queue.put(task), |queue, task| queue.put_timeout(task, LONG)];

/// The two ways to end a run, with the reason that it is to have.
const ENDS: [(fn(&BackgroundQueueWorker<u32>), ExitReason); 2] = [
    (|worker| worker.signal_stop(), ExitReason::Stopped),
    (|worker| worker.terminate(), ExitReason::Terminated),
];

/// A worker that waits in its first turn, what tells when, and the errors that its handler is given.
struct Waiting {
    worker: BackgroundQueueWorker<u32>,
    threads: Probe<OsThread>,
    handled: Probe<String>,
}

fn waiting(turn: impl Fn(u32) -> Turn + Send + 'static) -> Waiting {
    let (threads, handled) = (Probe::new(), Probe::new());
    let (show, seen) = (threads.clone(), handled.clone());
    let worker = queue(move |task: u32, _cx| {
        show.add(OsThread::current());
        turn(task)
    })
    .name("waits")
    .on_error(move |error| {
        seen.note(error.to_string());
        Flow::Stop
    })
    .start()
    .unwrap();
    worker.put(1).unwrap();
    wait_until_asleep(&threads);
    Waiting { worker, threads, handled }
}

impl Waiting {
    /// Asserts that the run has ended as one that was cut in its first turn.
    #[track_caller]
    fn assert_interrupted(&self, reason: ExitReason) {
        let exit = self.worker.wait().unwrap();
        let seen = (exit.reason, exit.turns, exit.errors, exit.panics);
        assert_eq!(seen, (reason, 1, 0, 0));
        assert!(exit.error.is_none());
        let stats = self.worker.stats();
        assert_eq!((stats.interrupted, stats.errors), (1, 0));
        assert!(self.handled.is_empty(), "{:?}", self.handled.all());
    }
}

/// 8, f15.
#[apply(bounded)]
fn a_put_into_a_full_queue_is_cut_by_the_stop_of_the_worker_that_puts() {
    for flavour in Flavour::ALL {
        for put in PUTS {
            for (end, reason) in ENDS {
                let target = flavour.full("full");
                let (lines, refused) = (target.queue().clone(), Probe::new());
                let told = refused.clone();
                let waiting = waiting(move |task| {
                    put(&lines, task).map_err(|error| {
                        told.add((error.kind(), error.to_string()));
                        error.into_inner().to_string()
                    })?;
                    Ok(Flow::Continue)
                });
                end(&waiting.worker);
                waiting.assert_interrupted(reason);
                let (kind, text) = refused.next();
                assert_eq!(kind, PutErrorKind::Stopping, "{flavour:?}");
                assert_eq!(text, "the queue is full, and the worker that puts was told to stop");
                assert_eq!(target.take_pending(), [0]);
                // The next run is not cut by the stop of the last one.
                waiting.worker.put(2).unwrap();
                waiting.worker.start().unwrap();
                assert_eq!(waiting.worker.drain().unwrap().turns, 1);
                assert_eq!(target.take_pending(), [2]);
            }
        }
    }
}

/// 8. A turn that goes on after the cut, and one that has been told to stop before it waits.
#[apply(bounded)]
fn a_turn_that_puts_up_with_the_cut_is_an_ordinary_turn() {
    for flavour in Flavour::ALL {
        let target = flavour.full("full");
        let (lines, refused) = (target.queue().clone(), Probe::new());
        let told = refused.clone();
        let waiting = waiting(move |task| {
            for _ in 0..3 {
                told.add(lines.put(task).unwrap_err().kind());
            }
            Ok(Flow::Continue)
        });
        let exit = waiting.worker.stop().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1), "{flavour:?}");
        assert_eq!(waiting.worker.stats().interrupted, 0);
        assert_eq!(refused.all(), [PutErrorKind::Stopping; 3]);
        // What needs no wait is no matter.
        assert!(target.take_pending() == [0] && target.try_put(1).is_ok());
    }
}

/// 8. The handle of the other worker gives the same, and says whose queue it was.
#[apply(bounded)]
fn a_cut_put_by_a_handle_names_the_worker_of_the_queue() {
    for flavour in Flavour::ALL {
        let target = flavour.full("target");
        let (handle, refused) = (target.clone(), Probe::new());
        let told = refused.clone();
        let waiting = waiting(move |task| {
            told.add(handle.put(task).unwrap_err());
            Ok(Flow::Continue)
        });
        waiting.worker.stop().unwrap();
        let error = refused.next();
        let want = r#"worker "target": its queue is full, and the worker that puts was told to stop"#;
        assert_eq!((error.to_string(), error.into_inner()), (want.to_owned(), 1));
    }
}

/// 8. Errors and panics that no cut has caused, and those that come after one.
#[apply(bounded)]
fn only_an_error_after_a_cut_is_no_failure() {
    silence_expected_panics();
    // An error while the worker stops, without a wait that was cut.
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let worker = queue(move |_task: u32, _cx| {
        pass.pass();
        Err::<(), _>("no paper")
    })
    .start()
    .unwrap();
    worker.put(1).unwrap();
    turnstile.wait();
    worker.signal_stop();
    turnstile.release();
    assert!(matches!(worker.wait(), Err(StopError::Failed(_))));
    assert_eq!(worker.stats().interrupted, 0);

    // A panic is a bug, whatever came before it.
    let target = Flavour::Fifo.full("full");
    let lines = target.queue().clone();
    let waiting = waiting(move |task| {
        assert!(lines.put(task).is_ok(), "{EXPECTED}refused");
        Ok(Flow::Continue)
    });
    waiting.worker.signal_stop();
    assert!(matches!(waiting.worker.wait(), Err(StopError::Failed(_))));
    assert_eq!((waiting.handled.len(), waiting.worker.stats().interrupted), (1, 0));
}

/// 8. An own loop that returns the error.
#[apply(bounded)]
fn an_own_loop_that_returns_the_error_of_a_cut_put_was_interrupted() {
    struct Pusher {
        lines: Queue<u32>,
        threads: Probe<OsThread>,
        handled: Probe<String>,
    }
    impl Worker for Pusher {
        type Task = u32;
        fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }
        fn r#loop(&mut self, _inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
            self.threads.add(OsThread::current());
            self.lines.put(7)?;
            Ok(())
        }
        fn on_error(&mut self, error: &pyaltt_core::WorkerError, _cx: &mut Context) -> Flow {
            self.handled.note(error.to_string());
            Flow::Stop
        }
    }
    for flavour in Flavour::ALL {
        let (threads, handled) = (Probe::new(), Probe::new());
        let target = flavour.full("full");
        let pusher =
            Pusher { lines: target.queue().clone(), threads: threads.clone(), handled: handled.clone() };
        let worker = BackgroundQueueWorker::builder(pusher).start().unwrap();
        wait_until_asleep(&threads);
        let exit = worker.stop().unwrap();
        assert_eq!(exit.reason, ExitReason::Stopped, "{flavour:?}");
        assert!(exit.error.is_none() && handled.is_empty());
        assert_eq!(worker.stats().interrupted, 1);
        worker.wait().unwrap();
    }
}

/// 8. A puts into B, and B into A, both full: one call stops each.
#[apply(bounded)]
fn a_ring_of_workers_that_wait_for_each_other_is_stopped_by_one_call_each() {
    for flavour in Flavour::ALL {
        let slots: [Arc<OnceLock<Queue<u32>>>; 3] = Default::default();
        let threads = Probe::new();
        let ring: Vec<_> = (0..3)
            .map(|index| {
                let (next, show) = (Arc::clone(&slots[(index + 1) % 3]), threads.clone());
                let push = queue(move |task: u32, _cx| {
                    let next = next.wait();
                    // Until it is full, and then one more.
                    while next.try_put(task).is_ok() {}
                    show.add(OsThread::current());
                    loop {
                        next.put(task)?;
                    }
                    #[expect(unreachable_code, reason = "it says what the closure returns")]
                    Ok::<(), BoxError>(())
                });
                let worker = flavour.bounded(push, 1).name(format!("ring {index}")).build().unwrap();
                slots[index].set(worker.queue().clone()).unwrap();
                worker
            })
            .collect();
        for worker in &ring {
            worker.put(1).unwrap();
        }
        for worker in &ring {
            worker.start().unwrap();
        }
        (0..3).for_each(|_| wait_until_asleep(&threads));
        for worker in &ring {
            let exit = worker.stop().unwrap();
            assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1), "{flavour:?}");
        }
        for worker in &ring {
            assert_eq!(worker.stats().interrupted, 1);
            assert_eq!(worker.take_pending(), [1]);
        }
    }
}

type Wait = fn(&BackgroundQueueWorker<u32>) -> Result<Exit, StopError>;

/// Every wait for another worker's end.
const WAITS: [Wait; 6] = [
    |worker| worker.wait(),
    |worker| worker.wait_timeout(LONG),
    |worker| worker.stop(),
    |worker| worker.stop_timeout(LONG),
    |worker| worker.drain(),
    |worker| worker.drain_timeout(LONG),
];

/// 8.
#[apply(bounded)]
fn a_wait_for_another_workers_end_is_cut() {
    for wait in WAITS {
        for (end, reason) in ENDS {
            let (other, turnstile) = Flavour::Fifo.held(0);
            let (awaited, errors) = (other.clone(), Probe::new());
            let told = errors.clone();
            let waiting = waiting(move |_task| {
                wait(&awaited).map_err(|error| {
                    told.add(error.clone());
                    error
                })?;
                Ok(Flow::Continue)
            });
            end(&waiting.worker);
            waiting.assert_interrupted(reason);
            match errors.next() {
                StopError::Stopping { worker, .. } => assert_eq!(&*worker, "held"),
                error => panic!("{error}"),
            }
            turnstile.release();
            other.stop().unwrap();
        }
    }
}

/// 8. Two workers that stop each other.
#[apply(bounded)]
fn two_workers_that_stop_each_other_come_free() {
    let slots: [Arc<OnceLock<BackgroundQueueWorker<u32>>>; 2] = Default::default();
    let both = Arc::new(std::sync::Barrier::new(2));
    let results = Probe::new();
    for index in 0..2 {
        let (other, both, told) = (Arc::clone(&slots[1 - index]), Arc::clone(&both), results.clone());
        let worker = queue(move |_task: u32, _cx| {
            let other = other.wait();
            both.wait();
            told.add(other.stop().map(|exit| exit.reason));
        })
        .start()
        .unwrap();
        slots[index].set(worker).unwrap_or_else(|_| unreachable!());
    }
    for slot in &slots {
        slot.wait().put(1).unwrap();
    }
    // Each of them is told to stop, which cuts its own wait, unless the other was faster and has ended.
    for _ in 0..2 {
        let result = results.next();
        assert!(matches!(result, Err(StopError::Stopping { .. }) | Ok(ExitReason::Stopped)), "{result:?}");
    }
    for slot in &slots {
        assert_eq!(slot.wait().wait().unwrap().reason, ExitReason::Stopped);
    }
}

/// Waits in the hooks that it is given for.
#[derive(Clone)]
struct InHook {
    hook: &'static str,
    lines: Queue<u32>,
    threads: Probe<OsThread>,
    refused: Probe<Result<(), PutErrorKind>>,
}

impl InHook {
    fn new(hook: &'static str, lines: &Queue<u32>) -> Self {
        Self { hook, lines: lines.clone(), threads: Probe::new(), refused: Probe::new() }
    }

    fn wait_in(&self, hook: &str) -> Result<(), BoxError> {
        if hook == self.hook {
            self.threads.add(OsThread::current());
            let result = self.lines.put(7);
            self.refused.add(result.as_ref().map_err(PutError::kind).copied());
            result?;
        }
        Ok(())
    }
}

impl Worker for InHook {
    type Task = u32;
    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }
    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.wait_in("before_start")
    }
    fn after_start(&mut self, _cx: &mut Context) {
        drop(self.wait_in("after_start"));
    }
    fn before_stop(&mut self, _cx: &mut Context) {
        drop(self.wait_in("before_stop"));
    }
    fn after_stop(&mut self, _exit: &Exit) {
        drop(self.wait_in("after_stop"));
    }
}

/// 8.
#[apply(bounded)]
fn a_stop_cuts_a_wait_in_before_start() {
    for flavour in Flavour::ALL {
        for (end, _) in ENDS {
            let target = flavour.full("full");
            let hook = InHook::new("before_start", target.queue());
            let worker = BackgroundQueueWorker::builder(hook.clone()).name("starts").build().unwrap();
            let starter = worker.clone();
            let starter = std::thread::spawn(move || starter.start());
            wait_until_asleep(&hook.threads);
            assert_eq!(worker.state(), State::Starting);
            end(&worker);
            let error = starter.join().unwrap().unwrap_err();
            assert!(matches!(error, StartError::Hook(_)), "{error}");
            assert!(error.to_string().starts_with(r#"worker "starts", before_start: "#), "{error}");
            assert_eq!(hook.refused.next(), Err(PutErrorKind::Stopping), "{flavour:?}");
            assert_eq!(worker.state(), State::Stopped);
            assert_eq!(worker.last_exit().reason, ExitReason::NeverStarted);
        }
    }
}

/// 8.
#[apply(bounded)]
fn a_stop_cuts_a_wait_in_after_start() {
    for flavour in Flavour::ALL {
        let target = flavour.full("full");
        let hook = InHook::new("after_start", target.queue());
        let worker = BackgroundQueueWorker::builder(hook.clone()).start().unwrap();
        wait_until_asleep(&hook.threads);
        assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
        assert_eq!(hook.refused.all(), [Err(PutErrorKind::Stopping)], "{flavour:?}");
    }
}

/// 8. A stop is what the stop hooks are for, so they may wait. A terminate cuts them.
#[apply(bounded)]
fn only_a_terminate_cuts_a_wait_in_a_stop_hook() {
    for flavour in Flavour::ALL {
        for name in ["before_stop", "after_stop"] {
            for is_cut in [false, true] {
                let target = flavour.full("full");
                let hook = InHook::new(name, target.queue());
                let worker = BackgroundQueueWorker::builder(hook.clone()).start().unwrap();
                worker.signal_stop();
                let thread = hook.threads.next();
                crate::flavour::wait_until_thread_is_asleep(&thread);
                worker.signal_stop();
                worker.signal_drain();
                crate::flavour::wait_until_thread_is_asleep(&thread);
                assert!(hook.refused.is_empty(), "{flavour:?} {name}");
                if is_cut {
                    worker.terminate();
                    assert_eq!(hook.refused.next(), Err(PutErrorKind::Stopping), "{flavour:?} {name}");
                } else {
                    assert_eq!(target.take_pending(), [0]);
                    assert_eq!(hook.refused.next(), Ok(()), "{flavour:?} {name}");
                }
                let exit = worker.wait().unwrap();
                assert_eq!((exit.reason, worker.stats().interrupted), (ExitReason::Stopped, 0));
            }
        }
    }
}

/// 8. A drain is to run everything, so it waits.
#[apply(bounded)]
fn a_drain_does_not_cut_waits() {
    for flavour in Flavour::ALL {
        for put in PUTS {
            let target = flavour.full("full");
            let lines = target.queue().clone();
            let waiting = waiting(move |task| {
                put(&lines, task)?;
                Ok(Flow::Continue)
            });
            waiting.worker.put(2).unwrap();
            let drained = waiting.worker.clone();
            let drain = spawn_asleep(move || drained.drain());
            let turns = || waiting.worker.stats().turns;
            for (task, before) in [(0, 0), (1, 1)] {
                // The turn waits for this room, and for nothing else.
                assert!(until(LONG, || turns() == before));
                if before == 1 {
                    wait_until_asleep(&waiting.threads);
                }
                assert_eq!(target.take_pending(), [task], "{flavour:?}");
            }
            let exit = drain.join().unwrap().unwrap();
            assert_eq!((exit.reason, exit.turns, exit.left), (ExitReason::Stopped, 2, 0));
            assert_eq!((waiting.handled.len(), waiting.worker.stats().interrupted), (0, 0));
            assert_eq!(target.take_pending(), [2]);
        }
    }
}

/// 8. Then a stop overtakes the drain, and cuts.
#[apply(bounded)]
fn a_stop_after_a_drain_cuts() {
    for flavour in Flavour::ALL {
        let target = flavour.full("full");
        let lines = target.queue().clone();
        let waiting = waiting(move |task| {
            lines.put(task)?;
            Ok(Flow::Continue)
        });
        waiting.worker.put(2).unwrap();
        waiting.worker.signal_drain();
        let drained = waiting.worker.clone();
        let drain = spawn_asleep(move || drained.drain());
        waiting.worker.signal_stop();
        match drain.join().unwrap() {
            Err(StopError::Left { tasks: 1, .. }) => {}
            other => panic!("{flavour:?}: {other:?}"),
        }
        waiting.assert_interrupted(ExitReason::Stopped);
    }
}

/// 8. The drop of another worker's last handle waits if that one is no daemon.
#[apply(bounded)]
fn the_drop_of_another_workers_last_handle_is_cut() {
    for (end, reason) in ENDS {
        let turnstile = Turnstile::new();
        let (pass, last) = (turnstile.clone(), Probe::new());
        let other = queue(move |_task: u32, _cx| pass.pass()).daemon(false).start().unwrap();
        other.put(1).unwrap();
        turnstile.wait();
        last.add(other);
        let waiting = waiting(move |_task| {
            drop(last.next());
            Ok(Flow::Continue)
        });
        end(&waiting.worker);
        let exit = waiting.worker.wait().unwrap();
        assert_eq!((exit.reason, exit.turns), (reason, 1));
        // The other one has been told to stop, and ends by itself.
        turnstile.release();
    }
}

/// 8. Threads that work for a worker.
#[apply(bounded)]
fn waits_on_threads_that_work_for_a_worker_are_cut() {
    for flavour in Flavour::ALL {
        let target = flavour.full("full");
        let (other, turnstile) = Flavour::Fifo.held(0);
        let (lines, awaited, threads, told) =
            (target.queue().clone(), other.clone(), Probe::new(), Probe::new());
        let (show, refused) = (threads.clone(), told.clone());
        let waiting = waiting(move |task| {
            let current = CurrentWorker::get().unwrap();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    current.run(|| {
                        show.add(OsThread::current());
                        refused.note(lines.put(task).unwrap_err().kind().to_string());
                    });
                });
                scope.spawn(|| {
                    current.run(|| {
                        show.add(OsThread::current());
                        refused.note(awaited.wait().unwrap_err().to_string());
                    });
                });
            });
            Err("not done".into())
        });
        (0..2).for_each(|_| wait_until_asleep(&threads));
        waiting.worker.signal_stop();
        waiting.assert_interrupted(ExitReason::Stopped);
        assert_eq!(told.all().len(), 2, "{flavour:?}");
        turnstile.release();
        other.stop().unwrap();
    }
}

/// 8. A producer that leaves because it was cut does not take the room from one that waits on.
#[apply(bounded)]
fn a_cut_producer_leaves_the_room_to_the_others() {
    for flavour in Flavour::ALL {
        for _ in 0..20 {
            let target = flavour.full("full");
            let lines = target.queue().clone();
            let waiting = waiting(move |task| {
                lines.put(task)?;
                Ok(Flow::Continue)
            });
            let other = target.clone();
            let producer = spawn_asleep(move || other.put(9));
            let taker = target.clone();
            let taker = std::thread::spawn(move || taker.take_pending());
            waiting.worker.stop().unwrap();
            let mut found = taker.join().unwrap();
            while !producer.is_finished() {
                found.extend(target.take_pending());
                std::thread::yield_now();
            }
            producer.join().unwrap().unwrap();
            found.extend(target.take_pending());
            assert!(found.contains(&9), "{flavour:?}");
            assert_eq!(found.contains(&1), waiting.worker.stats().interrupted == 0);
        }
    }
}

/// 8. Threads of the program are cut by nothing.
#[apply(bounded)]
fn the_stop_of_a_worker_does_not_cut_the_waits_of_other_threads() {
    for flavour in Flavour::ALL {
        let target = flavour.full("full");
        let (putter, lines) = (target.clone(), target.queue().clone());
        let putter = spawn_asleep(move || putter.put(5));
        let waiting = waiting(move |task| {
            lines.put(task)?;
            Ok(Flow::Continue)
        });
        waiting.worker.stop().unwrap();
        assert!(!putter.is_finished());
        while !putter.is_finished() {
            drop(target.take_pending());
            std::thread::yield_now();
        }
        putter.join().unwrap().unwrap();
    }
}
