//! The reference for a run: what the worker's thread does from one resting point to the next.

use pyaltt_core::{ExitReason, State, Then};
use testkit::Fate;

use crate::config::Kind;
use crate::operation::{Answer, End, Plan, Spec};
use crate::queue::QueueModel;
use crate::record::{Call, Entry, ExitRecord, Fault, Outcome, Seen, text_of_fault};
use crate::reference::{Awaits, Model, NAME, NAME_OF_RUN, Place, StopLevel};

/// The state of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    number: u64,
    name: String,
    arg: Option<u64>,
    plan: Plan,
    pub(crate) turns: u64,
    errors: u64,
    panics: u64,
    finished: bool,
    failure: Option<Fault>,
    exit: Option<ExitRecord>,
    /// The task of the current turn.
    current: Option<u64>,
    interval: Option<u64>,
    /// When it was ready, and its schedule began.
    began: Option<u64>,
    /// By how much pauses have put off its schedule.
    put_off: u64,
    /// It was paused between two turns, and has not gone on yet.
    rested: bool,
    /// The index of the next tick.
    next_tick: u64,
    /// How many ticks were missed before the current one; they are counted with its turn.
    missed: u64,
}

impl Run {
    pub(crate) fn new(number: u64, spec: &Spec, kind: Kind) -> Self {
        let built = match kind {
            Kind::Looped { interval } => interval,
            Kind::Event | Kind::Queue(_) => None,
        };
        Self {
            number,
            name: if spec.name { NAME_OF_RUN } else { NAME }.to_owned(),
            arg: spec.arg,
            plan: spec.plan.clone(),
            interval: spec.interval.or(built),
            ..Self::default()
        }
    }

    /// The next run of the same life, with what was given to this one.
    pub(crate) fn again(&mut self, number: u64) {
        let Self { name, arg, plan, interval, .. } = std::mem::take(self);
        *self = Self { number, name, arg, plan, interval, ..Self::default() };
    }

    /// Whether it fails without anybody's doing.
    pub(crate) fn fails_by_itself(&self) -> bool {
        let fails = |end| !matches!(end, End::Continue);
        fails(self.plan.before_start) || fails(self.plan.after_start)
    }

    /// How long it took turns until now; not at all if it failed to start.
    pub(crate) fn lasted(&self, now: u64) -> u64 {
        self.began.map_or(0, |began| now - began)
    }
}

impl Model {
    /// The first thing that the thread does.
    pub(crate) fn begin(&mut self) {
        let Run { number: run, name, arg, .. } = &self.run;
        let entry = Entry::BeforeStart { run: *run, name: name.clone(), arg: *arg };
        self.enter(Call::BeforeStart, entry);
    }

    pub(crate) fn enter(&mut self, call: Call, entry: Entry) {
        self.log.push(entry);
        if self.run.plan.holds(call) {
            self.place = Place::Held(call);
        } else {
            self.leave(call, self.run.plan.end(call));
        }
    }

    pub(crate) fn leave(&mut self, call: Call, end: End) {
        match call {
            Call::BeforeStart => self.started(end),
            Call::AfterStart => match end {
                End::Panic(answer) if !self.report(call, true, answer) => {
                    self.run.failure = Some(self.fault(call, true));
                    self.loop_ended();
                }
                _ => self.next(),
            },
            Call::Turn => self.turned(end),
            Call::BeforeStop => {
                self.stop_hook_ended(call, end);
                self.enter_after_stop();
            }
            Call::AfterStop => {
                self.stop_hook_ended(call, end);
                self.ended();
            }
            Call::OnExit => {
                self.stats.panics += u64::from(matches!(end, End::Panic(_)));
                self.after_exit();
            }
        }
    }

    fn started(&mut self, end: End) {
        if let End::Fail(_) | End::Panic(_) = end {
            let fault = self.fault(Call::BeforeStart, matches!(end, End::Panic(_)));
            return self.not_started(fault);
        }
        self.reopen_queue();
        self.stats.runs += 1;
        self.run.began = Some(self.now);
        self.state = if self.level > StopLevel::Go { State::Stopping } else { State::Active };
        self.complete_all(Awaits::Start, &Outcome::Done);
        let active = self.level < StopLevel::Stop;
        self.enter(Call::AfterStart, Entry::AfterStart { active });
    }

    /// Something has happened that a sleeping worker wakes up for.
    pub(crate) fn wake(&mut self) {
        if self.place == Place::Asleep {
            self.next();
        }
    }

    fn next(&mut self) {
        if self.level >= StopLevel::Stop {
            return self.loop_ended();
        }
        if self.is_resting() {
            self.run.rested = true;
            self.place = Place::Asleep;
            return;
        }
        let draining = self.level == StopLevel::Drain;
        match self.config.kind {
            Kind::Queue(_) => {
                let Some(queue) = &mut self.queue else { return };
                match queue.take(draining) {
                    Some(id) => {
                        self.run.current = Some(id);
                        self.turn(Seen::Task(id));
                        self.fill_room();
                    }
                    None if draining || queue.closed => {
                        self.life.saw_end |= !draining;
                        self.loop_ended();
                    }
                    None => self.place = Place::Asleep,
                }
            }
            Kind::Event => match std::mem::take(&mut self.triggers) {
                0 => self.place = Place::Asleep,
                count => self.turn(Seen::Trigger(count)),
            },
            Kind::Looped { .. } => self.next_tick(),
        }
    }

