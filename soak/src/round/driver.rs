//! One thread of a round: takes the steps of its plan, and accounts for every task that comes back to it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use pyaltt::{BackgroundQueueWorker, PutError, PutErrorKind, Start, StartError, StopError};
use testkit::{AnyWorker, Fate};

use crate::account::findings::Kind;
use crate::account::task::Task;
use crate::plan::step::{Op, Step};
use crate::round::Round;
use crate::round::progress::ThreadProgress;
use crate::subject::build::build;
use crate::subject::restarts;
use crate::subject::worker::{QueueSource, Subject};

/// The most clones of handles that a thread keeps.
const KEPT: usize = 8;

/// The most tasks or triggers of one step.
const BURST: u64 = 64;

/// A thread that uses the workers of a round.
pub(crate) struct Driver<'a> {
    round: &'a Round,
    progress: &'a ThreadProgress,
    /// Its number in the ledger.
    producer: u16,
    kept: Vec<Subject>,
}

impl<'a> Driver<'a> {
    pub(crate) fn new(round: &'a Round, progress: &'a ThreadProgress, producer: u16) -> Self {
        Self { round, progress, producer, kept: Vec::with_capacity(KEPT) }
    }

    pub(crate) fn take(&mut self, step: Step) {
        let subject = self.round.subject(step.slot);
        let worker = &subject.worker;
        let within = Duration::from_micros(step.dice % 2_000);
        restarts::met(worker, self.round.world());
        match (step.op, subject.queue(), subject.event()) {
            (Op::Start, ..) => self.started(worker, worker.start()),
            (Op::StartWith, ..) => {
                self.started(worker, worker.start_with(overrides(worker, step.dice)));
                self.resume_if_replaced(step.slot, &subject);
            }
            (Op::Stop, ..) => drop(worker.stop().map_err(|error| self.misbehaved(worker, &error))),
            (Op::SignalStop, ..) => worker.signal_stop(),
            (Op::StopTimeout, ..) => self.timed(worker, worker.stop_timeout(within).err()),
            (Op::WaitTimeout, ..) => match worker.wait_timeout(within) {
                Err(StopError::Failed(_)) => {}
                result => self.timed(worker, result.err()),
            },
            (Op::Terminate, ..) => worker.terminate(),
            (Op::Drain, Some((queue, _)), _) => match queue.drain() {
                // Another thread may have overtaken it.
                Ok(_) | Err(StopError::Failed(_) | StopError::Left { .. }) => {}
                Err(error) => self.misbehaved(worker, &error),
            },
            (Op::Pause, ..) => {
                worker.pause();
                self.paused(step.slot, &subject);
            }
            (Op::PauseWait, ..) => {
                let result = worker.pause_wait(within);
                self.paused(step.slot, &subject);
                self.timed(worker, result.err());
            }
            (Op::Resume, ..) => worker.resume(),
            (Op::Put, Some(target), _) => {
                let (queue, source) = target;
                self.progress.set_waits_for(source.blocks.then(|| queue.queue().clone()));
                self.feed(target, step.dice, |task| queue.put(task));
                self.progress.set_waits_for(None);
            }
            (Op::TryPut, Some(target), _) => {
                self.feed(target, step.dice, |task| target.0.try_put(task));
            }
            (Op::PutTimeout, Some(target), _) => {
                self.feed(target, step.dice, |task| target.0.put_timeout(task, within));
            }
            (Op::Ask, Some(target), _) => {
                let queue = target.0;
                self.feed(target, step.dice, |task| {
                    self.round.askers.ask(task, |question| match step.dice % 2 {
                        0 => queue.try_ask(question),
                        _ => queue.ask_timeout(question, within),
                    })
                });
            }
            (Op::Trigger, _, Some(source)) => (0..=step.dice % BURST).for_each(|_| source.event.set()),
            (Op::TakePending, Some((queue, _)), _) => taken(queue.take_pending()),
            (Op::Close, ..) => self.close(step, &subject),
            (Op::Abandon, ..) => self.abandon(step),
            (Op::Keep, ..) if self.kept.len() < KEPT => self.kept.push(subject),
            (Op::Forget, ..) => self.kept.clear(),
            _ => drop((worker.stats(), worker.last_exit(), worker.state())),
        }
    }

