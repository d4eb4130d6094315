//! The state machine of a tree of groups: what has happened goes in, what is to be done comes out.
//!
//! It is pure. It has no thread and no clock: it is told the time, and says when it wants to be called again. It never
//! waits for a member, so a start or a stop that hangs is a timer here. A step is a list of small ones, so that no depth
//! of a tree costs stack.
//!
//! - [`node`]: the tree. [`timers`]: when to call again.
//! - [`starting`]: in order. [`stopping`]: in reverse, each within its limit. [`failing`]: what follows a failure.

mod failing;
pub(crate) mod node;
mod starting;
mod stopping;
#[cfg(test)]
mod tests;
mod timers;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use pyaltt_core::Then;

use node::{Key, Node, Nodes, Outcome, Phase, Plan};
use timers::Timers;

/// How long members that are told at the end of the total limit have to end.
pub(crate) const GRACE: Duration = Duration::from_millis(40);

/// What has happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// The whole is to start.
    Start,
    /// The start of a worker that was told to start has succeeded or failed.
    Started(Key, bool),
    /// A worker was told to start, and this run is to begin.
    Begun(Key, u64),
    /// A worker has begun this run, by whatever start.
    Active(Key, u64),
    /// A run of a worker has ended.
    Ended(Key, End),
    /// The thread of a worker's life is gone.
    Gone(Key),
    /// A worker was told to be held, in this run or after it.
    Told { key: Key, run: u64, waits: bool },
    /// The whole is to end.
    Stop { total: Duration },
    /// All are to end at once, and the whole within this time.
    Hurry { left: Duration },
    /// A member is to end, and is no member any more.
    Remove(Key),
    /// It is late enough for a timer.
    Time,
}

/// How a run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) run: u64,
    pub(crate) failed: bool,
    pub(crate) then: Then,
    /// Whether it was the budget of the group that was spent.
    pub(crate) spent: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Start(Key),
    /// A group begins anew: what it has counted so far counts no more.
    Renew(Key),
    Hold(Key),
    Drain(Key),
    Stop(Key),
    Terminate(Key),
    /// It has not ended within its limit, or not started: nobody waits for it any more.
    Abandon(Key),
    Tell(News),
    /// All members have started.
    Ready,
    /// A member that was added has started, or has failed to.
    Added(Key, bool),
    /// A member that was to be removed has ended.
    Removed(Key),
    /// All is over.
    Finished(Cause),
}

/// What users are told of, as it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Started(Key),
    Ended(Key),
    Restarting(Key, Duration),
    /// A group restarts the members from a place on, because of this one.
    GroupRestarting {
        group: Key,
        because: Key,
        after: Duration,
    },
    GaveUp(Key),
    Stuck(Key),
}

/// Why the whole has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Asked,
    AllEnded,
    /// A critical member has failed for good.
    Critical(Key),
    /// A group has spent its budget, or one of its members hung in a restart.
    GaveUp(Key),
    /// A member has not started.
    NotStarted(Key),
}

/// One small step.
#[derive(Clone, Copy, Debug)]
enum Step {
    Start(Key),
    Started(Key),
    StartFailed(Key),
    /// A group goes on with its next child.
    Next(Key),
    Stop(Key, Mode),
    Stopped(Key),
}

/// What a member is stopped for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Hold,
    End,
}

#[derive(Debug)]
pub(crate) struct Machine {
    nodes: Nodes,
    timers: Timers,
    steps: VecDeque<Step>,
    actions: Vec<Action>,
    now: Instant,
    /// For the jitter of backoffs: from 0 to 1.
    random: f64,
    /// How many members keep the whole from its end.
    live: usize,
    /// How many workers are neither idle nor down.
    live_workers: usize,
    /// How many workers have been live.
    lived: usize,
    /// Why the whole ends, once it does.
    cause: Option<Cause>,
    /// When the whole has to have ended.
    total: Option<Instant>,
    /// The limit is over: all were told.
    is_overrun: bool,
    is_finished: bool,
}

/// The whole.
pub(crate) const ROOT: Key = 0;

impl Machine {
    pub(crate) fn new(root: Plan, now: Instant) -> Self {
        let mut nodes = Nodes::default();
        nodes.add(Node::new(root, None));
        Self {
            nodes,
            timers: Timers::default(),
            steps: VecDeque::new(),
            actions: Vec::new(),
            now,
            random: 0.5,
            live: 0,
            live_workers: 0,
            lived: 0,
            cause: None,
            total: None,
            is_overrun: false,
            is_finished: false,
        }
    }

