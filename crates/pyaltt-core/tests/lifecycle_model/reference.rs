//! The reference: what a worker promises, as a pure state machine over the operations from outside.
//!
//! What the worker's own thread does in response is in `program`, and between two runs in `life`; what goes in and out
//! is in `intake`.

use std::collections::BTreeMap;

use pyaltt_core::{ExitReason, State, Then};
use testkit::Fate;

use crate::config::{Config, Kind, QueueKind};
use crate::life::Life;
use crate::operation::{Action, End, Operation, Spec};
use crate::program::Run;
use crate::queue::QueueModel;
use crate::record::{Call, Counts, Entry, ExitRecord, Outcome, StartFault};

/// The name that the worker is built with.
pub(crate) const NAME: &str = "built";
/// The name of some of its runs.
pub(crate) const NAME_OF_RUN: &str = "renamed";

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent facts, in any combination")]
pub(crate) struct Model {
    pub(crate) config: Config,

    // The worker.
    pub(crate) state: State,
    pub(crate) place: Place,
    pub(crate) level: StopLevel,
    /// The run in progress, or the one that comes next, was told to drain, among other things.
    pub(crate) drained: bool,
    /// It takes no turns until it is resumed or told to end, in this run and in those to come.
    pub(crate) paused: bool,
    pub(crate) life: Life,
    pub(crate) run: Run,
    pub(crate) runs: u64,
    pub(crate) exit: ExitRecord,
    pub(crate) stats: Counts,
    pub(crate) daemon: bool,
    detached: bool,
    /// Its last handle was dropped while it was not detached.
    pub(crate) abandoned: bool,
    pub(crate) retired: bool,
    /// It was dropped, with everything that belongs to it.
    pub(crate) gone: bool,

    // Where its turns come from.
    pub(crate) queue: Option<QueueModel>,
    /// Whether the test holds a sender of the worker's channel.
    pub(crate) on_line: bool,
    pub(crate) triggers: u64,
    pub(crate) now: u64,

    // Around it.
    pub(crate) handles: usize,
    pub(crate) calls: Vec<(u64, Awaits)>,
    next_call: u64,
    pub(crate) next_task: u64,

    /// In this step, a put that waited got room.
    pub(crate) made_room: bool,
    /// In this step, the queue failed or its tasks were counted after that. The put may come before or after it.
    pub(crate) is_race: bool,

    // What the last operation should show.
    pub(crate) outcome: Outcome,
    pub(crate) completed: Vec<(u64, Outcome)>,
    /// What user code saw in this step.
    pub(crate) log: Vec<Entry>,
    pub(crate) fates: BTreeMap<u64, Fate>,
}

/// Where the worker's thread comes to rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    NoThread,
    Asleep,
    /// It waits for its next run.
    Backoff,
    Held(Call),
}

#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) enum StopLevel {
    Go,
    Drain,
    Stop,
    Terminate,
}

/// What a call that has not returned waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Awaits {
    /// The start of the worker.
    Start,
    /// The end of the life and of its thread, to return the exit.
    Exit(Ask),
    /// The end of the life alone.
    Publication(Ask),
    /// The end of the life and of its thread, in the drop of the last handle.
    End,
    /// Room for this task.
    Room { id: u64, rank: u8, then: AfterPut },
    /// What this task answers.
    Answer { id: u64 },
}

/// What a call that puts a task does when it has put it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum AfterPut {
    Return,
    AwaitAnswer,
    /// It has asked in a life that is over.
    ReturnEnded,
}

/// What a call that returns the exit asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ask {
    Stop,
    Wait,
    Drain,
}

impl Ask {
    fn level(self) -> Option<StopLevel> {
        match self {
            Self::Stop => Some(StopLevel::Stop),
            Self::Wait => None,
            Self::Drain => Some(StopLevel::Drain),
        }
    }
}

impl Model {
    pub(crate) fn new(config: Config) -> Self {
        let queue = match config.kind {
            Kind::Queue(kind) => Some(QueueModel::new(kind)),
            Kind::Event | Kind::Looped { .. } => None,
        };
        let reason = ExitReason::NeverStarted;
        Self {
            state: State::Stopped,
            place: Place::NoThread,
            level: StopLevel::Go,
            drained: false,
            paused: config.paused,
            life: Life::default(),
            run: Run::default(),
            runs: 0,
            exit: ExitRecord {
                reason,
                error: None,
                run: 0,
                turns: 0,
                errors: 0,
                panics: 0,
                restarts: 0,
                pending: 0,
                then: Then::Rest,
                left: 0,
                worker: NAME.to_owned(),
            },
            stats: Counts::default(),
            daemon: config.daemon,
            detached: false,
            abandoned: false,
            retired: false,
            gone: false,
            queue,
            on_line: config.kind == Kind::Queue(QueueKind::Receiver),
            triggers: 0,
            now: 0,
            handles: 1,
            calls: Vec::new(),
            next_call: 0,
            next_task: 0,
            made_room: false,
            is_race: false,
            outcome: Outcome::Done,
            completed: Vec::new(),
            log: Vec::new(),
            fates: BTreeMap::new(),
            config,
        }
    }

