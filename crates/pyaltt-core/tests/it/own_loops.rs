//! Loops of the worker's own: one that returns at `NoTask::Ended` always ends, and not before its time.

use std::time::{Duration, Instant};

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, Context, ExitReason, Flow,
    Inbox, NoTask, Tick, Trigger, Turn, Worker, queue,
};
use testkit::{Probe, Turnstile};

use crate::flavour::Flavour;

const LONG: Duration = Duration::from_secs(3600);

/// How a loop asks for its next turn.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Try,
    Past,
    Soon,
    Far,
}

impl Ask {
    const ALL: [Self; 4] = [Self::Try, Self::Past, Self::Soon, Self::Far];

    fn ask<T: Send + 'static>(self, inbox: &mut Inbox<T>) -> Result<T, NoTask> {
        let now = Instant::now();
        match self {
            Self::Try => inbox.try_next(),
            Self::Past => inbox.next_deadline(now.checked_sub(Duration::from_millis(1)).unwrap_or(now)),
            Self::Soon => inbox.next_deadline(now + Duration::from_micros(200)),
            Self::Far => inbox.next_deadline(now + LONG),
        }
    }
}

/// Asks until there will be no more turns.
struct Asks<T> {
    ask: Ask,
    /// Passed before each question, if there is one.
    turnstile: Option<Turnstile>,
    seen: Probe<Result<T, NoTask>>,
}

macro_rules! asks {
    ($task:ty) => {
        impl Worker for Asks<$task> {
            type Task = $task;

            fn run(&mut self, task: $task, _cx: &mut Context) -> Turn {
                self.seen.add(Ok(task));
                Ok(Flow::Continue)
            }

            fn r#loop(&mut self, inbox: &mut Inbox<$task>) -> Result<(), BoxError> {
                loop {
                    if let Some(turnstile) = &self.turnstile {
                        turnstile.pass();
                    }
                    match self.ask.ask(inbox) {
                        Ok(task) if inbox.turn(self, task).is_break() => return Ok(()),
                        Ok(_) => {}
                        Err(NoTask::NotYet) => {
                            if self.turnstile.is_some() {
                                self.seen.add(Err(NoTask::NotYet));
                            }
                            std::thread::yield_now();
                        }
                        Err(NoTask::Ended) => break,
                    }
                }
                // It is the last word of this run.
                for ask in Ask::ALL {
                    self.seen.add(Err(ask.ask(inbox).map(drop).unwrap_err()));
                }
                assert!(inbox.next().is_none());
                Ok(())
            }
        }
    };
}

asks!(u32);
asks!(Tick);
asks!(Trigger);

fn asks<T>(ask: Ask) -> (Asks<T>, Probe<Result<T, NoTask>>) {
    let seen = Probe::new();
    (Asks { ask, turnstile: None, seen: seen.clone() }, seen)
}

/// What a run that has ended has seen: its tasks, sorted, if it saw no end before.
#[track_caller]
fn tasks_before_the_end(seen: &Probe<Result<u32, NoTask>>) -> Vec<u32> {
    let mut seen = seen.all();
    let ends = seen.split_off(seen.len() - 4);
    assert!(ends.iter().all(|end| *end == Err(NoTask::Ended)), "{ends:?}");
    let mut tasks: Vec<u32> = seen.into_iter().map(Result::unwrap).collect();
    tasks.sort_unstable();
    tasks
}

/// 5.
#[apply(bounded)]
fn a_loop_ends_after_a_drain_with_all_tasks_and_works_in_the_next_run() {
    for flavour in Flavour::ALL {
        for ask in Ask::ALL {
            let (asks, seen) = asks::<u32>(ask);
            let worker = flavour.unbounded(BackgroundQueueWorker::builder(asks)).build().unwrap();
            for run in 0..3 {
                (0..10).for_each(|task| worker.put(task).unwrap());
                worker.start().unwrap();
                if run == 1 {
                    // The loop is waiting already.
                    seen.wait_for(10);
                }
                (10..20).for_each(|task| worker.put(task).unwrap());
                let exit = worker.drain().unwrap();
                assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 20), "{flavour:?} {ask:?}");
                assert_eq!(tasks_before_the_end(&seen), (0..20).collect::<Vec<_>>());
            }
        }
    }
}

