//! The reference: what a worker promises, as a pure state machine over the operations from outside.
//!
//! What the worker's own thread does in answer to them is in `program`, what goes into it and out in `intake`.

use std::collections::BTreeMap;

use pyaltt_core::{ExitReason, State};

use crate::config::{Config, Kind, QueueKind};
use crate::operation::{Deed, End, Operation, Spec};
use crate::program::Run;
use crate::queue::QueueModel;
use crate::record::{Call, Counts, Entry, ExitRecord, Fate, Outcome, StartFault};

/// The name that the worker is built with.
pub(crate) const NAME: &str = "built";
/// The name that some of its runs have.
pub(crate) const NAME_OF_RUN: &str = "renamed";

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are facts of their own, in any combination")]
pub(crate) struct Model {
    pub(crate) config: Config,

    // The worker.
    pub(crate) state: State,
    pub(crate) place: Place,
    pub(crate) level: Level,
    pub(crate) run: Run,
    pub(crate) runs: u64,
    pub(crate) exit: ExitRecord,
    pub(crate) stats: Counts,
    daemon: bool,
    detached: bool,
    retired: bool,
    /// It was dropped, with all that belongs to it.
    pub(crate) gone: bool,

    // Where its turns come from.
    pub(crate) queue: Option<QueueModel>,
    /// The test holds a sender of the worker's channel.
    pub(crate) on_line: bool,
    pub(crate) triggers: u64,
    pub(crate) now: u64,

    // Around it.
    pub(crate) handles: usize,
    pub(crate) calls: Vec<(u64, Awaits)>,
    next_call: u64,
    pub(crate) next_task: u64,

    // What the last operation is to show.
    pub(crate) outcome: Outcome,
    pub(crate) completed: Vec<(u64, Outcome)>,
    /// What was seen in this step by the user's code.
    pub(crate) log: Vec<Entry>,
    pub(crate) fates: BTreeMap<u64, Fate>,
}

/// Where the worker's thread comes to rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    NoThread,
    Asleep,
    Held(Call),
}

#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) enum Level {
    Go,
    Drain,
    Stop,
    Terminate,
}

