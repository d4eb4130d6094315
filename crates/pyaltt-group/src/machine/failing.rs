//! What follows the end of a run, and a failure.

use pyaltt_core::Then;

use super::node::{Aim, Key, Kind, Outcome, Phase, Stage, Strategy};
use super::{Action, Cause, End, Machine, News, ROOT, Step};

impl Machine {
    /// A run of a worker has ended.
    pub(super) fn run_ended(&mut self, key: Key, end: End) {
        self.nodes[key].ended = end.run;
        let phase = self.nodes[key].phase;
        match (phase, end.then) {
            // Nobody waits for one that has hung.
            (Phase::Down, _) if self.nodes[key].outcome != Outcome::Ended => {}
            // One that was told to terminate has to end its life as well, and so has one that is to end.
            (
                Phase::Stopping { hold: true, stage: Stage::Drain | Stage::Stop, .. },
                Then::Held | Then::Again { .. },
            ) => {
                self.is_held(key);
            }
            (Phase::Stopping { .. }, Then::Held | Then::Again { .. }) => {}
            (_, Then::Again { after }) => {
                self.set_phase(key, Phase::Waiting);
                self.tell(News::Restarting(key, after));
                // A start that has failed is tried again by its policy: its group does not wait for that.
                if phase == Phase::Starting {
                    self.child_is_up(key);
                }
            }
            (_, Then::Held) => {
                self.set_phase(key, Phase::Held);
                if let Some(group) = self.nodes[key].parent {
                    self.group_restart(group, key);
                    self.end_if_forgotten(group, key);
                }
            }
            (Phase::Stopping { hold, stage, .. }, _) => {
                // Somebody else has ended its life, or it has finished by itself.
                if hold && stage != Stage::Terminate {
                    self.nodes[key].takes_part = false;
                }
                self.nodes[key].phase = Phase::Stopping { hold, stage, ended: true };
                self.tell(News::Ended(key));
            }
            (Phase::Down | Phase::Idle, _) => {}
            // The answer to its start follows, and says so to whoever has added it.
            (Phase::Starting, _) if self.nodes[key].is_new => {}
            (_, then) => {
                self.set_phase(key, Phase::Ending { failed: end.failed, spent: end.spent });
                self.tell(match then {
                    Then::GaveUp { .. } => News::GaveUp(key),
                    _ => News::Ended(key),
                });
            }
        }
    }

    /// A worker that waits for its group, where the group will not come to it, ends.
    fn end_if_forgotten(&mut self, group: Key, key: Key) {
        let place = self.nodes[group].children.iter().position(|child| *child == key);
        let is_forgotten = match self.nodes[group].phase {
            Phase::GroupStopping { at, aim, .. } => !aim.holds() && place.is_none_or(|place| place >= at),
            phase => !phase.is_live(),
        };
        if is_forgotten && self.nodes[key].phase == Phase::Held {
            self.actions.push(Action::Stop(key));
        }
    }

    /// A worker waits for the restart of its group.
    pub(super) fn is_held(&mut self, key: Key) {
        if let Phase::Stopping { hold: true, .. } = self.nodes[key].phase {
            self.set_phase(key, Phase::Held);
            self.steps.push_back(Step::Stopped(key));
        }
    }

    /// The thread of a worker's life is gone.
    pub(super) fn is_gone(&mut self, key: Key) {
        match self.nodes[key].phase {
            Phase::Stopping { ended: true, .. } => {
                self.set_phase(key, Phase::Down);
                self.steps.push_back(Step::Stopped(key));
            }
            Phase::Ending { failed, spent } => {
                self.set_phase(key, Phase::Down);
                // Where it is the group that fails, it is part of the restart of that.
                self.nodes[key].takes_part = spent;
                if failed {
                    self.failed_for_good(key, spent);
                }
                // A group that waits for it in its start or stop goes on.
                self.steps.push_back(Step::Stopped(key));
            }
            // One that has hung has ended after all, and may be started again.
            Phase::Down if !self.is_ending() => self.nodes[key].outcome = Outcome::Ended,
            _ => {}
        }
    }

    /// A worker has failed, and is not restarted.
    fn failed_for_good(&mut self, key: Key, spent: bool) {
        let Some(group) = self.nodes[key].parent else { return };
        if spent {
            self.fail_group(group, key, false);
        } else if self.nodes[key].critical {
            self.fail_group(group, key, true);
        }
    }