    pub(crate) fn is_detached(&self) -> bool {
        self.detached
    }

    pub(crate) fn apply(mut self, operation: &Operation) -> Self {
        self.completed.clear();
        self.log.clear();
        (self.made_room, self.is_race) = (false, false);
        self.outcome = self.perform(operation);
        self.tell_askers();
        self
    }

    fn perform(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::Start(spec) => self.start(spec),
            Operation::Stop => self.end(Ask::Stop),
            Operation::Drain => {
                self.set_apart();
                self.end(Ask::Drain)
            }
            Operation::Wait => self.end(Ask::Wait),
            Operation::StopTimeout => self.end_in_time(Ask::Stop),
            Operation::WaitTimeout => self.end_in_time(Ask::Wait),
            Operation::SignalStop => self.tell(StopLevel::Stop),
            Operation::Terminate => self.tell(StopLevel::Terminate),
            Operation::Pause => self.pause(),
            Operation::Resume => self.resume(),
            Operation::Put(how, rank) => self.put(*how, *rank, false),
            Operation::Ask(how, rank) => self.ask(*how, *rank),
            Operation::Send(rank) => self.send(*rank),
            Operation::HangUp => {
                self.on_line = false;
                self.close_queue();
                Outcome::Done
            }
            Operation::TakePending => self.take_pending(),
            Operation::Close => self.close(),
            Operation::Trigger => self.trigger(),
            Operation::Advance(by) => {
                self.now += by;
                self.end_backoff();
                self.wake();
                Outcome::Done
            }
            Operation::CloneHandle => {
                self.handles += 1;
                Outcome::Done
            }
            Operation::DropHandle => {
                self.handles -= 1;
                if self.handles == 0 { self.abandon() } else { Outcome::Done }
            }
            Operation::Detach => {
                self.detached = true;
                Outcome::Done
            }
            Operation::IntoInner => self.take_worker(),
            Operation::Release(action, end) => {
                self.release(*action, *end);
                Outcome::Done
            }
        }
    }

    // ----- ending -----

    fn end(&mut self, ask: Ask) -> Outcome {
        if self.place == Place::NoThread {
            return self.answer(ask);
        }
        self.tell_and_wait(ask, Awaits::Exit(ask))
    }

    fn tell_and_wait(&mut self, ask: Ask, awaits: Awaits) -> Outcome {
        let call = self.call(awaits);
        if let Some(level) = ask.level() {
            self.tell(level);
        }
        self.resolve(call)
    }

    /// What a call returns after the last run. A stop got what it asked for, however the run has ended.
    pub(crate) fn answer(&self, ask: Ask) -> Outcome {
        let exit = self.exit.clone();
        match (ask, exit.left) {
            (Ask::Stop, _) => Outcome::Exit(exit),
            _ if exit.reason == ExitReason::Failed => Outcome::Failed(exit),
            (Ask::Drain, 1..) => Outcome::Left(exit.clone(), exit.left),
            (Ask::Wait | Ask::Drain, _) => Outcome::Exit(exit),
        }
    }

    /// A caller without time gets a timeout if the worker is in a call, because that goes on until it is released.
    /// A sleeping worker ends as soon as it is told to, so the call that tells it is given time.
    fn end_in_time(&mut self, ask: Ask) -> Outcome {
        let level = ask.level();
        if self.place == Place::Asleep && level.is_some() {
            return self.tell_and_wait(ask, Awaits::Publication(ask));
        }
        if let Some(level) = level {
            self.tell(level);
        }
        if self.state == State::Stopped {
            return self.answer(ask);
        }
        Outcome::Timeout { stuck: (self.place == Place::Held(Call::Turn)).then_some(self.run.turns) }
    }

    pub(crate) fn tell(&mut self, level: StopLevel) -> Outcome {
        match self.state {
            State::Stopped => {}
            State::Waiting => self.end_between_runs(level),
            _ => {
                if self.state == State::Active {
                    self.state = State::Stopping;
                }
                self.life.asked = true;
                self.drained |= level == StopLevel::Drain;
                if self.level < level {
                    self.level = level;
                }
                self.wake();
            }
        }
        Outcome::Done
    }

    fn pause(&mut self) -> Outcome {
        self.paused = true;
        self.wake();
        Outcome::Done
    }

    fn resume(&mut self) -> Outcome {
        self.paused = false;
        self.wake();
        Outcome::Done
    }

    /// Whether it is paused, and not told to end.
    pub(crate) fn is_resting(&self) -> bool {
        self.paused && self.level == StopLevel::Go
    }

    fn set_apart(&mut self) {
        if let Some(queue) = &mut self.queue {
            queue.set_apart();
        }
    }

    // ----- handles -----

    /// The last handle is dropped.
    fn abandon(&mut self) -> Outcome {
        self.abandoned = !self.detached;
        if self.place == Place::NoThread {
            self.vanish();
            return Outcome::Done;
        }
        if self.detached {
            return Outcome::Done;
        }
        if self.daemon {
            return self.tell(StopLevel::Stop);
        }
        let call = self.call(Awaits::End);
        self.tell(StopLevel::Stop);
        self.resolve(call)
    }

    fn take_worker(&mut self) -> Outcome {
        let is_there = self.state == State::Stopped && !self.retired;
        if is_there {
            self.retired = true;
            // Nobody takes from its queue any more.
            self.close();
        }
        self.handles -= 1;
        if self.handles == 0 {
            self.abandon();
        }
        Outcome::Worker(is_there)
    }

    /// The worker is dropped, and its queue with it unless the test has it too.
    pub(crate) fn vanish(&mut self) {
        self.gone = true;
        if !matches!(self.config.kind, Kind::Queue(QueueKind::Shared { .. })) {
            let left = self.queue.as_mut().map(QueueModel::take_all).unwrap_or_default();
            self.fates.extend(left.into_iter().map(|id| (id, Fate::Dropped)));
        }
    }

    // ----- calls that wait -----

    pub(crate) fn call(&mut self, awaits: Awaits) -> u64 {
        self.next_call += 1;
        self.calls.push((self.next_call, awaits));
        self.next_call
    }

    pub(crate) fn complete(&mut self, call: u64, outcome: Outcome) {
        self.calls.retain(|(id, _)| *id != call);
        self.completed.push((call, outcome));
    }

    pub(crate) fn complete_all(&mut self, which: Awaits, outcome: &Outcome) {
        let calls: Vec<u64> =
            self.calls.iter().filter(|(_, awaits)| *awaits == which).map(|(id, _)| *id).collect();
        for call in calls {
            self.complete(call, outcome.clone());
        }
    }

    /// The outcome of a call that was just made.
    pub(crate) fn resolve(&mut self, call: u64) -> Outcome {
        match self.completed.iter().position(|(id, _)| *id == call) {
            Some(index) => self.completed.remove(index).1,
            None => Outcome::Pending(call),
        }
    }

    // ----- by the worker itself -----

    fn release(&mut self, action: Option<Action>, end: End) {
        let Place::Held(call) = self.place else { return };
        if let Some(action) = action {
            let outcome = self.do_inside(action, call);
            self.log.push(Entry::Did(outcome));
        }
        self.leave(call, end);
    }

    /// What a call of user code does with a handle. The worker is in that call, so nothing wakes it.
    fn do_inside(&mut self, action: Action, call: Call) -> Outcome {
        match action {
            // These get no context.
            Action::TerminateContext if matches!(call, Call::AfterStop | Call::OnExit) => Outcome::Done,
            Action::TerminateContext => {
                // It is inside the run, so the state changes when the turn has ended.
                self.level = StopLevel::Terminate;
                Outcome::Done
            }
            Action::Start if matches!(self.state, State::Waiting | State::Stopped) => {
                let fault = if self.retired { StartFault::Taken } else { StartFault::FromWorker };
                Outcome::NotStarted(fault)
            }
            Action::Start => self.start(&Spec::default()),
            Action::Stop | Action::StopTimeout => self.end_inside(Ask::Stop, StopLevel::Terminate),
            Action::Wait => self.end_inside(Ask::Wait, StopLevel::Terminate),
            Action::SignalStop => self.tell(StopLevel::Stop),
            Action::Terminate => self.tell(StopLevel::Terminate),
            Action::Pause => self.pause(),
            Action::Resume => self.resume(),
            Action::Drain => {
                self.set_apart();
                self.end_inside(Ask::Drain, StopLevel::Drain)
            }
            Action::Put(how, rank) => self.put(how, rank, self.life.is_in_queue),
            Action::TakePending => self.take_pending(),
            Action::Close => self.close(),
            Action::Trigger => self.trigger(),
            Action::DropHandle => {
                // Inside its own worker, that detaches.
                self.handles -= 1;
                self.abandoned = !self.detached;
                if self.abandoned && self.state == State::Waiting {
                    self.tell(StopLevel::Stop);
                }
                Outcome::Done
            }
        }
    }

    /// A thread cannot wait for itself. After the end of the life there is nothing to wait for.
    fn end_inside(&mut self, ask: Ask, level: StopLevel) -> Outcome {
        if self.state == State::Stopped {
            return self.answer(ask);
        }
        self.tell(level);
        Outcome::FromWorker
    }
}
