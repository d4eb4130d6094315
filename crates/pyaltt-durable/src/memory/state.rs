//! What the store holds, and puts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bell::MemoryBell;
use super::tasks::{Place, Task, Tasks};
use crate::clock::{EngineClock, span_millis, to_millis};
use crate::engine::name::QueueName;
use crate::engine::owner::{OwnerId, Who};
use crate::engine::put::{Placed, RawPut};

/// The time of a call, in milliseconds.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub(super) wall: i64,
    pub(super) up: i64,
}

impl Now {
    pub(super) fn of(clock: &dyn EngineClock) -> Self {
        Self { wall: to_millis(clock.wall()), up: span_millis(clock.up()) }
    }
}

#[derive(Default)]
pub(super) struct State {
    pub(super) tasks: Tasks,
    pub(super) owners: BTreeMap<OwnerId, Owner>,
    pub(super) paused: BTreeSet<QueueName>,
    last_place: i64,
    last_owner: i64,
}

pub(super) struct Owner {
    pub(super) queue: QueueName,
    pub(super) who: Who,
    pub(super) expires: i64,
    /// The kind and the version that it can run, while it sleeps and can be rung.
    pub(super) idle: Option<(String, u32)>,
    pub(super) bell: Arc<MemoryBell>,
}

impl State {
    /// The next number in the order of tasks.
    pub(super) fn next_place(&mut self) -> i64 {
        self.last_place += 1;
        self.last_place
    }

    pub(super) fn next_owner(&mut self) -> OwnerId {
        self.last_owner += 1;
        OwnerId::new(self.last_owner)
    }

    pub(super) fn put(&mut self, queue: &QueueName, puts: &[RawPut], now: Now) -> Vec<Placed> {
        let placed = puts.iter().map(|put| self.put_one(queue, put, now)).collect();
        let kinds: BTreeSet<_> = puts.iter().map(|put| (&*put.envelope.kind, put.envelope.version)).collect();
        for (kind, version) in kinds {
            self.ring(queue, |(known, newest)| known == kind && *newest >= version);
        }
        placed
    }

    fn put_one(&mut self, queue: &QueueName, put: &RawPut, now: Now) -> Placed {
        if self.tasks.find(put.id).is_some() {
            return Placed::Existing(put.id);
        }
        let place_of = put.when.due(now.wall).map_or(Place::Ready, |due| Place::Delayed { due });
        if let Some(slot) = put.unique.as_deref().and_then(|key| self.holder(queue, key))
            && let Some(holder) = self.tasks.get_mut(slot)
        {
            if !put.replace || matches!(holder.place_of, Place::Running { .. }) {
                return Placed::Existing(holder.id);
            }
            *holder = Task {
                id: holder.id,
                pos: holder.pos,
                token: holder.token,
                put_at: holder.put_at,
                ..Task::new(queue, put, place_of)
            };
            return Placed::Replaced(holder.id);
        }
        let slot = self.next_place();
        self.tasks.insert(slot, Task { pos: slot, put_at: now.wall, ..Task::new(queue, put, place_of) });
        Placed::New(put.id)
    }

    /// The task that holds a unique key.
    pub(super) fn holder(&self, queue: &QueueName, key: &str) -> Option<i64> {
        let holds = |task: &Task| {
            task.queue == *queue
                && task.key.as_deref() == Some(key)
                && !matches!(task.place_of, Place::Dead { .. })
        };
        self.tasks.iter().find(|(_, task)| holds(task)).map(|(slot, _)| *slot)
    }

    /// Rings one idle owner of a queue whose kind and version are asked for.
    fn ring(&mut self, queue: &QueueName, is_meant: impl Fn(&(String, u32)) -> bool) {
        let is_meant = |owner: &Owner| owner.queue == *queue && owner.idle.as_ref().is_some_and(&is_meant);
        if let Some(owner) = self.owners.values_mut().find(|owner| is_meant(owner)) {
            owner.idle = None;
            owner.bell.ring();
        }
    }

    /// Rings one idle owner of a queue for each version of a kind, or of all kinds.
    pub(super) fn ring_each(&mut self, queue: &QueueName, kind: Option<&str>) {
        let of_queue = self.owners.values().filter(|owner| owner.queue == *queue);
        let classes: BTreeSet<_> = of_queue.filter_map(|owner| owner.idle.clone()).collect();
        for class in classes.iter().filter(|class| kind.is_none_or(|kind| class.0 == kind)) {
            self.ring(queue, |idle| idle == class);
        }
    }

    pub(super) fn of_queue<'s>(&'s self, queue: &'s QueueName) -> impl Iterator<Item = (i64, &'s Task)> {
        self.tasks.iter().map(|(slot, task)| (*slot, task)).filter(|(_, task)| task.queue == *queue)
    }

    /// The tasks that an owner has in hand.
    pub(super) fn hands(&self, owner: OwnerId) -> Vec<i64> {
        let is_in_hand = |task: &Task| task.place_of == Place::Running { owner };
        self.tasks.iter().filter(|(_, task)| is_in_hand(task)).map(|(slot, _)| *slot).collect()
    }
}
