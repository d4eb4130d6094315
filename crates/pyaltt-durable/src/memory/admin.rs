//! Requests of an operator.

use std::collections::BTreeSet;
use std::time::Duration;

use pyaltt_core::TaskId;

use super::rounds::ALONE;
use super::state::{Now, State};
use super::tasks::{Place, Task};
use crate::clock::span_millis;
use crate::engine::admin::{Admin, AdminAnswer, Cancelled, Page, Requeued, Which};
use crate::engine::name::QueueName;
use crate::engine::stats::{EngineHealth, OwnerView, QueueStats};
use crate::engine::view::{TaskState, TaskView};

impl State {
    pub(super) fn admin(&mut self, queue: &QueueName, request: Admin, now: Now) -> AdminAnswer {
        match request {
            Admin::Stats => AdminAnswer::Stats(Box::new(self.stats(queue, now))),
            Admin::List { state, page } => AdminAnswer::Tasks(self.list(queue, state, page)),
            Admin::Find(id) => {
                AdminAnswer::Task(self.find(queue, id).map(|slot| Box::new(self.tasks[slot].view())))
            }
            Admin::Cancel(id) => AdminAnswer::Cancelled(self.cancel(queue, id)),
            Admin::Requeue(which) => AdminAnswer::Requeued(self.requeue(queue, &which, now)),
            Admin::Purge(which) => {
                let dead = self.dead(queue, &which, now);
                let purged = dead.iter().filter_map(|slot| self.tasks.remove(*slot)).count();
                AdminAnswer::Purged(purged as u64)
            }
            Admin::Pause => {
                self.paused.insert(queue.clone());
                AdminAnswer::Done
            }
            Admin::Resume => {
                self.paused.remove(queue);
                self.ring_each(queue, None);
                AdminAnswer::Done
            }
            // A task leaves a hand with its owner, under one lock: there is nothing to mend.
            Admin::Repair => AdminAnswer::Repaired(0),
            Admin::Queues => {
                let of_tasks = self.tasks.values().map(|task| &task.queue);
                let of_owners = self.owners.values().map(|owner| &owner.queue);
                let names: BTreeSet<_> = of_tasks.chain(of_owners).chain(&self.paused).collect();
                AdminAnswer::Queues(names.into_iter().map(ToString::to_string).collect())
            }
        }
    }

    fn stats(&self, queue: &QueueName, now: Now) -> QueueStats {
        let mut stats = QueueStats { paused: self.paused.contains(queue), ..QueueStats::default() };
        let mut oldest = None;
        for (_, task) in self.of_queue(queue) {
            match task.place_of {
                Place::Ready => {
                    stats.ready[task.priority as usize] += 1;
                    stats.alone += u64::from(task.crashes >= ALONE);
                    oldest = oldest.or(Some(task.put_at));
                }
                Place::Delayed { .. } => stats.delayed += 1,
                Place::Running { .. } => stats.running += 1,
                Place::Dead { .. } => stats.dead += 1,
            }
        }
        stats.oldest_ready = oldest.map(|put| span(now.wall - put));
        stats.next_due = self.next_due(queue, now);
        stats.owners = (self.owners.iter())
            .filter(|(_, owner)| owner.queue == *queue)
            .map(|(id, owner)| {
                let mut view = OwnerView::new(*id, owner.who.clone());
                view.running = self.hands(*id).len() as u64;
                view.lease_left = (owner.expires > now.up).then(|| span(owner.expires - now.up));
                view
            })
            .collect();
        stats.engine = EngineHealth { engine: "memory".to_owned(), ..EngineHealth::default() };
        stats
    }

    fn list(&self, queue: &QueueName, state: Option<TaskState>, page: Page) -> Vec<TaskView> {
        let is_listed = |task: &Task| {
            state.is_none_or(|state| task.state() == state) && page.after.is_none_or(|after| task.id > after)
        };
        let mut tasks: Vec<_> =
            self.of_queue(queue).map(|(_, task)| task).filter(|task| is_listed(task)).collect();
        tasks.sort_by_key(|task| task.id);
        tasks.into_iter().take(page.limit as usize).map(Task::view).collect()
    }

    fn find(&self, queue: &QueueName, id: TaskId) -> Option<i64> {
        self.tasks.find(id).filter(|(_, task)| task.queue == *queue).map(|(slot, _)| slot)
    }

    fn cancel(&mut self, queue: &QueueName, id: TaskId) -> Cancelled {
        let Some(slot) = self.find(queue, id) else { return Cancelled::Unknown };
        match self.tasks.get_mut(slot) {
            Some(task) if matches!(task.place_of, Place::Running { .. }) => {
                task.cancelled = true;
                Cancelled::Running
            }
            _ => {
                self.tasks.remove(slot);
                Cancelled::Removed
            }
        }
    }

    fn requeue(&mut self, queue: &QueueName, which: &Which, now: Now) -> Requeued {
        let mut requeued = Requeued::default();
        for slot in self.dead(queue, which, now) {
            let key = self.tasks[slot].key.clone();
            if key.is_some_and(|key| self.holder(queue, &key).is_some()) {
                requeued.duplicates.push(self.tasks[slot].id);
                continue;
            }
            let place = self.next_place();
            if let Some(task) = self.tasks.get_mut(slot) {
                task.place_of = Place::Ready;
                task.pos = place;
                task.attempts = 0;
                task.crashes = 0;
                requeued.tasks += 1;
            }
        }
        if requeued.tasks > 0 {
            self.ring_each(queue, None);
        }
        requeued
    }

    fn dead(&self, queue: &QueueName, which: &Which, now: Now) -> Vec<i64> {
        let is_meant = |task: &Task| {
            let Place::Dead { died } = task.place_of else { return false };
            match which {
                Which::Id(id) => task.id == *id,
                Which::All => true,
                Which::OlderThan(age) => died <= now.wall.saturating_sub(span_millis(*age)),
                Which::Kind(kind) => task.envelope.kind == *kind,
            }
        };
        self.of_queue(queue).filter(|(_, task)| is_meant(task)).map(|(slot, _)| slot).collect()
    }
}

fn span(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
