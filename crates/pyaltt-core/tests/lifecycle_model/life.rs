//! The reference for a life: how it begins, what follows each of its runs, and what can happen between two of them.

use std::time::Duration;

use pyaltt_core::{ExitReason, State, Then};

use crate::config::{After, Kind, QueueKind};
use crate::operation::{End, Spec};
use crate::program::Run;
use crate::queue::QueueModel;
use crate::record::{Call, Entry, ExitRecord, Fault, Outcome, StartFault};
use crate::reference::{Ask, Awaits, Model, Place, StopLevel};

/// What lasts from run to run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Life {
    pub(crate) restarts: u64,
    /// Somebody has asked for its end.
    pub(crate) asked: bool,
    /// Its worker has seen that its channel is closed and empty.
    pub(crate) saw_end: bool,
    /// The queue counts it among those that take from it.
    pub(crate) is_in_queue: bool,
    /// The restarts without a healthy run between them.
    row: u32,
    /// When the restarts were decided on that a budget counts.
    counted: Vec<u64>,
    /// When the backoff is over.
    due: u64,
    /// A start that came before that.
    early: Option<Spec>,
}

impl Model {
    pub(crate) fn start(&mut self, spec: &Spec) -> Outcome {
        let is_looped = matches!(self.config.kind, Kind::Looped { .. });
        if spec.interval.is_some_and(|interval| interval == 0 || !is_looped) {
            return Outcome::NotStarted(StartFault::Option);
        }
        if !matches!(self.state, State::Stopped | State::Waiting) {
            return Outcome::NotStarted(StartFault::AlreadyRunning);
        }
        if self.retired {
            return Outcome::NotStarted(StartFault::Taken);
        }
        let call = self.call(Awaits::Start);
        let is_first = self.state == State::Stopped;
        self.claim();
        self.paused = spec.paused.unwrap_or(self.paused);
        if is_first {
            // A channel does not come back to life.
            let saw_end = self.life.saw_end;
            self.life = Life { saw_end, is_in_queue: true, ..Life::default() };
            self.daemon = spec.daemon.unwrap_or(self.config.daemon);
            self.run = Run::new(self.runs, spec, self.config.kind);
            self.begin();
        } else {
            self.life.early = Some(spec.clone());
            if self.place == Place::Backoff {
                self.run_again();
            }
        }
        self.resolve(call)
    }

    fn claim(&mut self) {
        self.state = State::Starting;
        self.level = StopLevel::Go;
        self.drained = false;
        self.runs += 1;
    }

    /// The next run of the life begins.
    fn run_again(&mut self) {
        self.life.restarts += 1;
        self.stats.restarts += 1;
        match self.life.early.take() {
            Some(spec) => {
                self.daemon = spec.daemon.unwrap_or(self.config.daemon);
                self.run = Run::new(self.runs, &spec, self.config.kind);
            }
            None => self.run.again(self.runs),
        }
        self.begin();
    }

    /// The start of a run failed.
    pub(crate) fn not_started(&mut self, fault: Fault) {
        let outcome = Outcome::NotStarted(StartFault::Hook(fault.clone()));
        if self.life.restarts > 0 {
            self.publish(self.exit_of(ExitReason::Failed, Some(fault)));
            self.complete_all(Awaits::Start, &outcome);
            return self.exited();
        }
        self.life.is_in_queue = false;
        self.state = State::Stopped;
        self.complete_all(Awaits::Start, &outcome);
        self.thread_ended();
    }

    /// Decides what follows a run, and publishes its end.
    pub(crate) fn publish(&mut self, mut exit: ExitRecord) {
        self.is_race |= self.made_room;
        exit.pending = self.queue.as_ref().map_or(0, QueueModel::len);
        exit.then = self.verdict(&exit);
        let is_again = matches!(exit.then, Then::Again { .. });
        let has_failed = exit.reason == ExitReason::Failed;
        self.exit = exit;
        self.life.is_in_queue = is_again;
        self.state = if is_again { State::Waiting } else { State::Stopped };
        if has_failed && !is_again {
            self.fail_queue();
        }
        self.tell_of_publication();
    }

    fn verdict(&mut self, exit: &ExitRecord) -> Then {
        let policy = self.config.restart;
        let follows = match exit.reason {
            ExitReason::Failed => policy.after != After::Nothing,
            ExitReason::Finished => policy.after == After::Everything && !self.is_exhausted(),
            _ => false,
        };
        if !follows || self.life.asked || self.abandoned || self.level == StopLevel::Terminate {
            return Then::Rest;
        }
        let (shortest, longest) = policy.backoff;
        let life = &mut self.life;
        if self.run.lasted(self.now) >= longest {
            life.row = 0;
        }
        if let Some((restarts, within)) = policy.max {
            life.counted.retain(|restart| self.now - restart < within);
            if life.counted.len() >= restarts {
                let restarts = restarts.try_into().unwrap();
                return Then::GaveUp { restarts, within: Duration::from_millis(within) };
            }
            life.counted.push(self.now);
        }
        let after = longest.min(shortest << life.row);
        life.row += 1;
        Then::Again { after: Duration::from_millis(after) }
    }

    /// Whether there will be no task any more. Of a channel the worker knows that only if it has looked.
    fn is_exhausted(&self) -> bool {
        let Some(queue) = &self.queue else { return false };
        match queue.kind {
            QueueKind::Receiver | QueueKind::Pair { .. } => self.life.saw_end,
            _ => queue.closed && queue.len() == 0,
        }
    }

    /// The end of a run is published.
    pub(crate) fn exited(&mut self) {
        if self.config.on_exit {
            let exit = self.exit.clone();
            self.enter(Call::OnExit, Entry::OnExit(exit));
        } else {
            self.leave(Call::OnExit, End::Continue);
        }
    }

    pub(crate) fn after_exit(&mut self) {
        match (self.state, self.exit.then) {
            (State::Waiting, Then::Again { after }) => {
                self.life.due = self.now + u64::try_from(after.as_millis()).unwrap();
                self.place = Place::Backoff;
                self.end_backoff();
            }
            (State::Starting, _) => self.run_again(),
            _ => self.thread_ended(),
        }
    }

    /// Time has passed.
    pub(crate) fn end_backoff(&mut self) {
        if self.place == Place::Backoff && self.life.due <= self.now {
            self.claim();
            self.run_again();
        }
    }

    pub(crate) fn end_between_runs(&mut self, level: StopLevel) {
        self.state = State::Stopped;
        self.exit.then = Then::Rest;
        if level == StopLevel::Drain {
            // There is no run that could take them.
            self.exit.left = self.exit.pending;
        }
        self.tell_of_publication();
        if self.place == Place::Backoff {
            self.life.is_in_queue = false;
            self.thread_ended();
        }
    }

    /// Whether the life is over, and its thread is not.
    pub(crate) fn is_ending(&self) -> bool {
        self.state == State::Stopped && self.place != Place::NoThread
    }

    /// Completes the calls that wait for the state alone.
    fn tell_of_publication(&mut self) {
        if self.state == State::Stopped {
            for ask in [Ask::Stop, Ask::Wait, Ask::Drain] {
                self.complete_all(Awaits::Publication(ask), &self.answer(ask));
            }
        }
    }

    fn thread_ended(&mut self) {
        self.place = Place::NoThread;
        self.end_asks();
        self.tell_of_publication();
        for ask in [Ask::Stop, Ask::Wait, Ask::Drain] {
            self.complete_all(Awaits::Exit(ask), &self.answer(ask));
        }
        self.complete_all(Awaits::End, &Outcome::Done);
        if self.handles == 0 {
            self.vanish();
        }
    }
}
