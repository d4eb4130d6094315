//! Tasks and restarts: none is lost, none runs twice, and their order stays.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Flow, ManualClock, PutErrorKind, QueueBuilder, Restart, State,
    Turn, Worker,
};
use testkit::{EXPECTED, Fate, Ledger, Misstep, RunOrder, TaskId, Turnstile, silence_expected_panics};

use super::{LONG, exact, wait_for};
use crate::flavour::Flavour;

/// A task: its id, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Job {
    id: TaskId,
    fate: JobFate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum JobFate {
    Runs,
    Fails,
    Panics,
}

/// Runs jobs and keeps account of them. It is held in turns that fail and in starts if it is to be.
struct Clerk {
    ledger: Arc<Ledger>,
    order: RunOrder,
    /// Whether it checks the order of the jobs.
    is_ordered: bool,
    hold: Option<Turnstile>,
    /// How many starts in a row fail after each run that failed.
    failing_starts: u64,
    failed: u64,
}

impl Clerk {
    fn new(flavour: Flavour, ledger: &Arc<Ledger>) -> Self {
        let is_ordered = !matches!(flavour, Flavour::Lifo | Flavour::Priority);
        let order = RunOrder::new(ledger.producers());
        let ledger = Arc::clone(ledger);
        Self { ledger, order, is_ordered, hold: None, failing_starts: 0, failed: 0 }
    }

    fn end(&self, id: TaskId, fate: Fate) -> Result<(), Misstep> {
        self.ledger.end(id, fate)?;
        if self.is_ordered { self.order.ran(id) } else { Ok(()) }
    }

    fn hold(&self) {
        if let Some(turnstile) = &self.hold {
            turnstile.pass();
        }
    }
}

impl Worker for Clerk {
    type Task = Job;

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        if cx.run_number() == 1 {
            return Ok(());
        }
        self.hold();
        if self.failed < self.failing_starts {
            self.failed += 1;
            return Err(format!("{EXPECTED}no power").into());
        }
        self.failed = 0;
        Ok(())
    }

    fn run(&mut self, job: Job, _cx: &mut Context) -> Turn {
        if job.fate == JobFate::Runs {
            self.end(job.id, Fate::Ran)?;
            return Ok(Flow::Continue);
        }
        self.hold();
        self.end(job.id, Fate::Failed)?;
        assert!(job.fate != JobFate::Panics, "{EXPECTED}job {}", job.id);
        Err(format!("{EXPECTED}job {}", job.id).into())
    }
}

fn job(ledger: &Ledger, producer: u16, fate: JobFate) -> Job {
    Job { id: ledger.issue(producer, 0).unwrap(), fate }
}

fn assert_account(ledger: &Ledger, flavour: Flavour) {
    assert_eq!((ledger.missteps(), ledger.lost()), (vec![], vec![]), "{flavour:?}");
}

#[apply(bounded)]
fn r5_r6_tasks_put_while_a_run_fails_while_it_waits_and_while_it_starts_run_once_and_in_order() {
    silence_expected_panics();
    for flavour in Flavour::ALL {
        let ledger = Arc::new(Ledger::new(1, 1_000));
        let (hold, clock) = (Turnstile::new(), ManualClock::new());
        let mut clerk = Clerk::new(flavour, &ledger);
        clerk.hold = Some(hold.clone());
        clerk.failing_starts = 3;
        let worker = flavour
            .unbounded(BackgroundQueueWorker::builder(clerk))
            .restart(exact())
            .clock(clock.clone())
            .start()
            .unwrap();
        let put = |fate| worker.put(job(&ledger, 0, fate)).unwrap();
        let put_some = || (0..3).for_each(|_| put(JobFate::Runs));
        for round in 0..4 {
            put(if round % 2 == 0 { JobFate::Fails } else { JobFate::Panics });
            hold.wait();
            // While it fails.
            put_some();
            hold.release();
            for attempt in 0..=3 {
                wait_for(&worker, State::Waiting);
                put_some();
                clock.advance_to_next();
                hold.wait();
                assert_eq!(worker.state(), State::Starting);
                put_some();
                assert_eq!(worker.len(), 3 + 6 * (attempt + 1), "{flavour:?}: nothing is taken meanwhile");
                hold.release();
            }
            wait_for(&worker, State::Active);
            assert!(testkit::until(LONG, || worker.is_empty()));
        }
        worker.drain().unwrap();
        let stats = worker.stats();
        assert_eq!((stats.turns, stats.errors, stats.panics), (4 * 28, 2, 2), "{flavour:?}");
        assert_eq!((stats.runs, stats.restarts, ledger.issued()), (5, 16, 4 * 28), "{flavour:?}");
        assert_account(&ledger, flavour);
    }
}

