//! The tasks of a store: each with its state, and all by their numbers and by their ids.

use std::collections::BTreeMap;
use std::ops::{Deref, Index};

use pyaltt_core::{Lease, Priority, TaskId};

use crate::clock::from_millis;
use crate::engine::entry::ErrorEntry;
use crate::engine::name::QueueName;
use crate::engine::owner::OwnerId;
use crate::engine::put::RawPut;
use crate::engine::view::{TaskState, TaskView};
use crate::envelope::Envelope;

pub(super) struct Task {
    pub(super) queue: QueueName,
    pub(super) id: TaskId,
    pub(super) place_of: Place,
    /// Where it stands among the ready tasks of its level.
    pub(super) pos: i64,
    pub(super) token: i64,
    pub(super) attempts: u32,
    pub(super) crashes: u32,
    pub(super) max: Option<u32>,
    pub(super) priority: Priority,
    pub(super) key: Option<String>,
    pub(super) cancelled: bool,
    pub(super) put_at: i64,
    pub(super) errors: Vec<ErrorEntry>,
    pub(super) envelope: Envelope,
}

/// The state of a task, with what only this state has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Ready,
    Delayed { due: i64 },
    Running { owner: OwnerId },
    Dead { died: i64 },
}

impl Task {
    pub(super) fn new(queue: &QueueName, put: &RawPut, place_of: Place) -> Self {
        Self {
            queue: queue.clone(),
            id: put.id,
            place_of,
            pos: 0,
            token: 0,
            attempts: 0,
            crashes: 0,
            max: put.attempts,
            priority: put.priority,
            key: put.unique.clone(),
            cancelled: false,
            put_at: 0,
            errors: Vec::new(),
            envelope: put.envelope.clone(),
        }
    }

    pub(super) fn lease(&self, slot: i64) -> Lease {
        Lease::new(slot, self.token)
    }

    /// Takes it out of a hand.
    pub(super) fn leave_hand(&mut self, place_of: Place) {
        self.token += 1;
        self.place_of = place_of;
    }

    /// Takes it out of a hand as if it had not been in it.
    pub(super) fn hand_back(&mut self, place_of: Place) {
        self.leave_hand(place_of);
        self.attempts -= 1;
    }

    pub(super) fn add_error(&mut self, at: i64, text: &str) {
        if self.errors.len() == ErrorEntry::KEPT {
            self.errors.remove(0);
        }
        self.errors.push(ErrorEntry::new(from_millis(at), self.attempts, text));
    }

    pub(super) fn state(&self) -> TaskState {
        match self.place_of {
            Place::Ready => TaskState::Ready,
            Place::Delayed { .. } => TaskState::Delayed,
            Place::Running { .. } => TaskState::Running,
            Place::Dead { .. } => TaskState::Dead,
        }
    }

    pub(super) fn view(&self) -> TaskView {
        let mut view = TaskView::new(self.id, self.state(), self.envelope.clone());
        view.priority = self.priority;
        view.attempt = self.attempts;
        view.attempts = self.max;
        view.crashes = self.crashes;
        view.put_at = from_millis(self.put_at);
        view.unique.clone_from(&self.key);
        view.cancelled = self.cancelled;
        view.errors.clone_from(&self.errors);
        match self.place_of {
            Place::Ready => {}
            Place::Delayed { due } => view.due_at = Some(from_millis(due)),
            Place::Running { owner } => view.owner = Some(owner),
            Place::Dead { died } => view.died_at = Some(from_millis(died)),
        }
        view
    }
}

#[derive(Default)]
pub(super) struct Tasks {
    by_slot: BTreeMap<i64, Task>,
    slots: BTreeMap<TaskId, i64>,
}

impl Tasks {
    pub(super) fn insert(&mut self, slot: i64, task: Task) {
        self.slots.insert(task.id, slot);
        self.by_slot.insert(slot, task);
    }

    /// The id of a task never changes.
    pub(super) fn get_mut(&mut self, slot: i64) -> Option<&mut Task> {
        self.by_slot.get_mut(&slot)
    }

    pub(super) fn remove(&mut self, slot: i64) -> Option<Task> {
        let task = self.by_slot.remove(&slot)?;
        self.slots.remove(&task.id);
        Some(task)
    }

    pub(super) fn find(&self, id: TaskId) -> Option<(i64, &Task)> {
        let slot = *self.slots.get(&id)?;
        Some((slot, self.by_slot.get(&slot)?))
    }
}

impl Deref for Tasks {
    type Target = BTreeMap<i64, Task>;

    fn deref(&self) -> &BTreeMap<i64, Task> {
        &self.by_slot
    }
}

impl Index<i64> for Tasks {
    type Output = Task;

    fn index(&self, slot: i64) -> &Task {
        &self.by_slot[&slot]
    }
}
