//! The worker under test, and everything that the test holds of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyaltt_core::{ManualClock, PutErrorKind};
use testkit::watchdog::{self, OnView};
use testkit::{Fate, until};

use crate::actor::{Actor, Ends, of_put, of_tasks};
use crate::config::{Config, Kind, QueueKind};
use crate::helper::HelperCall;
use crate::operation::{Action, End, How, Operation};
use crate::record::Outcome;
use crate::reference::{Model, Place};
use crate::script::{ActionFn, PATIENCE, Script, ScriptClock, Step};
use crate::task::{Task, Tasks};

pub(crate) struct System {
    pub(crate) config: Config,
    pub(crate) clock: ScriptClock,
    pub(crate) tasks: Tasks,
    pub(crate) actors: Arc<Mutex<Vec<Actor>>>,
    pub(crate) ends: Ends,
    pub(crate) calls: BTreeMap<u64, HelperCall>,
    pub(crate) steps: Arc<Mutex<Vec<String>>>,
    /// How many references to the script the test itself holds.
    pub(crate) script_refs: usize,
    _view: OnView,
}

impl System {
    pub(crate) fn new(config: &Config) -> Self {
        let clock = ScriptClock { clock: ManualClock::new(), script: Arc::new(Script::default()) };
        let steps = Arc::new(Mutex::new(vec![format!("{config:?}")]));
        let actors: Arc<Mutex<Vec<Actor>>> = Arc::default();
        let view = {
            let (steps, actors, script) =
                (Arc::clone(&steps), Arc::downgrade(&actors), Arc::downgrade(&clock.script));
            watchdog::watch(move || {
                let mut text = steps.try_lock().map(|steps| steps.join("\n  ")).unwrap_or_default();
                if let Some(actors) = actors.upgrade()
                    && let Ok(actors) = actors.try_lock()
                    && let Some(actor) = actors.first()
                {
                    text = format!("{text}\n{}", actor.describe());
                }
                let place = script.upgrade().map(|script| script.place());
                format!("{text}\nthe worker is {place:?}")
            })
        };
        let script_refs = Arc::strong_count(&clock.script);
        let tasks = Tasks::new();
        let (actor, ends) = Actor::new(config, &clock);
        actors.lock().unwrap().push(actor);
        let (config, calls) = (config.clone(), BTreeMap::new());
        Self { config, clock, tasks, actors, ends, calls, steps, script_refs, _view: view }
    }

    pub(crate) fn script(&self) -> &Script {
        &self.clock.script
    }

    /// A handle, if there is one.
    pub(crate) fn actor(&self) -> Option<Actor> {
        self.actors.lock().unwrap().first().cloned()
    }

    /// Does the operation; `expected` is the model after it.
    pub(crate) fn perform(&mut self, operation: &Operation, expected: &Model) -> Outcome {
        let outcome = &expected.outcome;
        match operation {
            Operation::Start(spec) => {
                let spec = spec.clone();
                // A refused start must not touch the run in progress.
                if !matches!(outcome, Outcome::NotStarted(fault) if !fault.is_of_hook()) {
                    self.script().set_plan(spec.plan.clone());
                }
                self.call(outcome, move |actor| actor.start(&spec))
            }
            Operation::Stop => self.call(outcome, Actor::stop),
            Operation::Wait => self.call(outcome, Actor::wait),
            Operation::Drain => self.call(outcome, Actor::drain),
            Operation::StopTimeout => {
                let timeout = patience(outcome);
                self.call(outcome, move |actor| actor.stop_timeout(timeout))
            }
            Operation::WaitTimeout => {
                let timeout = patience(outcome);
                self.call(outcome, move |actor| actor.wait_timeout(timeout))
            }
            Operation::SignalStop => self.with_actor(Actor::signal_stop),
            Operation::Terminate => self.with_actor(Actor::terminate),
            Operation::Pause => self.with_actor(Actor::pause),
            Operation::Resume => self.with_actor(Actor::resume),
            Operation::Detach => self.with_actor(Actor::detach),
            Operation::Put(how, rank) => self.put(*how, *rank, outcome),
            Operation::Ask(how, rank) => {
                let (actor, task, how) = (self.actor().unwrap(), self.task(*rank), *how);
                self.call_by(actor, outcome, move |actor| actor.ask(how, task))
            }
            Operation::Send(rank) => {
                let task = self.task(*rank);
                match self.ends.sender.as_ref().unwrap().send(task) {
                    Ok(()) => Outcome::Done,
                    Err(error) => Outcome::Refused(PutErrorKind::Closed, error.0.end(Fate::HandedBack)),
                }
            }
            Operation::HangUp => {
                self.ends.sender = None;
                Outcome::Done
            }
            Operation::TakePending => match &self.ends.queue {
                Some(queue) => of_tasks(queue.take_pending()),
                None => self.with_actor(Actor::take_pending),
            },
            Operation::Close => match &self.ends.queue {
                Some(queue) => {
                    queue.close();
                    Outcome::Done
                }
                None => self.with_actor(Actor::close),
            },
            Operation::Trigger => {
                self.ends.event.as_ref().unwrap().set();
                Outcome::Done
            }
            Operation::Advance(by) => {
                self.clock.clock.advance(Duration::from_millis(*by));
                Outcome::Done
            }
            Operation::CloneHandle => {
                let actor = self.actor().unwrap();
                self.actors.lock().unwrap().push(actor);
                Outcome::Done
            }
            Operation::DropHandle => {
                let actor = self.actors.lock().unwrap().pop().unwrap();
                self.call_by(actor, outcome, |actor| {
                    drop(actor);
                    Outcome::Done
                })
            }
            Operation::IntoInner => {
                let actor = self.actors.lock().unwrap().pop().unwrap();
                self.call_by(actor, outcome, Actor::into_inner)
            }
            Operation::Release(action, end) => self.release(*action, *end),
        }
    }

