//! Owners, and the tasks of dead ones.

use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::Lease;

use super::state::{Now, Owner, State};
use super::tasks::Place;
use crate::clock::{millis_after, span_millis};
use crate::engine::contract::Bell;
use crate::engine::error::EngineError;
use crate::engine::name::QueueName;
use crate::engine::owner::{OwnerId, Policy, Swept, Who};

impl State {
    pub(super) fn register(&mut self, queue: &QueueName, who: &Who, lease: Duration, now: Now) -> OwnerId {
        let id = self.next_owner();
        let expires = now.up + span_millis(lease);
        let owner =
            Owner { queue: queue.clone(), who: who.clone(), expires, idle: None, bell: Arc::default() };
        self.owners.insert(id, owner);
        id
    }

    pub(super) fn mine(&mut self, owner: OwnerId, known: &[Lease]) -> Result<u64, EngineError> {
        let queue = self.owners.get(&owner).ok_or(EngineError::OwnerGone)?.queue.clone();
        let unknown: Vec<_> = self
            .hands(owner)
            .into_iter()
            .filter(|slot| !known.contains(&self.tasks[*slot].lease(*slot)))
            .collect();
        for slot in &unknown {
            self.return_to_queue(*slot);
        }
        if !unknown.is_empty() {
            self.ring_each(&queue, None);
        }
        Ok(unknown.len() as u64)
    }

    pub(super) fn farewell(&mut self, owner: OwnerId) {
        let Some(gone) = self.owners.remove(&owner) else { return };
        for slot in self.hands(owner) {
            self.return_to_queue(slot);
        }
        self.ring_each(&gone.queue, None);
    }

    /// Hands a task back that had no turn, unless it was cancelled.
    fn return_to_queue(&mut self, slot: i64) {
        match self.tasks.get_mut(slot) {
            Some(task) if !task.cancelled => task.hand_back(Place::Ready),
            _ => _ = self.tasks.remove(slot),
        }
    }

    pub(super) fn sweep(&mut self, queue: &QueueName, policy: &Policy, now: Now) -> Swept {
        let is_dead = |owner: &Owner| owner.queue == *queue && owner.expires <= now.up;
        let gone: Vec<_> =
            self.owners.iter().filter(|(_, owner)| is_dead(owner)).map(|(id, _)| *id).collect();
        let mut swept = Swept::default();
        for id in gone {
            let Some(owner) = self.owners.remove(&id) else { continue };
            swept.owners += 1;
            for slot in self.hands(id) {
                if self.tasks[slot].cancelled {
                    self.tasks.remove(slot);
                } else if let Some(task) = self.tasks.get_mut(slot) {
                    task.add_error(now.wall, &owner.who.lost(id));
                    task.crashes += 1;
                    if task.attempts >= task.max.unwrap_or(policy.attempts) {
                        task.leave_hand(Place::Dead { died: now.wall });
                        swept.dead += 1;
                    } else {
                        let due = millis_after(now.wall, policy.delay);
                        let at_once = policy.delay.is_zero();
                        task.leave_hand(if at_once { Place::Ready } else { Place::Delayed { due } });
                        swept.lost += 1;
                    }
                }
            }
        }
        if swept.lost > 0 {
            self.ring_each(queue, None);
        }
        swept
    }

    pub(super) fn bell(&self, owner: OwnerId) -> Result<Arc<dyn Bell>, EngineError> {
        let owner = self.owners.get(&owner).ok_or(EngineError::OwnerGone)?;
        Ok(owner.bell.clone())
    }
}
