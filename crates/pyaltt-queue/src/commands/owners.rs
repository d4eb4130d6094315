//! `owners`: the processes that take tasks.

use pyaltt_durable::{OwnerView, QueueName};
use serde::Serialize;

use crate::operator::Operator;
use crate::output::reply::Reply;
use crate::output::table::{Column, Table};
use crate::output::text::{clean, count};
use crate::output::time::{millis, span};

#[derive(Serialize)]
struct Json<'o> {
    owners: Vec<OwnerJson<'o>>,
}

#[derive(Serialize)]
struct OwnerJson<'o> {
    queue: &'o str,
    owner: i64,
    name: &'o str,
    pid: u32,
    host: &'o str,
    running: u64,
    lease_left_ms: Option<u64>,
}

pub(super) fn run(operator: &mut Operator, named: Option<&QueueName>) -> anyhow::Result<Reply> {
    let choice = operator.any(named)?;
    let mut owners = Vec::new();
    for queue in &choice.queues {
        owners.extend(operator.stats(queue)?.owners.into_iter().map(|owner| (queue, owner)));
    }
    let json = Json { owners: owners.iter().map(|(queue, owner)| json(queue, owner)).collect() };
    Ok(Reply::new(text(&owners), &json)?.missing(choice.missing))
}

fn json<'o>(queue: &'o QueueName, owner: &'o OwnerView) -> OwnerJson<'o> {
    OwnerJson {
        queue: queue.as_str(),
        owner: owner.id.get(),
        name: &owner.who.name,
        pid: owner.who.pid,
        host: &owner.who.host,
        running: owner.running,
        lease_left_ms: owner.lease_left.map(millis),
    }
}

fn text(owners: &[(&QueueName, OwnerView)]) -> String {
    if owners.is_empty() {
        return "no owners\n".to_owned();
    }
    let mut table = Table::new([
        Column::Left("QUEUE"),
        Column::Right("OWNER"),
        Column::Left("NAME"),
        Column::Right("PROCESS"),
        Column::Left("HOST"),
        Column::Right("RUNNING"),
        Column::Right("LEASE"),
    ]);
    for (queue, owner) in owners {
        table.row([
            queue.to_string(),
            owner.id.to_string(),
            clean(&owner.who.name),
            owner.who.pid.to_string(),
            clean(&owner.who.host),
            owner.running.to_string(),
            owner.lease_left.map_or_else(|| "run out".to_owned(), span),
        ]);
    }
    table.render() + &count(owners.len() as u64, "owner") + "\n"
}