    fn next_tick(&mut self) {
        let (interval, now) = (self.run.interval, self.now);
        let due =
            |run: &Run, interval| run.began.unwrap_or_default() + run.put_off + run.next_tick * interval;
        if let (true, Some(interval)) = (std::mem::take(&mut self.run.rested), interval) {
            // It goes on at the next slot, and what has passed is not missed.
            let passed = now.saturating_sub(due(&self.run, interval));
            self.run.put_off += passed.next_multiple_of(interval);
        }
        let next_tick = self.run.next_tick;
        let (missed, late) = match interval.map(|interval| (interval, due(&self.run, interval))) {
            Some((_, due)) if self.now < due => {
                self.place = Place::Asleep;
                return;
            }
            Some((interval, due)) => ((self.now - due) / interval, (self.now - due) % interval),
            None => (0, 0),
        };
        let index = next_tick + missed;
        self.run.next_tick = index + 1;
        self.run.missed = missed;
        self.turn(Seen::Tick { index, missed, late });
    }

    fn turn(&mut self, seen: Seen) {
        self.run.turns += 1;
        let active = self.level < StopLevel::Stop;
        self.enter(Call::Turn, Entry::Turn { number: self.run.turns, seen, active });
    }

    fn turned(&mut self, end: End) {
        self.stats.turns += 1;
        self.stats.missed += std::mem::take(&mut self.run.missed);
        let (panicked, answer) = match end {
            End::Continue | End::Stop => {
                self.task_ended(Fate::Ran);
                self.run.finished = end == End::Stop;
                return if end == End::Stop { self.loop_ended() } else { self.next() };
            }
            End::Fail(answer) => {
                self.run.errors += 1;
                self.stats.errors += 1;
                (false, answer)
            }
            End::Panic(answer) => {
                self.run.panics += 1;
                self.stats.panics += 1;
                (true, answer)
            }
        };
        self.task_ended(Fate::Failed);
        if self.report(Call::Turn, panicked, answer) {
            self.next();
        } else {
            self.run.failure = Some(self.fault(Call::Turn, panicked));
            self.loop_ended();
        }
    }

    fn task_ended(&mut self, fate: Fate) {
        self.fates.extend(self.run.current.take().map(|id| (id, fate)));
    }

    /// Calls the error handler; returns whether the run goes on.
    fn report(&mut self, call: Call, panicked: bool, answer: Answer) -> bool {
        self.log.push(Entry::OnError(self.fault(call, panicked)));
        if answer == Answer::Panic {
            self.run.panics += 1;
            self.stats.panics += 1;
        }
        answer == Answer::Continue
    }

    fn fault(&self, call: Call, panicked: bool) -> Fault {
        let number = if call == Call::Turn { self.run.turns } else { self.run.number };
        let turn = (call == Call::Turn).then_some(number);
        let (worker, hook) = (self.run.name.clone(), call.hook().map(str::to_owned));
        Fault { worker, turn, hook, panicked, text: text_of_fault(call, number) }
    }

    fn loop_ended(&mut self) {
        self.state = State::Stopping;
        let Run { turns, finished, ref failure, .. } = self.run;
        let reason = match self.level {
            _ if failure.is_some() => ExitReason::Failed,
            _ if finished => ExitReason::Finished,
            StopLevel::Go => ExitReason::Finished,
            StopLevel::Drain | StopLevel::Stop => ExitReason::Stopped,
            StopLevel::Terminate => ExitReason::Terminated,
        };
        self.is_race |= self.made_room;
        self.run.exit = Some(self.exit_of(reason, failure.clone()));
        if reason == ExitReason::Stopped {
            self.enter(Call::BeforeStop, Entry::BeforeStop { turns });
        } else {
            self.enter_after_stop();
        }
    }

    /// The exit of the run so far.
    pub(crate) fn exit_of(&self, reason: ExitReason, error: Option<Fault>) -> ExitRecord {
        let Run { number: run, turns, errors, panics, .. } = self.run;
        let (restarts, then, worker) = (self.life.restarts, Then::Rest, self.run.name.clone());
        let pending = self.queue.as_ref().map_or(0, QueueModel::len);
        let left = self.queue.as_ref().filter(|_| self.drained).map_or(0, QueueModel::left_of_drain);
        ExitRecord { reason, error, run, turns, errors, panics, restarts, pending, then, left, worker }
    }

    fn enter_after_stop(&mut self) {
        let exit = self.run.exit.clone();
        self.enter(Call::AfterStop, Entry::AfterStop(exit.unwrap()));
    }

    fn stop_hook_ended(&mut self, call: Call, end: End) {
        if let End::Panic(answer) = end {
            self.report(call, true, answer);
            let (fault, panics) = (self.fault(call, true), self.run.panics);
            if let Some(exit) = &mut self.run.exit {
                exit.error.get_or_insert(fault);
                // Panics of the error handler count, and this may have been one.
                exit.panics = panics;
            }
        }
    }

    fn ended(&mut self) {
        let exit = self.run.exit.take().unwrap();
        self.publish(exit);
        self.exited();
    }
}