/// 5.
#[apply(bounded)]
fn a_loop_ends_after_a_close_with_all_tasks() {
    for flavour in Flavour::ALL {
        for ask in Ask::ALL {
            for is_idle in [false, true] {
                let (asks, seen) = asks::<u32>(ask);
                let worker = flavour.unbounded(BackgroundQueueWorker::builder(asks)).start().unwrap();
                (0..5).for_each(|task| worker.put(task).unwrap());
                if is_idle {
                    seen.wait_for(5);
                }
                worker.close();
                let exit = worker.wait().unwrap();
                assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 5), "{flavour:?} {ask:?}");
                assert_eq!(tasks_before_the_end(&seen), [0, 1, 2, 3, 4]);
                // A run that finds it closed and empty ends at once.
                worker.start().unwrap();
                assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
            }
        }
    }
}

/// 5.
#[apply(bounded)]
fn a_loop_ends_after_a_stop_and_a_terminate() {
    for flavour in Flavour::ALL {
        for ask in Ask::ALL {
            for reason in [ExitReason::Stopped, ExitReason::Terminated] {
                let (asks, seen) = asks::<u32>(ask);
                let worker = flavour.unbounded(BackgroundQueueWorker::builder(asks)).start().unwrap();
                worker.put(1).unwrap();
                seen.wait_for(1);
                if reason == ExitReason::Stopped {
                    worker.signal_stop();
                } else {
                    worker.terminate();
                }
                assert_eq!(worker.wait().unwrap().reason, reason, "{flavour:?} {ask:?}");
                assert_eq!(tasks_before_the_end(&seen), [1]);
            }
        }
    }
}

/// 5. A stop does not wait behind what is queued, and what is queued is no reason to go on.
#[apply(bounded)]
fn a_loop_with_tasks_left_ends_at_a_stop() {
    for flavour in Flavour::ALL {
        for ask in Ask::ALL {
            let turnstile = Turnstile::new();
            let (asks, seen) = asks::<u32>(ask);
            let asks = Asks { turnstile: Some(turnstile.clone()), ..asks };
            let worker = flavour.unbounded(BackgroundQueueWorker::builder(asks)).start().unwrap();
            turnstile.wait();
            (0..3).for_each(|task| worker.put(task).unwrap());
            worker.signal_stop();
            turnstile.release();
            assert_eq!(worker.wait().unwrap().turns, 0, "{flavour:?} {ask:?}");
            assert_eq!(worker.len(), 3);
            drop(seen);
        }
    }
}

/// 5. There may be more, so the loop is told so, however often it asks.
#[apply(bounded)]
fn an_idle_queue_is_no_end() {
    for flavour in Flavour::ALL {
        for ask in [Ask::Try, Ask::Past, Ask::Soon] {
            let turnstile = Turnstile::new();
            let (asks, seen) = asks::<u32>(ask);
            let asks = Asks { turnstile: Some(turnstile.clone()), ..asks };
            let worker = flavour.unbounded(BackgroundQueueWorker::builder(asks)).start().unwrap();
            let step = || {
                turnstile.release();
                turnstile.wait();
                seen.all()
            };
            turnstile.wait();
            assert_eq!(step(), [Err(NoTask::NotYet)], "{flavour:?} {ask:?}");
            assert_eq!(step(), [Err(NoTask::NotYet)]);
            worker.put(7).unwrap();
            assert_eq!(step(), [Ok(7)]);
            assert_eq!(step(), [Err(NoTask::NotYet)]);
            // Neither is a queue that is closed and has tasks.
            worker.put(8).unwrap();
            worker.close();
            assert_eq!(step(), [Ok(8)]);
            turnstile.release();
            assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
        }
    }
}

