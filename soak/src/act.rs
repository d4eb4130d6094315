//! One thread of a round: takes the steps of its plan, and accounts for every task that comes back to it.

use std::time::Duration;

use pyaltt::{PutError, PutErrorKind, Start, StartError, StopError};

use crate::findings::Kind;
use crate::kinds;
use crate::ledger::Fate;
use crate::member::{EventMember, Member, QueueMember};
use crate::plan::{Op, Step};
use crate::round::{Desk, Round};
use crate::task::Task;

/// How many clones of handles a thread keeps at most.
const KEPT: usize = 8;

/// The tasks of one step.
const BURST: u64 = 64;

/// A thread that uses the workers of a round.
pub(crate) struct Actor<'a> {
    round: &'a Round,
    desk: &'a Desk,
    /// Its lane in the ledger.
    lane: u16,
    kept: Vec<Member>,
}

impl<'a> Actor<'a> {
    pub(crate) fn new(round: &'a Round, desk: &'a Desk, lane: u16) -> Self {
        Self { round, desk, lane, kept: Vec::with_capacity(KEPT) }
    }

    pub(crate) fn take(&mut self, step: Step) {
        let member = self.round.member(step.slot);
        let within = Duration::from_micros(step.dice % 2_000);
        match (step.op, &member) {
            (Op::Start, _) => self.started(&member, member.start()),
            (Op::StartWith, _) => self.started(&member, member.start_with(overrides(&member, step.dice))),
            (Op::Stop, _) => drop(member.stop().map_err(|error| self.misbehaved(&member, &error))),
            (Op::SignalStop, _) => member.signal_stop(),
            (Op::StopTimeout, _) => self.timed(&member, member.stop_timeout(within).err()),
            (Op::WaitTimeout, _) => self.timed(&member, member.wait_timeout(within).err()),
            (Op::Terminate, _) => member.terminate(),
            (Op::Drain, Member::Queue(queue)) => {
                drop(queue.worker.drain().map_err(|error| self.misbehaved(&member, &error)));
            }
            (Op::Put, Member::Queue(queue)) => {
                self.desk.wait_for(queue.blocks.then(|| queue.worker.queue().clone()));
                self.feed(queue, step.dice, |task| queue.worker.put(task));
                self.desk.wait_for(None);
            }
            (Op::TryPut, Member::Queue(queue)) => {
                self.feed(queue, step.dice, |task| queue.worker.try_put(task));
            }
            (Op::PutTimeout, Member::Queue(queue)) => {
                self.feed(queue, step.dice, |task| queue.worker.put_timeout(task, within));
            }
            (Op::Trigger, Member::Event(EventMember { bell, .. })) => {
                (0..=step.dice % BURST).for_each(|_| bell.ring());
            }
            (Op::TakePending, Member::Queue(queue)) => taken(queue.worker.take_pending()),
            (Op::Close, _) => self.close(step, &member),
            (Op::Abandon, _) => self.abandon(step),
            (Op::Keep, _) if self.kept.len() < KEPT => self.kept.push(member),
            (Op::Forget, _) => self.kept.clear(),
            _ => drop((member.stats(), member.last_exit(), member.state())),
        }
    }

    /// Puts some tasks, until one is refused.
    fn feed(&self, queue: &QueueMember, dice: u64, put: impl Fn(Task) -> Result<(), PutError<Task>>) {
        for _ in 0..=dice % BURST {
            let Some(task) = Task::new(&queue.book, self.lane, true) else { return };
            let refused = match (put(task), &queue.sender) {
                (Ok(()), _) => continue,
                // The worker has no sender; the program has.
                (Err(error), Some(sender)) if error.kind() == PutErrorKind::ReceiverOnly => {
                    match sender.send(error.into_inner()) {
                        Ok(()) => continue,
                        Err(error) => error.into_inner(),
                    }
                }
                (Err(error), _) => {
                    if matches!(error.kind(), PutErrorKind::FromWorker | PutErrorKind::ReceiverOnly) {
                        self.round.world.findings.add(Kind::Misbehaved, format_args!("{error}"));
                    }
                    error.into_inner()
                }
            };
            returned(refused);
            return;
        }
    }

    /// Closes a queue and lets a new worker take over. Whether the old one is stopped, runs on until its
    /// queue is empty, or is dropped, the dice say.
    fn close(&self, step: Step, member: &Member) {
        if matches!(member, Member::Queue(queue) if queue.is_shared) {
            self.round.renew_shared_queue(step.slot);
        }
        let Some(old) = self.succeed(step.slot) else { return };
        if let Member::Queue(queue) = &old
            && !queue.is_shared
        {
            queue.worker.close();
            self.round.retire(queue.worker.queue());
        }
        match step.dice % 4 {
            0 => drop(old.stop()),
            1 => old.detach(),
            2 => old.signal_stop(),
            _ => {}
        }
    }

    /// Drops a worker together with what is in its queue.
    fn abandon(&self, step: Step) {
        if let Some(Member::Queue(queue)) = self.succeed(step.slot)
            && !queue.is_shared
        {
            queue.book.release();
        }
    }

    /// Puts a new worker into a slot, and gives the old one.
    fn succeed(&self, slot: usize) -> Option<Member> {
        match kinds::build(self.round, slot) {
            Ok(new) => Some(self.round.replace(slot, new)),
            Err(error) => {
                self.round.world.findings.add(Kind::Misbehaved, format_args!("{error}"));
                None
            }
        }
    }

    fn started(&self, member: &Member, result: Result<(), StartError>) {
        match result {
            Ok(()) | Err(StartError::AlreadyRunning | StartError::Hook(_)) => {}
            Err(error) => self.misbehaved(member, &error),
        }
    }

    fn timed(&self, member: &Member, error: Option<StopError>) {
        match error {
            None | Some(StopError::Timeout { .. }) => {}
            Some(error) => self.misbehaved(member, &error),
        }
    }

    fn misbehaved(&self, member: &Member, error: &dyn std::error::Error) {
        self.round.world.findings.add(Kind::Misbehaved, format_args!("{}: {error}", member.name()));
    }
}

/// Accounts for tasks that were taken out.
pub(crate) fn taken(tasks: Vec<Task>) {
    for mut task in tasks {
        task.end(Fate::Taken);
    }
}

fn returned(mut task: Task) {
    task.end(Fate::Returned);
}

/// Options of one run; those of a schedule only where there is one.
fn overrides(member: &Member, dice: u64) -> Start {
    let start = Start::new().daemon(!dice.is_multiple_of(4)).arg(dice).o(dice.to_string());
    match member {
        Member::Looped(_) if dice.is_multiple_of(2) => {
            start.interval(Duration::from_micros(500 + dice % 5_000))
        }
        Member::Looped(_) => start.delay(Duration::from_micros(200 + dice % 5_000)),
        Member::Queue(_) | Member::Event(_) => start.name("renamed"),
    }
}