    /// Puts some tasks, until one is refused.
    fn feed(
        &self,
        (_, source): (&BackgroundQueueWorker<Task>, &QueueSource),
        dice: u64,
        put: impl Fn(Task) -> Result<(), PutError<Task>>,
    ) {
        for _ in 0..=dice % BURST {
            let Some(task) = Task::new(&source.account, self.producer, true) else { return };
            let mut refused = match (put(task), &source.sender) {
                (Ok(()), _) => continue,
                // The worker has no sender, but the soak has.
                (Err(error), Some(sender)) if error.kind() == PutErrorKind::ReceiverOnly => {
                    match sender.send(error.into_inner()) {
                        Ok(()) => continue,
                        Err(error) => error.into_inner(),
                    }
                }
                (Err(error), _) => {
                    if matches!(
                        error.kind(),
                        PutErrorKind::FromWorker
                            | PutErrorKind::ReceiverOnly
                            | PutErrorKind::Stopping
                            | PutErrorKind::FromOnDropped
                    ) {
                        self.round.findings().add(Kind::Misbehaved, format_args!("{error}"));
                    }
                    error.into_inner()
                }
            };
            refused.end(Fate::HandedBack);
            return;
        }
    }

    /// Closes a queue and lets a new worker take over. The dice decide whether the old one is stopped, runs on until
    /// its queue is empty, or is dropped.
    fn close(&self, step: Step, subject: &Subject) {
        if subject.queue().is_some_and(|(_, source)| source.is_shared) {
            self.round.supplies.renew_shared_queue(step.slot);
        }
        let Some(old) = self.succeed(step.slot) else { return };
        if let Some((queue, source)) = old.queue()
            && !source.is_shared
        {
            queue.close();
            self.round.supplies.retire(queue.queue());
        }
        // It ends only when it has taken what is left, and nobody will have a handle of it.
        old.worker.resume();
        match step.dice % 4 {
            0 => drop(old.worker.stop()),
            1 => old.worker.detach(),
            2 => old.worker.signal_stop(),
            _ => {}
        }
    }

    /// Drops a worker together with its queued tasks.
    fn abandon(&self, step: Step) {
        if let Some(old) = self.succeed(step.slot)
            && let Some((_, source)) = old.queue()
            && !source.is_shared
        {
            source.account.release();
        }
    }

    /// Puts a new worker into a slot, and returns the old one.
    fn succeed(&self, slot: usize) -> Option<Subject> {
        match build(&self.round.supplies, self.round.size.kinds, slot) {
            Ok(new) => Some(self.round.replace(slot, new)),
            Err(error) => {
                self.round.findings().add(Kind::Misbehaved, format_args!("{error}"));
                None
            }
        }
    }

    fn paused(&self, slot: usize, subject: &Subject) {
        self.round.world().pauses.fetch_add(1, Ordering::Relaxed);
        self.resume_if_replaced(slot, subject);
    }

    /// Resumes a worker that may just have been paused, if another one has its slot by now. Whoever replaced it may have
    /// resumed and detached it before it was paused.
    fn resume_if_replaced(&self, slot: usize, subject: &Subject) {
        if !self.round.has(slot, subject) {
            subject.worker.resume();
        }
    }

    fn started(&self, worker: &AnyWorker<Task>, result: Result<(), StartError>) {
        match result {
            Ok(()) | Err(StartError::AlreadyRunning { .. } | StartError::Hook(_)) => {}
            Err(error) => self.misbehaved(worker, &error),
        }
    }

    fn timed(&self, worker: &AnyWorker<Task>, error: Option<StopError>) {
        match error {
            None | Some(StopError::Timeout { .. }) => {}
            Some(error) => self.misbehaved(worker, &error),
        }
    }

    fn misbehaved(&self, worker: &AnyWorker<Task>, error: &dyn std::error::Error) {
        self.round.findings().add(Kind::Misbehaved, format_args!("{}: {error}", worker.name()));
    }
}

/// Accounts for tasks that were taken out.
pub(crate) fn taken(tasks: Vec<Task>) {
    for mut task in tasks {
        task.end(Fate::TakenOut);
    }
}

/// The options of one run; a schedule only for a worker that has one.
fn overrides(worker: &AnyWorker<Task>, dice: u64) -> Start {
    let start = Start::new().daemon(!dice.is_multiple_of(4)).arg(dice).o(dice.to_string());
    let start = match dice / 16 % 16 {
        0 => start.paused(true),
        1 => start.paused(false),
        _ => start,
    };
    match worker {
        AnyWorker::Looped(_) if dice.is_multiple_of(2) => {
            start.interval(Duration::from_micros(500 + dice % 5_000))
        }
        AnyWorker::Looped(_) => start.delay(Duration::from_micros(200 + dice % 5_000)),
        AnyWorker::Queue(_) | AnyWorker::Event(_) => start.name("renamed"),
    }
}