#[apply(bounded)]
fn r5_what_is_left_when_the_budget_is_spent_is_pending_and_what_came_later_handed_back() {
    silence_expected_panics();
    for flavour in Flavour::ALL {
        let ledger = Arc::new(Ledger::new(1, 1_000));
        let worker = flavour
            .unbounded(BackgroundQueueWorker::builder(Clerk::new(flavour, &ledger)))
            .restart(exact().backoff(Duration::ZERO).max(2, LONG))
            .build()
            .unwrap();
        (0..6).for_each(|_| worker.put(job(&ledger, 0, JobFate::Panics)).unwrap());
        worker.start().unwrap();
        let exit = testkit::failed(worker.wait());
        assert_eq!((exit.run, exit.pending, worker.len()), (3, 3, 3), "{flavour:?}");
        let late = job(&ledger, 0, JobFate::Runs);
        let error = worker.put(late).unwrap_err();
        assert_eq!(error.kind(), PutErrorKind::WorkerFailed);
        ledger.end(error.into_inner().id, Fate::HandedBack).unwrap();
        for pending in worker.take_pending() {
            ledger.end(pending.id, Fate::TakenOut).unwrap();
        }
        assert_account(&ledger, flavour);
    }
}

/// Producers that put until the ledger is full, while the worker fails every now and then.
fn storm(flavour: Flavour, make: impl FnOnce(QueueBuilder<Job>) -> QueueBuilder<Job>, failing_starts: u64) {
    const PRODUCERS: u16 = 4;
    const EACH: usize = 1_000;
    let ledger = Arc::new(Ledger::new(PRODUCERS.into(), EACH));
    let mut clerk = Clerk::new(flavour, &ledger);
    clerk.failing_starts = failing_starts;
    let builder = make(BackgroundQueueWorker::builder(clerk));
    let worker = builder.restart(Restart::on_failure().backoff(Duration::ZERO)).start().unwrap();
    thread::scope(|scope| {
        for producer in 0..PRODUCERS {
            let (worker, ledger) = (&worker, &ledger);
            scope.spawn(move || {
                for number in 0..EACH {
                    let fate = match number % 50 {
                        7 => JobFate::Fails,
                        31 => JobFate::Panics,
                        _ => JobFate::Runs,
                    };
                    worker.put(job(ledger, producer, fate)).unwrap();
                }
            });
        }
    });
    // A drain would end the life at its next failure.
    assert!(testkit::until(LONG, || ledger.ended() == ledger.issued()));
    worker.stop().unwrap();
    assert_account(&ledger, flavour);
    let stats = worker.stats();
    assert_eq!((stats.turns, stats.errors, stats.panics), (4_000, 80, 80), "{flavour:?}");
    assert!(stats.restarts >= 159 * (failing_starts + 1), "{flavour:?}: {stats}");
}

#[apply(bounded)]
fn r5_a_hundred_restarts_under_four_producers_lose_nothing() {
    silence_expected_panics();
    for flavour in Flavour::ALL {
        storm(flavour, |builder| flavour.unbounded(builder), 0);
    }
}

#[apply(bounded)]
fn r5_producers_that_wait_for_room_wait_over_restarts_and_lose_nothing() {
    silence_expected_panics();
    for flavour in Flavour::ALL {
        storm(flavour, |builder| flavour.bounded(builder, 2), 2);
    }
}