    /// Adds a member at the end of a group, before the whole is started.
    pub(crate) fn push(&mut self, parent: Key, plan: Plan) -> Key {
        let key = self.nodes.add(Node::new(plan, Some(parent)));
        self.nodes[parent].children.push(key);
        key
    }

    /// Takes a member out with all below it, and returns its workers. None of them is to be live.
    pub(crate) fn forget(&mut self, key: Key) -> Vec<Key> {
        if let Some(parent) = self.nodes.get(key).and_then(|node| node.parent) {
            self.take_from_order(parent, key);
        }
        let mut keys = self.nodes.below(key);
        for key in &keys {
            // For the counts.
            self.set_phase(*key, Phase::Down);
        }
        keys.retain(|key| self.nodes.remove(*key).is_some_and(|node| node.is_worker()));
        keys
    }

    /// Takes a step. Returns what is to be done, in this order.
    pub(crate) fn step(&mut self, event: Event, now: Instant, random: f64) -> Vec<Action> {
        (self.now, self.random) = (now, random);
        self.take(event);
        self.run();
        std::mem::take(&mut self.actions)
    }

    /// Starts a member that was pushed to a group that runs.
    pub(crate) fn start_new(&mut self, key: Key, now: Instant, random: f64) -> Vec<Action> {
        (self.now, self.random) = (now, random);
        self.nodes[key].is_new = true;
        // In a group that is not up it has its turn in the order.
        if self.parent_phase(key) == Some(Phase::Up) {
            self.steps.push_back(Step::Start(key));
            self.run();
        }
        std::mem::take(&mut self.actions)
    }

    /// When it wants to be told the time.
    pub(crate) fn next_deadline(&mut self) -> Option<Instant> {
        if self.is_finished {
            return None;
        }
        let Self { timers, nodes, .. } = self;
        let timer = timers.next(|key, epoch| nodes.get(key).is_some_and(|node| node.epoch == epoch));
        match (timer, self.total) {
            (Some(timer), Some(total)) => Some(timer.min(total)),
            (timer, total) => timer.or(total),
        }
    }

    #[cfg(test)]
    pub(crate) fn phase(&self, key: Key) -> Phase {
        self.nodes[key].phase
    }

    pub(crate) fn outcome(&self, key: Key) -> Outcome {
        self.nodes[key].outcome
    }

    /// The worker because of which a member has not started.
    pub(crate) fn because(&self, key: Key) -> Key {
        self.nodes.get(key).and_then(|node| node.because).unwrap_or(key)
    }

    /// Whether it waits for a worker to start.
    pub(crate) fn is_starting(&self, key: Key) -> bool {
        self.nodes.get(key).is_some_and(|node| node.phase == Phase::Starting)
    }

    /// Whether the whole is ending, or has ended.
    pub(crate) fn is_ending(&self) -> bool {
        self.cause.is_some()
    }

    /// Whether the whole is ending because of a failure.
    pub(crate) fn is_failing(&self) -> bool {
        matches!(self.cause, Some(Cause::Critical(_) | Cause::GaveUp(_) | Cause::NotStarted(_)))
    }

    fn take(&mut self, event: Event) {
        match event {
            _ if self.is_finished => {}
            // It is no member any more.
            Event::Started(key, _)
            | Event::Begun(key, _)
            | Event::Active(key, _)
            | Event::Ended(key, _)
            | Event::Gone(key)
            | Event::Told { key, .. }
            | Event::Remove(key)
                if self.nodes.get(key).is_none() => {}
            Event::Start => self.steps.push_back(Step::Start(ROOT)),
            Event::Started(key, is_up) => self.start_answered(key, is_up),
            Event::Begun(key, run) => self.nodes[key].told_in = run,
            // Of a run before that in which it was told to start or to wait.
            Event::Active(key, run) | Event::Ended(key, End { run, .. }) if run < self.nodes[key].told_in => {
            }
            Event::Active(key, _) => self.is_active(key),
            Event::Ended(key, end) => self.run_ended(key, end),
            Event::Gone(key) => self.is_gone(key),
            Event::Told { key, run, waits } => {
                self.nodes[key].told_in = run;
                // Unless the news of its end are still to come.
                if waits && self.nodes[key].ended == run {
                    self.is_held(key);
                }
            }
            Event::Stop { total } => self.end_all(Cause::Asked, total),
            Event::Hurry { left } => self.hurry(left),
            Event::Remove(key) => {
                self.nodes[key].is_leaving = true;
                self.nodes[key].takes_part = false;
                self.steps.push_back(Step::Stop(key, Mode::End));
            }
            Event::Time => self.time(),
        }
    }

