//! Requests of an operator.

use pyaltt_core::TaskId;
use pyaltt_durable::engine::stored::state_number;
use pyaltt_durable::engine::{
    Admin, AdminAnswer, Cancelled, EngineError, Page, QueueName, TaskState, TaskView,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::SqliteEngine;
use super::repair::repair;
use super::requeue::{purge, requeue};
use super::rows::{VIEW, view};

impl SqliteEngine {
    pub(super) fn answer(&mut self, queue: &QueueName, request: Admin) -> Result<AdminAnswer, EngineError> {
        match request {
            Admin::Stats => self.stats(queue).map(|stats| AdminAnswer::Stats(Box::new(stats))),
            Admin::List { state, page } => {
                self.read(|transaction, _| Ok(list(transaction, queue, state, page)?)).map(AdminAnswer::Tasks)
            }
            Admin::Find(id) => {
                let found = self.read(|transaction, _| Ok(find(transaction, queue, id)?))?;
                Ok(AdminAnswer::Task(found.map(Box::new)))
            }
            Admin::Cancel(id) => {
                self.write(|transaction, _| Ok(cancel(transaction, queue, id)?)).map(AdminAnswer::Cancelled)
            }
            Admin::Requeue(which) => {
                let requeued =
                    self.write(|transaction, now| Ok(requeue(transaction, queue, &which, now)?))?;
                if requeued.tasks > 0 {
                    self.shared().ring_each(queue, None);
                }
                Ok(AdminAnswer::Requeued(requeued))
            }
            Admin::Purge(which) => self
                .write(|transaction, now| Ok(purge(transaction, queue, &which, now)?))
                .map(AdminAnswer::Purged),
            Admin::Pause => self.set_paused(queue, true),
            Admin::Resume => {
                let answer = self.set_paused(queue, false)?;
                self.shared().ring_each(queue, None);
                Ok(answer)
            }
            Admin::Queues => self.read(|transaction, _| Ok(queues(transaction)?)).map(AdminAnswer::Queues),
            Admin::Repair => {
                let mended = self.write(|transaction, now| Ok(repair(transaction, queue, now)?))?;
                if mended > 0 {
                    self.shared().ring_each(queue, None);
                }
                Ok(AdminAnswer::Repaired(mended))
            }
            // What a later version of the contract may ask for.
            other => Err(EngineError::Refused(format!("this engine does not know {other:?}").into())),
        }
    }

    fn set_paused(&mut self, queue: &QueueName, paused: bool) -> Result<AdminAnswer, EngineError> {
        self.write(|transaction, _| {
            if paused {
                let pause = "insert into pyaltt_queue(queue, paused) values(?1, 1) on conflict(queue) do update set paused = 1";
                transaction.execute(pause, [queue.as_str()])?;
            } else {
                transaction.execute("delete from pyaltt_queue where queue = ?1", [queue.as_str()])?;
            }
            Ok(AdminAnswer::Done)
        })
    }
}

fn list(
    connection: &Connection,
    queue: &QueueName,
    state: Option<TaskState>,
    page: Page,
) -> rusqlite::Result<Vec<TaskView>> {
    let state = state.map(state_number);
    let list = format!(
        "select {VIEW} from pyaltt_task where queue = ?1 and (?2 is null or state = ?2) and (?3 is null or id > ?3)
         order by id limit ?4"
    );
    let after = page.after.map(TaskId::to_bytes);
    connection
        .prepare_cached(&list)?
        .query_map(params![queue.as_str(), state, after, page.limit], view)?
        .collect()
}

fn find(connection: &Connection, queue: &QueueName, id: TaskId) -> rusqlite::Result<Option<TaskView>> {
    let find = format!("select {VIEW} from pyaltt_task where id = ?1 and queue = ?2");
    connection.prepare_cached(&find)?.query_row(params![id.to_bytes(), queue.as_str()], view).optional()
}

fn cancel(connection: &Connection, queue: &QueueName, id: TaskId) -> rusqlite::Result<Cancelled> {
    let values = params![id.to_bytes(), queue.as_str()];
    let remove = "delete from pyaltt_task where id = ?1 and queue = ?2 and state <> 2";
    if connection.prepare_cached(remove)?.execute(values)? > 0 {
        return Ok(Cancelled::Removed);
    }
    let mark = "update pyaltt_task set cancelled = 1 where id = ?1 and queue = ?2 and state = 2";
    let is_running = connection.prepare_cached(mark)?.execute(values)? > 0;
    Ok(if is_running { Cancelled::Running } else { Cancelled::Unknown })
}

fn queues(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let queues = "select queue from pyaltt_task union select queue from pyaltt_owner union
                  select queue from pyaltt_queue where paused = 1 order by 1";
    connection.prepare_cached(queues)?.query_map((), |row| row.get(0))?.collect()
}
