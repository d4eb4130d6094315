//! Where the worker under test acts: it writes down what it sees, and waits at its turns until it is let go on.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyaltt_core::{Clock, Context, ManualClock, Waited};

use crate::operation::{Answer, End, Plan};
use crate::record::{Call, Entry, Outcome};

/// How long anything may take that is sure to come, before it counts as a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(crate) struct Stage {
    scene: Mutex<Scene>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Scene {
    place: Place,
    log: Vec<Entry>,
    plan: Plan,
    cue: Option<Cue>,
    /// What the error handler is to say when it is called next.
    answer: Option<Answer>,
    /// The test is over: nothing is held any more.
    over: bool,
}

/// Where the worker is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Place {
    #[default]
    Elsewhere,
    /// It has nothing to do, or looks whether it has.
    Asleep,
    /// In a call of the user's code, until it is let go on.
    Held,
}

/// What a held call is to do when it goes on.
pub(crate) struct Cue {
    pub(crate) deed: Option<DeedFn>,
    pub(crate) end: End,
}

pub(crate) type DeedFn = Box<dyn FnOnce(Option<&Context>) -> Outcome + Send>;

impl Stage {
    fn scene(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ----- the worker's side -----

    /// A call of the user's code begins: says how it is to end.
    pub(crate) fn enter(&self, call: Call, entry: Entry, cx: Option<&Context>) -> End {
        let mut scene = self.scene();
        scene.place = Place::Elsewhere;
        scene.log.push(entry);
        let mut end = scene.plan.end(call);
        if scene.plan.holds(call) {
            scene.place = Place::Held;
            self.changed.notify_all();
            while scene.cue.is_none() && !scene.over {
                scene = self.changed.wait(scene).unwrap_or_else(PoisonError::into_inner);
            }
            let cue = scene.cue.take().unwrap_or(Cue { deed: None, end: End::Stop });
            end = cue.end;
            drop(scene);
            let outcome = cue.deed.map(|deed| deed(cx));
            scene = self.scene();
            scene.log.extend(outcome.map(Entry::Did));
        }
        if let End::Fail(answer) | End::Panic(answer) = end {
            scene.answer = Some(answer);
        }
        end
    }

    /// The error handler is called: gives what it is to say.
    pub(crate) fn error(&self, entry: Entry) -> Answer {
        let mut scene = self.scene();
        scene.log.push(entry);
        scene.answer.take().unwrap_or(Answer::Stop)
    }

    pub(crate) fn sleeps(&self) {
        self.scene().place = Place::Asleep;
        self.changed.notify_all();
    }

    // ----- the test's side -----

    pub(crate) fn set_plan(&self, plan: Plan) {
        self.scene().plan = plan;
    }

    /// Lets the held call go on.
    pub(crate) fn release(&self, cue: Cue) {
        let mut scene = self.scene();
        scene.place = Place::Elsewhere;
        scene.cue = Some(cue);
        self.changed.notify_all();
    }

    /// Waits until the worker is there.
    pub(crate) fn wait_for(&self, place: Place) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        let mut scene = self.scene();
        while scene.place != place {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("the worker is {:?} and did not come to be {place:?}", scene.place));
            }
            scene = self.changed.wait_timeout(scene, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// What has been seen since the last call.
    pub(crate) fn take_log(&self) -> Vec<Entry> {
        mem::take(&mut self.scene().log)
    }

    pub(crate) fn log_len(&self) -> usize {
        self.scene().log.len()
    }

    pub(crate) fn place(&self) -> Place {
        self.scene().place
    }

    /// Holds nothing any more.
    pub(crate) fn end(&self) {
        self.scene().over = true;
        self.changed.notify_all();
    }
}

impl std::fmt::Debug for Cue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cue").field("end", &self.end).finish_non_exhaustive()
    }
}

/// A clock that is moved by hand and tells the stage who sleeps by it.
#[derive(Clone, Debug)]
pub(crate) struct StageClock {
    pub(crate) clock: ManualClock,
    pub(crate) stage: Arc<Stage>,
}

impl Clock for StageClock {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn epoch(&self) -> Instant {
        self.clock.epoch()
    }

    fn park(&self, parker: &crossbeam_utils::sync::Parker, deadline: Option<Instant>) {
        self.stage.sleeps();
        self.clock.park(parker, deadline);
    }

    fn spin(
        &self,
        parker: &crossbeam_utils::sync::Parker,
        until: Instant,
        stop: &dyn Fn() -> bool,
    ) -> Waited {
        self.clock.spin(parker, until, stop)
    }
}
