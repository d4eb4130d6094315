//! The worker under test, with all that the test holds of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyaltt_core::{ManualClock, PutErrorKind};

use crate::actor::{Actor, Ends, of_put, of_tasks};
use crate::config::{Config, Kind, QueueKind};
use crate::helper::HelperCall;
use crate::operation::{Deed, End, How, Operation};
use crate::record::{Fate, Outcome};
use crate::reference::{Model, Place};
use crate::stage::{Cue, DeedFn, PATIENCE, Stage, StageClock};
use crate::task::{Ledger, Task};
use crate::watchdog::{self, OnView};

pub(crate) struct System {
    pub(crate) config: Config,
    pub(crate) clock: StageClock,
    pub(crate) ledger: Ledger,
    pub(crate) actors: Arc<Mutex<Vec<Actor>>>,
    pub(crate) ends: Ends,
    pub(crate) calls: BTreeMap<u64, HelperCall>,
    next_task: u64,
    pub(crate) steps: Arc<Mutex<Vec<String>>>,
    /// How many the test itself has of what the worker has as well.
    pub(crate) stages: usize,
    _view: OnView,
}

impl System {
    pub(crate) fn new(config: &Config) -> Self {
        let clock = StageClock { clock: ManualClock::new(), stage: Arc::new(Stage::default()) };
        let steps = Arc::new(Mutex::new(vec![format!("{config:?}")]));
        let actors: Arc<Mutex<Vec<Actor>>> = Arc::default();
        let view = {
            let (steps, actors, stage) =
                (Arc::clone(&steps), Arc::downgrade(&actors), Arc::downgrade(&clock.stage));
            watchdog::watch(move || {
                let mut text = steps.try_lock().map(|steps| steps.join("\n  ")).unwrap_or_default();
                if let Some(actors) = actors.upgrade()
                    && let Ok(actors) = actors.try_lock()
                    && let Some(actor) = actors.first()
                {
                    text = format!("{text}\n{}", actor.describe());
                }
                let place = stage.upgrade().map(|stage| stage.place());
                format!("{text}\nthe worker is {place:?}")
            })
        };
        let stages = Arc::strong_count(&clock.stage);
        let ledger = Ledger::default();
        let (actor, ends) = Actor::new(config, &clock);
        actors.lock().unwrap().push(actor);
        let (config, calls) = (config.clone(), BTreeMap::new());
        Self { config, clock, ledger, actors, ends, calls, next_task: 0, steps, stages, _view: view }
    }

    pub(crate) fn stage(&self) -> &Stage {
        &self.clock.stage
    }

    /// A handle, if there is one.
    pub(crate) fn actor(&self) -> Option<Actor> {
        self.actors.lock().unwrap().first().cloned()
    }

    /// Does the operation; `expected` is what the model knows after it.
    pub(crate) fn perform(&mut self, operation: &Operation, expected: &Model) -> Outcome {
        let outcome = &expected.outcome;
        match operation {
            Operation::Start(spec) => {
                let spec = spec.clone();
                // A refused start must leave the run in progress as it is.
                if !matches!(outcome, Outcome::NotStarted(fault) if !fault.is_of_hook()) {
                    self.stage().set_plan(spec.plan.clone());
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
            Operation::Detach => self.with_actor(Actor::detach),
            Operation::Put(how, rank) => self.put(*how, *rank, outcome),
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
            Operation::Release(deed, end) => self.release(*deed, *end),
        }
    }

    fn with_actor(&self, does: impl FnOnce(&Actor) -> Outcome) -> Outcome {
        does(&self.actor().unwrap())
    }

    /// A call that may wait, by a handle of its own.
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
        let call = HelperCall::new(move || call(actor));
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
        match &self.ends.queue {
            Some(queue) => of_put(match how {
                How::Put => queue.put(task),
                How::TryPut => queue.try_put(task),
                How::PutTimeout => queue.put_timeout(task, Duration::ZERO),
            }),
            None => self.call(expected, move |actor| actor.put(how, task)),
        }
    }

    fn task(&mut self, rank: u8) -> Task {
        self.next_task += 1;
        self.ledger.task(self.next_task, rank)
    }

    fn release(&mut self, deed: Option<Deed>, end: End) -> Outcome {
        let deed = deed.map(|deed| {
            let task = match deed {
                Deed::Put(_, rank) => Some(self.task(rank)),
                _ => None,
            };
            let actor = match deed {
                Deed::DropHandle => self.actors.lock().unwrap().pop(),
                _ => self.actor(),
            };
            let deed: DeedFn = Box::new(move |cx| {
                if let Some(actor) = actor {
                    return actor.do_inside(deed, task, cx);
                }
                // Without a handle there is this one thing to do.
                cx.inspect(|cx| cx.terminate());
                Outcome::Done
            });
            deed
        });
        self.stage().release(Cue { deed, end });
        Outcome::Done
    }

    /// Waits until the worker has come to rest where the model says.
    pub(crate) fn settle(&self, expected: &Model) -> Result<(), String> {
        match (expected.place, self.actor()) {
            (Place::Held(_), _) => self.stage().wait_for(crate::stage::Place::Held),
            (Place::Asleep, actor) if self.is_on_channel() => {
                // It sleeps in the channel, which nobody can see; but all that it does before can be seen.
                until("the worker has done everything", || {
                    self.stage().log_len() == expected.log.len()
                        && self.ledger.accounts().fates == expected.fates
                        && actor.as_ref().is_none_or(|actor| actor.stats().turns == expected.stats.turns)
                })
            }
            (Place::Asleep, _) => self.stage().wait_for(crate::stage::Place::Asleep),
            (Place::NoThread, Some(actor)) => match actor.wait_timeout(PATIENCE) {
                Outcome::Exit(_) => Ok(()),
                outcome => Err(format!("the run did not end: {outcome:?}")),
            },
            (Place::NoThread, None) => {
                until("the worker is dropped", || Arc::strong_count(&self.clock.stage) == self.stages)
            }
        }
    }

    fn is_on_channel(&self) -> bool {
        matches!(self.config.kind, Kind::Queue(QueueKind::Receiver | QueueKind::Pair { .. }))
    }
}

impl Drop for System {
    /// After a failure too, nothing is left that waits.
    fn drop(&mut self) {
        self.clock.stage.end();
    }
}

/// Who expects to be told that the time is over gives no time.
fn patience(expected: &Outcome) -> Duration {
    match expected {
        Outcome::Timeout { .. } => Duration::ZERO,
        _ => PATIENCE,
    }
}

/// Waits for what nothing tells of, but which is sure to come.
fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Result<(), String> {
    let began = std::time::Instant::now();
    while !is_so() {
        if began.elapsed() > PATIENCE {
            return Err(format!("in vain waited until {what}"));
        }
        std::thread::yield_now();
    }
    Ok(())
}
