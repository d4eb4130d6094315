//! Rounds.

use std::cmp::Reverse;
use std::time::Duration;

use super::state::{Now, State};
use super::tasks::Place;
use crate::clock::{from_millis, millis_after, span_millis};
use crate::engine::error::EngineError;
use crate::engine::name::QueueName;
use crate::engine::owner::OwnerId;
use crate::engine::round::{Answer, Fate, RawTask, Round, Settle};

/// How many delayed tasks become ready in one round.
const DUE_AT_ONCE: usize = 256;

/// How often a task is lost with its process before it runs alone.
pub(super) const ALONE: u32 = 2;

impl State {
    pub(super) fn round(&mut self, round: &Round<'_>, now: Now) -> Result<Answer, EngineError> {
        let owner = self.owners.get_mut(&round.owner).ok_or(EngineError::OwnerGone)?;
        let lease = span_millis(round.lease);
        if (owner.expires - now.up) * 3 <= lease * 2 {
            owner.expires = now.up + lease;
        }
        owner.idle = None;
        let mut answer = Answer::default();
        for slot in self.hands(round.owner) {
            if self.tasks[slot].cancelled {
                answer.cancelled.extend(self.tasks.remove(slot).map(|task| task.lease(slot)));
            }
        }
        answer.settled = round.settles.iter().map(|settle| self.settle(settle, now)).collect();
        if round.due {
            self.make_due_ready(round, now);
        }
        answer.paused = self.paused.contains(round.queue);
        if !answer.paused {
            answer.tasks = self.take(round);
        }
        answer.ready = round.count.then(|| self.ready(round, |_| true).len() as u64);
        answer.next_due = self.next_due(round.queue, now);
        if let Some(owner) = self.owners.get_mut(&round.owner) {
            let sleeps = round.idle && answer.tasks.is_empty();
            owner.idle = sleeps.then(|| (round.kind.to_owned(), round.version));
        }
        // Whoever was woken and leaves some passes the bell on. So does whoever makes some ready.
        let handed_back = round.settles.iter().any(|settle| settle.fate == Fate::HandBack { after: None });
        let is_full = !answer.tasks.is_empty() && answer.tasks.len() == round.want as usize;
        if handed_back || (is_full && !self.ready(round, |_| true).is_empty()) {
            self.ring_each(round.queue, Some(round.kind));
        }
        Ok(answer)
    }

    fn settle(&mut self, settle: &Settle, now: Now) -> bool {
        let slot = settle.lease.slot();
        let Some(task) = self.tasks.get_mut(slot) else { return false };
        let is_in_hand = matches!(task.place_of, Place::Running { .. }) && !task.cancelled;
        if task.token != settle.lease.token() || !is_in_hand {
            return false;
        }
        match &settle.fate {
            Fate::Done => _ = self.tasks.remove(slot),
            Fate::Retry { after, error } => {
                task.add_error(now.wall, error.as_str());
                task.leave_hand(Place::Delayed { due: millis_after(now.wall, *after) });
            }
            Fate::Dead { error } => {
                task.add_error(now.wall, error.as_str());
                task.leave_hand(Place::Dead { died: now.wall });
            }
            Fate::HandBack { after: None } => task.hand_back(Place::Ready),
            Fate::HandBack { after: Some(after) } => {
                task.hand_back(Place::Delayed { due: millis_after(now.wall, *after) });
            }
        }
        true
    }

    fn make_due_ready(&mut self, round: &Round<'_>, now: Now) {
        let mut due: Vec<_> = self
            .of_queue(round.queue)
            .filter_map(|(slot, task)| match task.place_of {
                Place::Delayed { due } if due <= now.wall => Some((due, slot)),
                _ => None,
            })
            .collect();
        due.sort_unstable();
        for (_, slot) in due.into_iter().take(DUE_AT_ONCE) {
            let place = self.next_place();
            if let Some(task) = self.tasks.get_mut(slot) {
                task.place_of = Place::Ready;
                task.pos = place;
            }
        }
    }

    fn take(&mut self, round: &Round<'_>) -> Vec<RawTask> {
        if round.alone && round.want > 0 {
            let alone = self.ready(round, |crashes| crashes >= ALONE);
            if let Some(slot) = alone.first() {
                return self.lend(*slot, round.owner).into_iter().collect();
            }
        }
        let mut slots = self.ready(round, |crashes| crashes < ALONE);
        let mut by_age = slots.clone();
        by_age.sort_by_key(|slot| self.tasks[*slot].pos);
        by_age.truncate(round.oldest.min(round.want) as usize);
        slots.retain(|slot| !by_age.contains(slot));
        let chosen = by_age.into_iter().chain(slots).take(round.want as usize).collect::<Vec<_>>();
        chosen.into_iter().filter_map(|slot| self.lend(slot, round.owner)).collect()
    }

    /// The ready tasks that a round can take, in order.
    fn ready(&self, round: &Round<'_>, by_crashes: impl Fn(u32) -> bool) -> Vec<i64> {
        let mut slots: Vec<_> = self
            .of_queue(round.queue)
            .filter(|(_, task)| {
                task.place_of == Place::Ready
                    && task.envelope.kind == round.kind
                    && task.envelope.version <= round.version
                    && by_crashes(task.crashes)
            })
            .map(|(slot, task)| (Reverse(task.priority), task.pos, slot))
            .collect();
        slots.sort_unstable();
        slots.into_iter().map(|(_, _, slot)| slot).collect()
    }

    fn lend(&mut self, slot: i64, owner: OwnerId) -> Option<RawTask> {
        let task = self.tasks.get_mut(slot)?;
        task.token += 1;
        task.attempts += 1;
        task.place_of = Place::Running { owner };
        let mut lent = RawTask::new(task.lease(slot), task.id, task.envelope.clone());
        lent.attempt = task.attempts;
        lent.attempts = task.max;
        lent.crashes = task.crashes;
        lent.put_at = from_millis(task.put_at);
        lent.priority = task.priority;
        Some(lent)
    }

    pub(super) fn next_due(&self, queue: &QueueName, now: Now) -> Option<Duration> {
        let due = self.of_queue(queue).filter_map(|(_, task)| match task.place_of {
            Place::Delayed { due } => Some(due),
            _ => None,
        });
        due.min().map(|due| Duration::from_millis(u64::try_from(due - now.wall).unwrap_or(0)))
    }
}