    fn run(&mut self) {
        while !self.is_finished
            && let Some(step) = self.steps.pop_front()
        {
            let (Step::Start(key)
            | Step::Started(key)
            | Step::StartFailed(key)
            | Step::Next(key)
            | Step::Stop(key, _)
            | Step::Stopped(key)) = step;
            if self.nodes.get(key).is_none() {
                continue;
            }
            match step {
                Step::Start(key) => self.start(key),
                Step::Started(key) => self.started(key),
                Step::StartFailed(key) => self.start_failed(key),
                Step::Next(group) => match self.nodes[group].phase {
                    Phase::GroupStarting { next } => self.start_next(group, next),
                    Phase::GroupStopping { at, down_to, aim } => self.stop_next(group, at, down_to, aim),
                    _ => {}
                },
                Step::Stop(key, mode) => self.stop(key, mode),
                Step::Stopped(key) => self.stopped(key),
            }
            if self.steps.is_empty() {
                self.look_for_the_end();
            }
        }
        if self.is_overrun && self.live_workers == 0 {
            self.finish();
        }
    }

    fn time(&mut self) {
        while let Some((key, epoch)) = self.timers.due(self.now) {
            let Some(node) = self.nodes.get(key).filter(|node| node.epoch == epoch) else { continue };
            match node.phase {
                Phase::Starting => self.start_hangs(key),
                Phase::Retrying => {
                    self.set_phase(key, Phase::Idle);
                    self.steps.push_back(Step::Start(key));
                }
                Phase::Stopping { .. } => self.stop_takes_long(key),
                Phase::Backoff { from } => {
                    self.set_phase(key, Phase::GroupStarting { next: from });
                    self.steps.push_back(Step::Next(key));
                }
                Phase::Waiting => self.steps.push_back(Step::Start(key)),
                _ => {}
            }
        }
        if self.total.is_some_and(|total| total <= self.now) {
            self.total_is_over();
        }
    }

    fn set_phase(&mut self, key: Key, phase: Phase) {
        let node = &mut self.nodes[key];
        node.epoch += 1;
        if node.is_worker() && phase.is_live() && !node.has_lived {
            node.has_lived = true;
            self.lived += 1;
        }
        let before = std::mem::replace(&mut node.phase, phase);
        let (is_worker, was, is) = (node.is_worker(), counts(node, before), counts(node, phase));
        self.live = self.live + usize::from(is) - usize::from(was);
        self.live_workers += usize::from(is_worker && phase.is_live());
        self.live_workers -= usize::from(is_worker && before.is_live());
    }

    fn timer(&mut self, key: Key, after: Duration) {
        // One that is beyond what the clock can represent never comes.
        if let Some(at) = self.now.checked_add(after) {
            self.timers.set(at, key, self.nodes[key].epoch);
        }
    }

    fn tell(&mut self, news: News) {
        self.actions.push(Action::Tell(news));
    }

    fn parent_phase(&self, key: Key) -> Option<Phase> {
        self.nodes[key].parent.map(|parent| self.nodes[parent].phase)
    }

    /// The child that a group is busy with.
    fn current_child(&self, group: Key) -> Option<Key> {
        let node = &self.nodes[group];
        match node.phase {
            Phase::GroupStarting { next } => node.children.get(next).copied(),
            Phase::GroupStopping { at, .. } => node.children.get(at.checked_sub(1)?).copied(),
            _ => None,
        }
    }

    /// The whole ends when all its workers have. One without any does not.
    fn look_for_the_end(&mut self) {
        if self.live == 0 && self.lived > 0 && self.nodes[ROOT].phase == Phase::Up {
            self.cause = Some(Cause::AllEnded);
            self.steps.push_back(Step::Stop(ROOT, Mode::End));
        }
    }

    fn finish(&mut self) {
        if self.is_finished {
            return;
        }
        self.is_finished = true;
        let cause = self.cause.unwrap_or(Cause::Asked);
        if !matches!(cause, Cause::AllEnded | Cause::NotStarted(_)) {
            // Who was started by somebody else after its end is to end as well.
            self.tell_all(Action::Stop);
        }
        self.actions.push(Action::Finished(cause));
    }
}

/// Whether a member in this phase keeps the whole from its end: a worker that is live, and a group that is to start again.
fn counts(node: &Node, phase: Phase) -> bool {
    match phase {
        Phase::Waiting
        | Phase::Backoff { .. }
        | Phase::GroupStarting { .. }
        | Phase::GroupStopping { .. } => true,
        phase => node.is_worker() && phase.is_live(),
    }
}
