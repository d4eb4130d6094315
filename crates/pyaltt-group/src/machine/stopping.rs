//! Stopping, in reverse, each within its limit and all within the total.

use std::time::Duration;

use super::node::{Aim, Key, Kind, Outcome, Phase, Stage};
use super::{Action, Cause, GRACE, Machine, Mode, News, ROOT, Step};

impl Machine {
    /// The whole is to end.
    pub(super) fn end_all(&mut self, cause: Cause, total: Duration) {
        self.cause.get_or_insert(cause);
        self.limit(total);
        self.steps.push_back(Step::Stop(ROOT, Mode::End));
    }

    /// All are told at once, and the whole ends within this time.
    pub(super) fn hurry(&mut self, left: Duration) {
        self.cause.get_or_insert(Cause::Asked);
        self.limit(left);
        self.steps.push_back(Step::Stop(ROOT, Mode::End));
        self.tell_all(Action::Terminate);
    }

    fn limit(&mut self, total: Duration) {
        let Some(end) = self.now.checked_add(total) else { return };
        self.total = Some(self.total.map_or(end, |before| before.min(end)));
    }

    /// Also those that are down: somebody may just be starting them.
    pub(super) fn tell_all(&mut self, action: impl Fn(Key) -> Action) {
        self.actions.extend(self.nodes.workers().map(|(key, _)| action(key)));
    }

    /// A member's turn to end has come.
    pub(super) fn stop(&mut self, key: Key, mode: Mode) {
        if self.nodes[key].is_worker() {
            self.stop_worker(key, mode);
            return;
        }
        let children = self.nodes[key].children.len();
        let before = match self.nodes[key].phase {
            Phase::Idle | Phase::Down | Phase::Held if mode == Mode::Hold => {
                return self.steps.push_back(Step::Stopped(key));
            }
            // From the end again: what was held has to end.
            Phase::GroupStopping { aim, .. } => Some(aim),
            // Also in a group that is down, and beyond the place that a start has come to, a member may run.
            _ => None,
        };
        let aim = if mode == Mode::Hold { Aim::Hold } else { Aim::End };
        let aim = before.map_or(aim, |before| before.max(aim));
        self.set_phase(key, Phase::GroupStopping { at: children, down_to: 0, aim });
        self.steps.push_back(Step::Next(key));
    }

    fn stop_worker(&mut self, key: Key, mode: Mode) {
        let Kind::Worker { drain, .. } = self.nodes[key].kind else { return };
        let (stage, ended) = match self.nodes[key].phase {
            Phase::Idle | Phase::Down => return self.steps.push_back(Step::Stopped(key)),
            Phase::Held if mode == Mode::Hold => return self.steps.push_back(Step::Stopped(key)),
            Phase::Retrying => {
                self.set_phase(key, Phase::Down);
                return self.steps.push_back(Step::Stopped(key));
            }
            Phase::Ending { .. } => (Stage::Terminate, true),
            // The limit for the whole is over. It was told with all that were left.
            _ if self.is_overrun => return,
            // It was told to. Only that its life ends as well is new.
            Phase::Stopping { hold: true, .. } if mode == Mode::End => (Stage::Stop, false),
            Phase::Stopping { .. } => return,
            _ if mode == Mode::End && drain => (Stage::Drain, false),
            _ => (Stage::Stop, false),
        };
        let hold = mode == Mode::Hold;
        let limit = self.limit_of(key);
        self.set_phase(key, Phase::Stopping { hold, stage, ended });
        if !ended {
            self.actions.push(match (mode, stage) {
                (Mode::Hold, _) => Action::Hold(key),
                (Mode::End, Stage::Drain) => Action::Drain(key),
                (Mode::End, _) => Action::Stop(key),
            });
        }
        // It is told more urgently on its way to its limit.
        self.timer(
            key,
            match stage {
                Stage::Drain => limit / 2,
                Stage::Stop => limit.saturating_sub(limit / 10),
                Stage::Terminate => limit,
            },
        );
        self.nodes[key].stop_by = self.now.checked_add(limit);
    }

    /// How long a worker has: its own limit within what is left of the total.
    fn limit_of(&self, key: Key) -> Duration {
        let node = &self.nodes[key];
        // One that was told before keeps its time.
        let told = node.stop_by.filter(|_| matches!(node.phase, Phase::Stopping { .. }));
        let own = told.map_or(node.stop_within, |by| by.saturating_duration_since(self.now));
        let left = self.total.map_or(own, |total| total.saturating_duration_since(self.now));
        own.min(left)
    }

    /// A worker takes long to end: it is told more urgently, and in the end nobody waits for it any more.
    pub(super) fn stop_takes_long(&mut self, key: Key) {
        let Phase::Stopping { hold, stage, ended } = self.nodes[key].phase else { return };
        let left =
            self.nodes[key].stop_by.map_or(Duration::ZERO, |by| by.saturating_duration_since(self.now));
        let (stage, action, after) = match stage {
            Stage::Drain => (Stage::Stop, Action::Stop(key), left.saturating_sub(left / 5)),
            // Also if this comes late, it has a moment to end.
            Stage::Stop => {
                let moment = GRACE.min(self.nodes[key].stop_within);
                (Stage::Terminate, Action::Terminate(key), left.max(moment))
            }
            Stage::Terminate => return self.is_stuck(key, hold),
        };
        self.set_phase(key, Phase::Stopping { hold, stage, ended });
        self.actions.push(action);
        self.timer(key, after);
    }