/// 5. A channel that the user has another sender of is not closed.
#[apply(bounded)]
fn a_channel_ends_with_its_last_sender() {
    for ask in [Ask::Try, Ask::Past, Ask::Soon] {
        let (sender, receiver) = pyaltt_core::crossbeam_channel::unbounded();
        let turnstile = Turnstile::new();
        let (asks, seen) = asks::<u32>(ask);
        let asks = Asks { turnstile: Some(turnstile.clone()), ..asks };
        let worker = BackgroundQueueWorker::builder(asks).queue((sender.clone(), receiver)).start().unwrap();
        turnstile.wait();
        worker.close();
        turnstile.release();
        turnstile.wait();
        assert_eq!(seen.all(), [Err(NoTask::NotYet)], "{ask:?}");
        sender.send(1).unwrap();
        drop(sender);
        (0..2).for_each(|_| turnstile.release());
        assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
        assert_eq!(tasks_before_the_end(&seen), [1]);
    }
}

/// 5. The drain of one worker ends its loop, and not that of another worker of the queue.
#[apply(bounded)]
fn a_drain_ends_the_loop_of_its_worker_alone() {
    for flavour in Flavour::ALL {
        for ask in Ask::ALL {
            let (anna, _seen) = asks::<u32>(ask);
            let (bert, by_bert) = asks::<u32>(ask);
            let anna = flavour.unbounded(BackgroundQueueWorker::builder(anna)).start().unwrap();
            let bert = BackgroundQueueWorker::builder(bert).queue(anna.queue().clone()).start().unwrap();
            assert_eq!(anna.drain().unwrap().reason, ExitReason::Stopped, "{flavour:?} {ask:?}");
            anna.put(1).unwrap();
            assert_eq!(by_bert.next(), Ok(1));
            bert.drain().unwrap();
        }
    }
}

/// 5. The other kinds.
#[apply(bounded)]
fn loops_of_the_other_kinds_end_as_well() {
    for ask in Ask::ALL {
        for reason in [ExitReason::Stopped, ExitReason::Terminated] {
            let (on_ticks, ticks) = asks::<Tick>(ask);
            let (on_triggers, triggers) = asks::<Trigger>(ask);
            let beat = BackgroundWorker::builder(on_ticks).interval(LONG).start().unwrap();
            let alarm = BackgroundEventWorker::builder(on_triggers).start().unwrap();
            // The first tick is at the start.
            ticks.wait_for(1);
            alarm.trigger();
            triggers.wait_for(1);
            let handles: [pyaltt_core::Handle; 2] = [beat.into(), alarm.into()];
            for handle in handles {
                if reason == ExitReason::Stopped {
                    handle.signal_stop();
                } else {
                    handle.terminate();
                }
                let exit = handle.wait().unwrap();
                assert_eq!((exit.reason, exit.turns), (reason, 1), "{ask:?}");
            }
            assert_eq!((ticks.len(), triggers.len()), (5, 5));
            assert!(ticks.all()[1..].iter().all(|end| matches!(end, Err(NoTask::Ended))));
            assert!(triggers.all()[1..].iter().all(|end| matches!(end, Err(NoTask::Ended))));
        }
    }
}

/// 5. A turn in an own loop that ends the run says so by `Break`, and a queue whose take fails by `Ended`.
#[apply(bounded)]
fn a_take_that_fails_ends_an_own_loop() {
    struct Jammed;
    impl pyaltt_core::TaskQueue for Jammed {
        type Task = u32;
        fn put(&self, task: u32) -> Result<(), u32> {
            Err(task)
        }
        fn take(&self) -> Option<u32> {
            panic!("{}jammed", testkit::EXPECTED);
        }
        fn len(&self) -> usize {
            0
        }
    }
    testkit::silence_expected_panics();
    for ask in Ask::ALL {
        let (asks, _seen) = asks::<u32>(ask);
        let worker = BackgroundQueueWorker::builder(asks).queue(Jammed).start().unwrap();
        assert!(worker.wait_timeout(LONG).is_err(), "{ask:?}");
    }
}

/// 5. What the words say.
#[apply(bounded)]
fn no_task_reads_as_an_error() {
    let ended: BoxError = NoTask::Ended.into();
    assert_eq!(ended.to_string(), "there will be no further task in this run");
    assert_eq!(NoTask::NotYet.to_string(), "there is no task now");
    let worker = queue(|_task: u32, _cx| ()).build().unwrap();
    drop(worker);
}
