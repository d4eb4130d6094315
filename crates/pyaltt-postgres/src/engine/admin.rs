//! Requests of an operator.

use std::time::Duration;

use postgres::types::Type;
use pyaltt_core::TaskId;
use pyaltt_durable::engine::stored::state_number;
use pyaltt_durable::engine::{
    Admin, AdminAnswer, Cancelled, EngineError, Page, QueueName, Requeued, TaskState, TaskView, Which,
    span_millis,
};
use uuid::Uuid;

use super::rows::{VIEW, task_id, uuid, view};
use super::{Param, PostgresEngine};

impl PostgresEngine {
    pub(super) fn answer(&mut self, queue: &QueueName, request: Admin) -> Result<AdminAnswer, EngineError> {
        match request {
            Admin::Stats => self.stats(queue).map(|stats| AdminAnswer::Stats(Box::new(stats))),
            Admin::List { state, page } => self.list(queue, state, page).map(AdminAnswer::Tasks),
            Admin::Find(id) => self.find(queue, id).map(|task| AdminAnswer::Task(task.map(Box::new))),
            Admin::Cancel(id) => self.cancel(queue, id).map(AdminAnswer::Cancelled),
            Admin::Requeue(which) => self.requeue(queue, &which).map(AdminAnswer::Requeued),
            Admin::Purge(which) => self.purge(queue, &which).map(AdminAnswer::Purged),
            Admin::Pause => self.of_queue("select pyaltt.pause_v1($1)", queue).map(|_| AdminAnswer::Done),
            Admin::Resume => {
                self.of_queue("delete from pyaltt.queue where queue = $1", queue)?;
                self.ring_each(queue.as_str(), None);
                Ok(AdminAnswer::Done)
            }
            Admin::Queues => {
                let queues = "select queue from pyaltt.task union select queue from pyaltt.owner union
                              select queue from pyaltt.queue where paused order by 1";
                let rows = self.query(queues, &[])?;
                Ok(AdminAnswer::Queues(rows.iter().map(|row| row.get(0)).collect()))
            }
            Admin::Repair => {
                let rows = self.of_queue("select pyaltt.repair_v1($1)", queue)?;
                let mended = rows.first().map_or(0, |row| row.get(0));
                if mended > 0 {
                    self.ring_each(queue.as_str(), None);
                }
                Ok(AdminAnswer::Repaired(count(mended)))
            }
            // What a later version of the contract may ask for.
            other => Err(EngineError::Refused(format!("this engine does not know {other:?}").into())),
        }
    }

    fn of_queue(&mut self, sql: &str, queue: &QueueName) -> Result<Vec<postgres::Row>, EngineError> {
        self.query(sql, &[(&queue.as_str(), Type::TEXT)])
    }

    fn list(
        &mut self,
        queue: &QueueName,
        state: Option<TaskState>,
        page: Page,
    ) -> Result<Vec<TaskView>, EngineError> {
        let list = format!(
            "select {VIEW} from pyaltt.task where queue = $1 and ($2 is null or state = $2) and ($3 is null or id > $3)
             order by id limit $4"
        );
        let state = state.map(|state| i16::from(state_number(state)));
        let rows = self.query(
            &list,
            &[
                (&queue.as_str(), Type::TEXT),
                (&state, Type::INT2),
                (&page.after.map(uuid), Type::UUID),
                (&i64::from(page.limit), Type::INT8),
            ],
        )?;
        Ok(rows.iter().map(view).collect())
    }

    fn find(&mut self, queue: &QueueName, id: TaskId) -> Result<Option<TaskView>, EngineError> {
        let find = format!("select {VIEW} from pyaltt.task where id = $1 and queue = $2");
        let rows = self.query(&find, &[(&uuid(id), Type::UUID), (&queue.as_str(), Type::TEXT)])?;
        Ok(rows.first().map(view))
    }

    fn cancel(&mut self, queue: &QueueName, id: TaskId) -> Result<Cancelled, EngineError> {
        let row = self.query_one(
            "select pyaltt.cancel_v1($1, $2)",
            &[(&queue.as_str(), Type::TEXT), (&uuid(id), Type::UUID)],
        )?;
        Ok(match row.get::<_, i32>(0) {
            0 => Cancelled::Unknown,
            1 => Cancelled::Removed,
            _ => Cancelled::Running,
        })
    }

    fn requeue(&mut self, queue: &QueueName, which: &Which) -> Result<Requeued, EngineError> {
        let mut requeued = Requeued::default();
        let Some(chosen) = Chosen::of(which) else { return Ok(requeued) };
        let requeue = "select held from pyaltt.requeue_v1($1, $2, $3, $4)";
        for row in self.query(requeue, &chosen.params(&queue.as_str()))? {
            match row.get::<_, Option<Uuid>>(0) {
                None => requeued.tasks += 1,
                Some(held) => requeued.duplicates.push(task_id(held)),
            }
        }
        if requeued.tasks > 0 {
            self.ring_each(queue.as_str(), None);
        }
        Ok(requeued)
    }

    fn purge(&mut self, queue: &QueueName, which: &Which) -> Result<u64, EngineError> {
        let Some(chosen) = Chosen::of(which) else { return Ok(0) };
        let row =
            self.query_one("select pyaltt.purge_v1($1, $2, $3, $4)", &chosen.params(&queue.as_str()))?;
        Ok(count(row.get(0)))
    }
}

/// Older than any task, 1,000 years, and not so old that the database has no time that long ago.
const LONGEST_AGE: Duration = Duration::from_secs(1_000 * 366 * 86_400);

/// Which dead tasks are meant, as parameters.
#[derive(Default)]
struct Chosen {
    id: Option<Uuid>,
    age: Option<i64>,
    kind: Option<String>,
}

impl Chosen {
    fn of(which: &Which) -> Option<Self> {
        let mut chosen = Self::default();
        match which {
            Which::All => {}
            Which::Id(id) => chosen.id = Some(uuid(*id)),
            Which::OlderThan(age) => chosen.age = Some(span_millis((*age).min(LONGEST_AGE))),
            Which::Kind(kind) => chosen.kind = Some(kind.clone()),
            // What a later version of the contract may know: none.
            _ => return None,
        }
        Some(chosen)
    }

    fn params<'a>(&'a self, queue: &'a &'a str) -> [Param<'a>; 4] {
        [(queue, Type::TEXT), (&self.id, Type::UUID), (&self.age, Type::INT8), (&self.kind, Type::TEXT)]
    }
}

pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
