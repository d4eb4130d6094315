//! `dead requeue` and `dead purge`: back to work, or away.

use anyhow::Result;
use pyaltt_core::TaskId;
use pyaltt_durable::engine::Requeued;
use pyaltt_durable::{QueueName, Which};
use serde::Serialize;

use crate::args::WhichArgs;
use crate::operator::Operator;
use crate::output::reply::Reply;
use crate::output::text::count;

#[derive(Serialize)]
struct RequeueJson {
    requeued: u64,
    /// Still dead, because other tasks have their keys.
    duplicates: Vec<String>,
    /// Not dead, or not there.
    unknown: Vec<String>,
}

#[derive(Serialize)]
struct PurgeJson {
    purged: u64,
    unknown: Vec<String>,
}

pub(super) fn requeue(
    operator: &mut Operator,
    named: Option<&QueueName>,
    which: &WhichArgs,
) -> Result<Reply> {
    let mut all = Requeued::default();
    let done = for_each(operator, named, which, |operator, queue, which| {
        let requeued = operator.requeue(queue, which)?;
        let found = requeued.tasks + requeued.duplicates.len() as u64;
        all.tasks += requeued.tasks;
        all.duplicates.extend(requeued.duplicates);
        Ok(found)
    })?;
    let json = RequeueJson {
        requeued: all.tasks,
        duplicates: texts(&all.duplicates),
        unknown: texts(&done.unknown),
    };
    let mut reply = done.reply(Reply::new(format!("requeued {}\n", count(all.tasks, "task")), &json)?);
    for id in all.duplicates {
        reply = reply.note(format!("{id} is still dead: another task has its key")).finding(true);
    }
    Ok(reply)
}

pub(super) fn purge(operator: &mut Operator, named: Option<&QueueName>, which: &WhichArgs) -> Result<Reply> {
    let done = for_each(operator, named, which, Operator::purge)?;
    let json = PurgeJson { purged: done.found, unknown: texts(&done.unknown) };
    let text = format!("purged {}\n", count(done.found, "task"));
    Ok(done.reply(Reply::new(text, &json)?))
}

/// What was done to dead tasks.
struct Done {
    /// How many of those that were meant are dead.
    found: u64,
    /// Those that were named and are not dead.
    unknown: Vec<TaskId>,
    /// What to say about something else that was named and is not there.
    missing: Option<String>,
}

impl Done {
    fn reply(self, reply: Reply) -> Reply {
        let reply = reply.missing(self.missing);
        self.unknown
            .into_iter()
            .fold(reply, |reply, id| reply.note(format!("no dead task {id}")).finding(true))
    }
}

/// Does something to the tasks that are meant: those that are named, in whatever queue they are, or some of one queue.
fn for_each(
    operator: &mut Operator,
    named: Option<&QueueName>,
    which: &WhichArgs,
    mut act: impl FnMut(&mut Operator, &QueueName, Which) -> Result<u64>,
) -> Result<Done> {
    if which.ids.is_empty() {
        let choice = operator.only(named)?;
        let mut found = 0;
        for queue in &choice.queues {
            found += act(operator, queue, which.which())?;
        }
        let none = (found == 0 && which.is_named()).then(|| "no dead task of this kind".to_owned());
        return Ok(Done { found, unknown: Vec::new(), missing: choice.missing.or(none) });
    }
    let choice = operator.any(named)?;
    let mut done = Done { found: 0, unknown: Vec::new(), missing: choice.missing };
    for id in &which.ids {
        let before = done.found;
        for queue in &choice.queues {
            done.found += act(operator, queue, Which::Id(*id))?;
            if done.found > before {
                break;
            }
        }
        if done.found == before {
            done.unknown.push(*id);
        }
    }
    Ok(done)
}

fn texts(ids: &[TaskId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
