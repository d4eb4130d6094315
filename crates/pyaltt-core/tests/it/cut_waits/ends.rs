//! Waits for the end of another worker, in hooks, in destructors, and on threads that work for a worker.

use std::sync::{Arc, OnceLock};

use pyaltt_core::layer::CurrentWorker;
use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Flow, PutError, PutErrorKind, Queue,
    StartError, State, StopError, Turn, WaitsFor, Worker, queue,
};
use testkit::os_thread::{OsThread, spawn_asleep};
use testkit::{Probe, Turnstile, until};

use super::{ENDS, LONG, PUTS, WAITS, waiting};
use crate::flavour::{Flavour, wait_until_asleep};
use crate::slow_start::SlowStart;

/// 8.
#[apply(bounded)]
fn a_wait_for_another_workers_end_is_cut() {
    for wait in WAITS {
        for (end, reason) in ENDS {
            let (other, turnstile) = Flavour::Fifo.held(0);
            let (awaited, errors) = (other.clone(), Probe::new());
            let told = errors.clone();
            let waiting = waiting(move |_task| {
                wait(&awaited).inspect_err(|error| told.add(error.clone()))?;
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

/// 8. The run that was to begin is told to end, because nobody waits for it any more.
#[apply(bounded)]
fn a_start_of_another_worker_is_cut() {
    for (end, reason) in ENDS {
        let (turnstile, errors) = (Turnstile::new(), Probe::new());
        let other =
            BackgroundQueueWorker::builder(SlowStart(turnstile.clone())).name("slow").build().unwrap();
        let (started, told) = (other.clone(), errors.clone());
        let waiting = waiting(move |_task| {
            started.start().inspect_err(|error| told.note(error.to_string()))?;
            Ok(Flow::Continue)
        });
        turnstile.wait();
        let on = waiting.worker.waiting_on().expect("it waits for the other one");
        assert_eq!((on.what, &*on.worker), (WaitsFor::Start, "slow"));
        end(&waiting.worker);
        waiting.assert_interrupted(reason);
        let error = errors.next();
        assert!(error.contains("slow"), "{error}");
        turnstile.release();
        assert_eq!(other.wait().unwrap().reason, ExitReason::Stopped);
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
        for _ in 0..3 {
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
