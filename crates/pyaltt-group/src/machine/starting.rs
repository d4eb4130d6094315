//! Starting, in order.

use std::time::Duration;

use pyaltt_core::Then;

use super::node::{Aim, Key, Kind, Outcome, Phase, Strategy};
use super::{Action, Machine, News, ROOT, Step};
use crate::machine::Cause;

impl Machine {
    /// A member's turn to start has come.
    pub(super) fn start(&mut self, key: Key) {
        if self.is_ending() {
            return;
        }
        let node = &self.nodes[key];
        // One whose life has just ended by itself is left as it is, too.
        if !node.takes_part || matches!(node.phase, Phase::Up | Phase::Ending { .. }) {
            self.child_is_up(key);
        } else if node.outcome == Outcome::Stuck {
            // It has not ended yet, and is never started beside itself.
            self.steps.push_back(Step::StartFailed(key));
        } else if node.is_worker() {
            let limit = node.start_within;
            self.set_phase(key, Phase::Starting);
            self.timer(key, limit);
            self.actions.push(Action::Start(key));
        } else {
            if let Some(judge) = &mut self.nodes[key].together {
                judge.renew();
            }
            self.actions.push(Action::Renew(key));
            self.set_phase(key, Phase::GroupStarting { next: 0 });
            self.steps.push_back(Step::Next(key));
        }
    }

    pub(super) fn start_next(&mut self, group: Key, next: usize) {
        if let Some(&child) = self.nodes[group].children.get(next) {
            self.steps.push_back(Step::Start(child));
        } else {
            self.set_phase(group, Phase::Up);
            self.nodes[group].up_since = Some(self.now);
            self.steps.push_back(Step::Started(group));
        }
    }

    /// A worker has answered to its start.
    pub(super) fn start_answered(&mut self, key: Key, is_up: bool) {
        match &mut self.nodes[key].phase {
            Phase::Starting => {}
            // Told to end while it started. Its thread is as good as gone.
            Phase::Stopping { ended, .. } if !is_up => {
                *ended = true;
                return;
            }
            _ => return,
        }
        let retries = matches!(self.nodes[key].kind, Kind::Worker { retry_start: true, .. });
        if is_up {
            self.set_phase(key, Phase::Up);
            self.steps.push_back(Step::Started(key));
        } else if retries && let Some(after) = self.judge(key) {
            self.set_phase(key, Phase::Retrying);
            self.timer(key, after);
            self.tell(News::Restarting(key, after));
            self.child_is_up(key);
        } else {
            self.steps.push_back(Step::StartFailed(key));
        }
    }

    /// A worker has begun a run, perhaps by a start that is not ours.
    pub(super) fn is_active(&mut self, key: Key) {
        match self.nodes[key].phase {
            // The answer to its start comes as well, and only one of them counts.
            Phase::Starting => self.start_answered(key, true),
            // One that has hung is on its way to its end.
            Phase::Down | Phase::Idle if self.is_ending() => self.actions.push(Action::Stop(key)),
            Phase::Down if self.nodes[key].outcome != Outcome::Ended => {}
            Phase::Waiting
            | Phase::Held
            | Phase::Retrying
            | Phase::Ending { .. }
            | Phase::Down
            | Phase::Idle => {
                self.nodes[key].takes_part = !self.nodes[key].is_leaving;
                self.set_phase(key, Phase::Up);
                self.tell(News::Started(key));
            }
            _ => {}
        }
    }

    pub(super) fn started(&mut self, key: Key) {
        if self.nodes[key].is_worker() {
            self.tell(News::Started(key));
        }
        self.child_is_up(key);
    }

    /// The group of this member goes on.
    pub(super) fn child_is_up(&mut self, key: Key) {
        if std::mem::take(&mut self.nodes[key].is_new) {
            self.actions.push(Action::Added(key, true));
        }
        let Some(group) = self.nodes[key].parent else {
            if key == ROOT && self.nodes[key].phase == Phase::Up {
                self.actions.push(Action::Ready);
            }
            return;
        };
        if let Phase::GroupStarting { next } = self.nodes[group].phase
            && self.nodes[group].children.get(next) == Some(&key)
        {
            self.set_phase(group, Phase::GroupStarting { next: next + 1 });
            self.steps.push_back(Step::Next(group));
        }
    }

    /// A worker has not started within its limit.
    pub(super) fn start_hangs(&mut self, key: Key) {
        self.actions.push(Action::Terminate(key));
        self.nodes[key].outcome = Outcome::Stuck;
        self.actions.push(Action::Abandon(key));
        self.tell(News::Stuck(key));
        self.steps.push_back(Step::StartFailed(key));
    }

    /// A member has not started.
    pub(super) fn start_failed(&mut self, key: Key) {
        self.set_phase(key, Phase::Down);
        let Some(group) = self.nodes[key].parent else {
            self.cause.get_or_insert(Cause::NotStarted(key));
            return self.finish();
        };
        if self.current_child(group) == Some(key) {
            match self.nodes[group].phase {
                Phase::GroupStarting { next } if self.gives_up_its_start(group) => {
                    self.nodes[group].because = Some(self.because(key));
                    self.cause_of_failure(key);
                    self.set_phase(group, Phase::GroupStopping { at: next, down_to: 0, aim: Aim::Rollback });
                    self.steps.push_back(Step::Next(group));
                }
                // The end of the whole came during the start.
                Phase::GroupStopping { .. } => self.steps.push_back(Step::Stopped(key)),
                _ => self.group_restart(group, key),
            }
        } else if std::mem::take(&mut self.nodes[key].is_new) {
            self.take_from_order(group, key);
            self.actions.push(Action::Added(key, false));
        } else {
            // A first start that was tried again, or the restart of a group in a group that is up.
            self.failed(key, true);
        }
    }

    /// Whether a group that starts fails with a member: at its first start, and if it does not restart members together.
    fn gives_up_its_start(&self, group: Key) -> bool {
        let node = &self.nodes[group];
        node.up_since.is_none() || node.kind == Kind::Group(Strategy::OneForOne)
    }

    /// The first member that has not started names the failure of the whole.
    fn cause_of_failure(&mut self, key: Key) {
        let within_start = self.nodes[ROOT].up_since.is_none();
        if within_start && self.nodes[key].is_worker() {
            self.cause.get_or_insert(Cause::NotStarted(key));
            if let Some(total) = self.now.checked_add(self.nodes[ROOT].stop_within) {
                self.total.get_or_insert(total);
            }
        }
    }

    /// How long to wait before another attempt with a member; `None` if there is to be none.
    pub(super) fn judge(&mut self, key: Key) -> Option<Duration> {
        let lasted = self.lasted(key);
        after(self.nodes[key].judge.failed(lasted, self.now, self.random))
    }

    /// How long a group is to wait before it restarts its members together; `None` if it is not to do so.
    pub(super) fn judge_together(&mut self, group: Key) -> Option<Duration> {
        let lasted = self.lasted(group);
        let judge = self.nodes[group].together.as_mut()?;
        after(judge.failed(lasted, self.now, self.random))
    }

    fn lasted(&self, key: Key) -> Duration {
        self.nodes[key].up_since.map(|since| self.now.saturating_duration_since(since)).unwrap_or_default()
    }
}

fn after(then: Then) -> Option<Duration> {
    if let Then::Again { after } = then { Some(after) } else { None }
}
