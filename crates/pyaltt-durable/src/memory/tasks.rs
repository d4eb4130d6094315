//! The tasks of a store, by their numbers and by their ids.

use std::collections::BTreeMap;
use std::ops::{Deref, Index};

use pyaltt_core::TaskId;

use super::state::Task;

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
