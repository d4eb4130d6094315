//! `show`: all that is known of a task.

use pyaltt_core::TaskId;
use pyaltt_durable::QueueName;

use crate::operator::{Nothing, Operator};
use crate::output::reply::Reply;
use crate::output::task::{TaskJson, describe};
use crate::output::time::now;

pub(super) fn run(operator: &mut Operator, named: Option<&QueueName>, id: TaskId) -> anyhow::Result<Reply> {
    let choice = operator.any(named)?;
    let (queue, task) = operator.find(&choice.queues, id)?.ok_or_else(|| Nothing(not_there(id)))?;
    Reply::new(describe(&queue, &task, now()), &TaskJson::whole(&queue, &task))
}

/// A task that is not there may have been: nothing is kept of it once it is done.
pub(super) fn not_there(id: TaskId) -> String {
    format!("no task {id}: it is done, was removed, or never was")
}