/// A call that has not returned, and what it waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Awaits {
    /// That the worker has started.
    Start,
    /// The end of the run, to give the exit.
    Exit,
    /// The end of the run, in the drop of the last handle.
    End,
    /// Room for this task.
    Room { id: u64, rank: u8 },
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
            level: Level::Go,
            run: Run::default(),
            runs: 0,
            exit: ExitRecord { reason, error: None, run: 0, turns: 0, errors: 0, panics: 0 },
            stats: Counts::default(),
            daemon: config.daemon,
            detached: false,
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
        self.outcome = self.perform(operation);
        self
    }

    fn perform(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::Start(spec) => self.start(spec),
            Operation::Stop => self.end(Some(Level::Stop)),
            Operation::Drain => {
                self.set_apart();
                self.end(Some(Level::Drain))
            }
            Operation::Wait => self.end(None),
            Operation::StopTimeout => self.end_in_time(Some(Level::Stop)),
            Operation::WaitTimeout => self.end_in_time(None),
            Operation::SignalStop => self.tell(Level::Stop),
            Operation::Terminate => self.tell(Level::Terminate),
            Operation::Put(how, rank) => self.put(*how, *rank, false),
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
            Operation::Release(deed, end) => {
                self.release(*deed, *end);
                Outcome::Done
            }
        }
    }

    fn start(&mut self, spec: &Spec) -> Outcome {
        let is_looped = matches!(self.config.kind, Kind::Looped { .. });
        if spec.interval.is_some_and(|interval| interval == 0 || !is_looped) {
            return Outcome::NotStarted(StartFault::Option);
        }
        if self.state != State::Stopped {
            return Outcome::NotStarted(StartFault::AlreadyRunning);
        }
        if self.retired {
            return Outcome::NotStarted(StartFault::Taken);
        }
        let call = self.call(Awaits::Start);
        self.state = State::Starting;
        self.level = Level::Go;
        self.runs += 1;
        self.daemon = spec.daemon.unwrap_or(self.config.daemon);
        self.run = Run::new(self.runs, spec, self.config.kind);
        self.begin();
        self.resolve(call)
    }

    // ----- ending -----

    fn end(&mut self, level: Option<Level>) -> Outcome {
        if self.state == State::Stopped {
            return Outcome::Exit(self.exit.clone());
        }
        let call = self.call(Awaits::Exit);
        if let Some(level) = level {
            self.tell(level);
        }
        self.resolve(call)
    }

    /// Whoever has no time gets a timeout from a worker that is in a call, for that goes on until it is released.
    /// One that sleeps ends at once when it is told to, and whoever tells it has time.
    fn end_in_time(&mut self, level: Option<Level>) -> Outcome {
        match (self.place, level) {
            (Place::NoThread, _) => Outcome::Exit(self.exit.clone()),
            (Place::Asleep, Some(_)) => self.end(level),
            (place, level) => {
                if let Some(level) = level {
                    self.tell(level);
                }
                Outcome::Timeout { stuck: (place == Place::Held(Call::Turn)).then_some(self.run.turns) }
            }
        }
    }

    pub(crate) fn tell(&mut self, level: Level) -> Outcome {
        if self.state == State::Active {
            self.state = State::Stopping;
        }
        if self.state != State::Stopped && self.level < level {
            self.level = level;
        }
        self.wake();
        Outcome::Done
    }

    fn set_apart(&mut self) {
        if let Some(queue) = &mut self.queue {
            queue.set_apart();
        }
    }

    // ----- handles -----

    /// The last handle is dropped.
    fn abandon(&mut self) -> Outcome {
        if self.state == State::Stopped {
            self.vanish();
            return Outcome::Done;
        }
        if self.detached {
            return Outcome::Done;
        }
        if self.daemon {
            return self.tell(Level::Stop);
        }
        let call = self.call(Awaits::End);
        self.tell(Level::Stop);
        self.resolve(call)
    }

    fn take_worker(&mut self) -> Outcome {
        let is_there = self.state == State::Stopped && !self.retired;
        self.retired |= is_there;
        self.handles -= 1;
        if self.handles == 0 {
            self.abandon();
        }
        Outcome::Worker(is_there)
    }

    /// The worker is dropped, and its queue with it unless somebody else has it.
    pub(crate) fn vanish(&mut self) {
        self.gone = true;
        if self.config.kind != Kind::Queue(QueueKind::Shared) {
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

    /// What a call that was just made has come to.
    fn resolve(&mut self, call: u64) -> Outcome {
        match self.completed.iter().position(|(id, _)| *id == call) {
            Some(index) => self.completed.remove(index).1,
            None => Outcome::Pending(call),
        }
    }

    // ----- by the worker itself -----

    fn release(&mut self, deed: Option<Deed>, end: End) {
        let Place::Held(call) = self.place else { return };
        if let Some(deed) = deed {
            let outcome = self.do_inside(deed, call);
            self.log.push(Entry::Did(outcome));
        }
        self.leave(call, end);
    }

    /// What a call of the user's code does by a handle. The worker is in that call, so nothing wakes it.
    fn do_inside(&mut self, deed: Deed, call: Call) -> Outcome {
        match deed {
            // There is no context after the end.
            Deed::TerminateContext if call == Call::AfterStop => Outcome::Done,
            Deed::TerminateContext => {
                // It is the run's own affair, so the state is told when the turn has ended.
                self.level = Level::Terminate;
                Outcome::Done
            }
            Deed::Start => self.start(&Spec::default()),
            Deed::Stop | Deed::StopTimeout | Deed::Wait => {
                self.tell(Level::Terminate);
                Outcome::FromWorker
            }
            Deed::SignalStop => self.tell(Level::Stop),
            Deed::Terminate => self.tell(Level::Terminate),
            Deed::Drain => {
                self.set_apart();
                self.tell(Level::Drain);
                Outcome::FromWorker
            }
            Deed::Put(how, rank) => self.put(how, rank, true),
            Deed::TakePending => self.take_pending(),
            Deed::Close => self.close(),
            Deed::Trigger => self.trigger(),
            Deed::DropHandle => {
                // Inside of its own worker that detaches.
                self.handles -= 1;
                Outcome::Done
            }
        }
    }
}