    fn with_actor(&self, does: impl FnOnce(&Actor) -> Outcome) -> Outcome {
        does(&self.actor().unwrap())
    }

    /// A call that may wait, with a handle of its own.
    fn call(&mut self, expected: &Outcome, call: impl FnOnce(&Actor) -> Outcome + Send + 'static) -> Outcome {
        let actor = self.actor().unwrap();
        self.call_by(actor, expected, move |actor| call(&actor))
    }

    fn call_by(
        &mut self,
        actor: Actor,
        expected: &Outcome,
        call: impl FnOnce(Actor) -> Outcome + Send + 'static,
    ) -> Outcome {
        self.help(expected, move || call(actor))
    }

    /// A call that may wait.
    fn help(&mut self, expected: &Outcome, call: impl FnOnce() -> Outcome + Send + 'static) -> Outcome {
        let call = HelperCall::new(call);
        match expected {
            Outcome::Pending(id) => {
                call.wait_until_asleep();
                self.calls.insert(*id, call);
                Outcome::Pending(*id)
            }
            _ => call.outcome(),
        }
    }

    fn put(&mut self, how: How, rank: u8, expected: &Outcome) -> Outcome {
        let task = self.task(rank);
        match self.ends.queue.clone() {
            Some(queue) => self.help(expected, move || {
                of_put(match how {
                    How::Put => queue.put(task),
                    How::TryPut => queue.try_put(task),
                    How::PutTimeout => queue.put_timeout(task, Duration::ZERO),
                })
            }),
            None => self.call(expected, move |actor| actor.put(how, task)),
        }
    }

    fn task(&self, rank: u8) -> Task {
        self.tasks.make(rank)
    }

    fn release(&mut self, action: Option<Action>, end: End) -> Outcome {
        let action = action.map(|action| {
            let task = match action {
                Action::Put(_, rank) => Some(self.task(rank)),
                _ => None,
            };
            let actor = match action {
                Action::DropHandle => self.actors.lock().unwrap().pop(),
                _ => self.actor(),
            };
            let action: ActionFn = Box::new(move |cx| {
                if let Some(actor) = actor {
                    return actor.do_inside(action, task, cx);
                }
                // Without a handle, this is all that it can do.
                cx.inspect(|cx| cx.terminate());
                Outcome::Done
            });
            action
        });
        self.script().release(Step { action, end });
        Outcome::Done
    }

    /// Waits until the worker has come to rest where the model says it does.
    pub(crate) fn settle(&self, expected: &Model) -> Result<(), String> {
        // A worker may pass through several calls of user code before it rests, and be at rest before the first of them.
        in_time("the worker has called everything", || self.script().log_len() >= expected.log.len())?;
        match (expected.place, self.actor()) {
            (Place::Held(_), _) => self.script().wait_for(crate::script::Place::Held),
            (Place::Asleep, actor) if self.is_on_channel() => {
                // Nobody can see that it sleeps in the channel, but everything that it does before that can be seen.
                in_time("the worker has done everything", || {
                    self.script().log_len() == expected.log.len()
                        && self.tasks.fates() == expected.fates
                        && actor.as_ref().is_none_or(|actor| actor.stats().turns == expected.stats.turns)
                })
            }
            // Time must not go on before a pause or its end has reached the schedule.
            (Place::Asleep, _) if matches!(self.config.kind, Kind::Looped { .. }) => {
                self.script().wait_for_sleep(!expected.is_resting())
            }
            (Place::Asleep | Place::Backoff, _) => self.script().wait_for(crate::script::Place::Asleep),
            (Place::NoThread, Some(actor)) => match actor.wait_timeout(PATIENCE) {
                // A panic of `on_exit` is counted after that, if nobody waits for the thread.
                Outcome::Exit(_) | Outcome::Failed(_) => {
                    in_time("the last panic is counted", || actor.stats().panics >= expected.stats.panics)
                }
                outcome => Err(format!("the run did not end: {outcome:?}")),
            },
            (Place::NoThread, None) => {
                in_time("the worker is dropped", || Arc::strong_count(&self.clock.script) == self.script_refs)
            }
        }
    }

    fn is_on_channel(&self) -> bool {
        matches!(self.config.kind, Kind::Queue(QueueKind::Receiver | QueueKind::Pair { .. }))
    }
}

impl Drop for System {
    /// Leaves nothing behind that waits, also after a failure.
    fn drop(&mut self) {
        self.clock.script.end();
    }
}

/// The timeout of a call: none at all if the call is expected to time out.
fn patience(expected: &Outcome) -> Duration {
    match expected {
        Outcome::Timeout { .. } => Duration::ZERO,
        _ => PATIENCE,
    }
}

/// Waits for something that is sure to come.
fn in_time(what: &str, is_so: impl FnMut() -> bool) -> Result<(), String> {
    if until(PATIENCE, is_so) { Ok(()) } else { Err(format!("waited in vain until {what}")) }
}
