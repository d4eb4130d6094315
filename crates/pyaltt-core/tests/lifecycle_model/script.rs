//! The script of the worker under test: the worker records what it sees, and waits in each turn until the test lets it
//! go on.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyaltt_core::{Clock, Context, ManualClock, Waited};

use crate::operation::{Answer, End, Plan};
use crate::record::{Call, Entry, Outcome};

/// How long to wait for something that is sure to come, before it counts as a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(crate) struct Script {
    state: Mutex<ScriptState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct ScriptState {
    place: Place,
    /// Its sleep has a deadline.
    is_timed: bool,
    log: Vec<Entry>,
    plan: Plan,
    step: Option<Step>,
    /// What the error handler answers when it is called next.
    answer: Option<Answer>,
    /// The test is over, so nothing is held any more.
    over: bool,
}

/// Where the worker is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Place {
    #[default]
    Elsewhere,
    /// It has nothing to do, or is about to check.
    Asleep,
    /// In a call of user code, until it is released.
    Held,
}

/// What a held call does when it goes on.
pub(crate) struct Step {
    pub(crate) action: Option<ActionFn>,
    pub(crate) end: End,
}

pub(crate) type ActionFn = Box<dyn FnOnce(Option<&Context>) -> Outcome + Send>;

impl Script {
    fn state(&self) -> MutexGuard<'_, ScriptState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ----- the worker's side -----

    /// A call of user code begins; returns how it should end.
    pub(crate) fn enter(&self, call: Call, entry: Entry, cx: Option<&Context>) -> End {
        let mut state = self.state();
        state.place = Place::Elsewhere;
        state.log.push(entry);
        let mut end = state.plan.end(call);
        if state.plan.holds(call) {
            state.place = Place::Held;
            self.changed.notify_all();
            while state.step.is_none() && !state.over {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            let step = state.step.take().unwrap_or(Step { action: None, end: End::Stop });
            end = step.end;
            drop(state);
            let outcome = step.action.map(|action| action(cx));
            state = self.state();
            state.log.extend(outcome.map(Entry::Did));
        }
        if let End::Fail(answer) | End::Panic(answer) = end {
            state.answer = Some(answer);
        }
        end
    }

    /// The error handler is called; returns what it should answer.
    pub(crate) fn error(&self, entry: Entry) -> Answer {
        let mut state = self.state();
        state.log.push(entry);
        state.answer.take().unwrap_or(Answer::Stop)
    }

    pub(crate) fn sleeps(&self, is_timed: bool) {
        let mut state = self.state();
        (state.place, state.is_timed) = (Place::Asleep, is_timed);
        drop(state);
        self.changed.notify_all();
    }

    // ----- the test's side -----

    pub(crate) fn set_plan(&self, plan: Plan) {
        self.state().plan = plan;
    }

    /// Lets the held call go on.
    pub(crate) fn release(&self, step: Step) {
        let mut state = self.state();
        state.place = Place::Elsewhere;
        state.step = Some(step);
        self.changed.notify_all();
    }

    /// Waits until the worker is there.
    pub(crate) fn wait_for(&self, place: Place) -> Result<(), String> {
        self.wait_until(place, |_| true)
    }

    /// Waits until the worker sleeps with a deadline, or without one.
    pub(crate) fn wait_for_sleep(&self, is_timed: bool) -> Result<(), String> {
        self.wait_until(Place::Asleep, |state| state.is_timed == is_timed)
    }

    fn wait_until(&self, place: Place, is_so: impl Fn(&ScriptState) -> bool) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.state();
        while state.place != place || !is_so(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("the worker is {:?} and did not become {place:?}", state.place));
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// What was seen since the last call.
    pub(crate) fn take_log(&self) -> Vec<Entry> {
        mem::take(&mut self.state().log)
    }

    pub(crate) fn log_len(&self) -> usize {
        self.state().log.len()
    }

    pub(crate) fn place(&self) -> Place {
        self.state().place
    }

    /// Stops holding calls.
    pub(crate) fn end(&self) {
        self.state().over = true;
        self.changed.notify_all();
    }
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step").field("end", &self.end).finish_non_exhaustive()
    }
}

/// A clock that is moved by hand and tells the script when the worker sleeps.
#[derive(Clone, Debug)]
pub(crate) struct ScriptClock {
    pub(crate) clock: ManualClock,
    pub(crate) script: Arc<Script>,
}

impl Clock for ScriptClock {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn epoch(&self) -> Instant {
        self.clock.epoch()
    }

    fn park(&self, parker: &pyaltt::timing::Parker, deadline: Option<Instant>) {
        self.script.sleeps(deadline.is_some());
        self.clock.park(parker, deadline);
    }

    fn spin(&self, parker: &pyaltt::timing::Parker, until: Instant, stop: &dyn Fn() -> bool) -> Waited {
        self.clock.spin(parker, until, stop)
    }
}