    fn is_stuck(&mut self, key: Key, hold: bool) {
        self.nodes[key].outcome = Outcome::Stuck;
        self.actions.push(Action::Abandon(key));
        self.tell(News::Stuck(key));
        self.set_phase(key, Phase::Down);
        if hold && let Some(group) = self.nodes[key].parent {
            // It cannot be started beside itself.
            self.fail_group(group, key, false);
        } else {
            self.steps.push_back(Step::Stopped(key));
        }
    }

    pub(super) fn stop_next(&mut self, group: Key, at: usize, down_to: usize, aim: Aim) {
        if at > down_to {
            let child = self.nodes[group].children[at - 1];
            let mode = if aim.holds() { Mode::Hold } else { Mode::End };
            return self.steps.push_back(Step::Stop(child, mode));
        }
        match aim {
            Aim::Restart { from } => {
                let after = std::mem::take(&mut self.nodes[group].backoff);
                self.set_phase(group, Phase::Backoff { from });
                self.timer(group, after);
            }
            Aim::Hold => {
                self.set_phase(group, Phase::Held);
                self.steps.push_back(Step::Stopped(group));
            }
            Aim::Rollback => self.steps.push_back(Step::StartFailed(group)),
            Aim::Fail { for_good } => {
                self.set_phase(group, Phase::Down);
                self.failed(group, for_good);
            }
            Aim::End => {
                self.set_phase(group, Phase::Down);
                self.steps.push_back(Step::Stopped(group));
            }
        }
    }

    /// A member has ended, or is held: its group goes on.
    pub(super) fn stopped(&mut self, key: Key) {
        let Some(group) = self.nodes[key].parent else { return self.finish() };
        match (self.nodes[key].phase, self.nodes[group].phase) {
            // It was held before its group was told to end, and has to end as well.
            (Phase::Held, Phase::GroupStopping { aim, .. }) if !aim.holds() => return,
            (Phase::Idle | Phase::Down | Phase::Held, _) => {}
            _ => return,
        }
        let is_current = self.current_child(group) == Some(key);
        if std::mem::take(&mut self.nodes[key].is_leaving) {
            self.take_from_order(group, key);
            self.actions.push(Action::Removed(key));
        }
        if is_current && let Phase::GroupStopping { at, down_to, aim } = self.nodes[group].phase {
            let at = at.min(self.nodes[group].children.len() + 1) - 1;
            self.set_phase(group, Phase::GroupStopping { at: at.max(down_to), down_to, aim });
            self.steps.push_back(Step::Next(group));
        } else if is_current && matches!(self.nodes[group].phase, Phase::GroupStarting { .. }) {
            // What was to start was removed, and another one has its place.
            self.steps.push_back(Step::Next(group));
        }
    }

    /// A member has no place in the order any more.
    pub(super) fn take_from_order(&mut self, group: Key, key: Key) {
        let Some(place) = self.nodes[group].children.iter().position(|child| *child == key) else { return };
        self.nodes[group].children.remove(place);
        for key in self.nodes.below(key) {
            self.lived -= usize::from(std::mem::take(&mut self.nodes[key].has_lived));
        }
        // What counts places counts one less beyond it.
        let less = |index: usize| if index > place { index - 1 } else { index };
        let phase = match self.nodes[group].phase {
            Phase::GroupStarting { next } => Phase::GroupStarting { next: less(next) },
            Phase::Backoff { from } => Phase::Backoff { from: less(from) },
            Phase::GroupStopping { at, down_to, aim } => {
                let aim =
                    if let Aim::Restart { from } = aim { Aim::Restart { from: less(from) } } else { aim };
                // Its own place is passed by who stops it.
                let at = if at > place + 1 { at - 1 } else { at };
                Phase::GroupStopping { at, down_to: less(down_to), aim }
            }
            other => other,
        };
        // Not `set_phase`: the timer of a backoff stays.
        self.nodes[group].phase = phase;
    }

    /// The limit for the whole is over.
    pub(super) fn total_is_over(&mut self) {
        if self.is_overrun {
            for (key, node) in self.nodes.workers().filter(|(_, node)| node.phase.is_live()) {
                node.outcome = match node.phase {
                    Phase::Ending { .. } | Phase::Retrying => Outcome::Ended,
                    Phase::Stopping { .. } => Outcome::Stuck,
                    _ => Outcome::NotReached,
                };
                self.actions.push(Action::Abandon(key));
            }
            return self.finish();
        }
        self.is_overrun = true;
        self.total = self.now.checked_add(GRACE);
        self.cause.get_or_insert(Cause::Asked);
        self.tell_all(Action::Stop);
    }
}
