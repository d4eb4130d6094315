//! `cancel`: removes tasks, or tells those who run them.

use pyaltt_core::TaskId;
use pyaltt_durable::{Cancelled, QueueName};
use serde::Serialize;

use super::show::not_there;
use crate::operator::Operator;
use crate::output::reply::Reply;

#[derive(Serialize)]
struct Json {
    cancelled: Vec<OneJson>,
}

#[derive(Serialize)]
struct OneJson {
    id: String,
    result: &'static str,
}

pub(super) fn run(
    operator: &mut Operator,
    named: Option<&QueueName>,
    ids: &[TaskId],
) -> anyhow::Result<Reply> {
    let choice = operator.any(named)?;
    let (mut lines, mut cancelled, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for id in ids {
        let result = match operator.cancel(&choice.queues, *id)? {
            Cancelled::Removed => {
                lines.push(format!("removed {id}\n"));
                "removed"
            }
            Cancelled::Running => {
                lines.push(format!("{id} runs: its worker will be told, and it is gone after this turn\n"));
                "running"
            }
            Cancelled::Unknown => {
                unknown.push(*id);
                "unknown"
            }
        };
        cancelled.push(OneJson { id: id.to_string(), result });
    }
    let reply = Reply::new(lines.concat(), &Json { cancelled })?.finding(!unknown.is_empty());
    Ok(unknown.into_iter().fold(reply, |reply, id| reply.note(not_there(id))))
}