    /// A group, or a worker whose first start was tried again, has failed.
    pub(super) fn failed(&mut self, key: Key, for_good: bool) {
        self.set_phase(key, Phase::Down);
        let Some(group) = self.nodes[key].parent else { return self.finish() };
        if self.current_child(group) == Some(key) {
            return self.steps.push_back(match self.nodes[group].phase {
                Phase::GroupStopping { .. } => Step::Stopped(key),
                _ => Step::StartFailed(key),
            });
        }
        if for_good {
            self.nodes[key].takes_part = false;
            self.tell(News::GaveUp(key));
            if self.nodes[key].critical {
                self.fail_group(group, key, true);
            }
            return;
        }
        self.group_restart(group, key);
    }

    /// A member of a group has failed, and is to be started again by the group.
    pub(super) fn group_restart(&mut self, group: Key, because: Key) {
        let Kind::Group(strategy) = self.nodes[group].kind else { return };
        let place = self.nodes[group].children.iter().position(|child| *child == because);
        let Some(place) = place else { return };
        let from = match strategy {
            Strategy::OneForOne => return self.restart_alone(group, because),
            Strategy::OneForAll => 0,
            Strategy::RestForOne => place,
        };
        let at = match self.nodes[group].phase {
            Phase::GroupStopping { at, down_to, aim: Aim::Restart { from: before } } => {
                // It joins the restart that is under way.
                let aim = Aim::Restart { from: from.min(before) };
                self.nodes[group].phase = Phase::GroupStopping { at, down_to: down_to.min(from), aim };
                return;
            }
            // It ends anyway.
            Phase::GroupStopping { .. } | Phase::Idle | Phase::Down | Phase::Held => return,
            Phase::Backoff { from: before } => {
                if from < before {
                    // More have to end before the start. The backoff begins anew.
                    let aim = Aim::Restart { from };
                    self.set_phase(group, Phase::GroupStopping { at: before, down_to: from, aim });
                    self.steps.push_back(Step::Next(group));
                }
                return;
            }
            // The start comes to it.
            Phase::GroupStarting { next } if next < from => return,
            Phase::GroupStarting { next } => (next + 1).min(self.nodes[group].children.len()),
            _ => self.nodes[group].children.len(),
        };
        match self.judge_together(group) {
            Some(after) => {
                self.tell(News::GroupRestarting { group, because, after });
                self.nodes[group].backoff = after;
                self.set_phase(group, Phase::GroupStopping { at, down_to: from, aim: Aim::Restart { from } });
                self.steps.push_back(Step::Next(group));
            }
            None => self.fail_group(group, because, false),
        }
    }

    /// A member has failed that its group starts again by itself: a group, or a worker that was held by a group above.
    fn restart_alone(&mut self, group: Key, member: Key) {
        let Some(after) = self.judge(member) else {
            self.nodes[member].takes_part = false;
            self.tell(News::GaveUp(member));
            if self.nodes[member].critical {
                self.fail_group(group, member, true);
            }
            return;
        };
        let is_worker = self.nodes[member].is_worker();
        self.set_phase(member, if is_worker { Phase::Retrying } else { Phase::Waiting });
        self.timer(member, after);
        self.tell(News::Restarting(member, after));
    }

    /// A group ends as failed, because of this member.
    pub(super) fn fail_group(&mut self, group: Key, because: Key, for_good: bool) {
        let aim = Aim::Fail { for_good };
        let before = match self.nodes[group].phase {
            Phase::Idle | Phase::Down => return,
            Phase::GroupStopping { aim, .. } => Some(aim),
            _ => None,
        };
        if group == ROOT {
            self.cause.get_or_insert(if for_good {
                Cause::Critical(because)
            } else {
                Cause::GaveUp(because)
            });
            if let Some(total) = self.now.checked_add(self.nodes[ROOT].stop_within) {
                self.total.get_or_insert(total);
            }
        }
        let aim = before.map_or(aim, |before| before.max(aim));
        let at = self.nodes[group].children.len();
        self.tell(News::GaveUp(group));
        self.set_phase(group, Phase::GroupStopping { at, down_to: 0, aim });
        self.steps.push_back(Step::Next(group));
    }
}
