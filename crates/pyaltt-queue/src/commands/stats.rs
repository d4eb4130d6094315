//! `stats`: how many tasks there are.

use std::time::Duration;

use pyaltt_core::Priority;
use pyaltt_durable::{QueueName, QueueStats};
use serde::Serialize;

use crate::operator::Operator;
use crate::output::reply::Reply;
use crate::output::table::{Column, Table};
use crate::output::time::{millis, span};

#[derive(Serialize)]
struct Json<'s> {
    engine: Option<&'s str>,
    layout: Option<u32>,
    queues: Vec<QueueJson<'s>>,
}

#[derive(Serialize)]
struct QueueJson<'s> {
    queue: &'s str,
    ready: u64,
    ready_by_priority: ByPriority,
    alone: u64,
    delayed: u64,
    running: u64,
    dead: u64,
    owners: usize,
    oldest_ready_ms: Option<u64>,
    next_due_ms: Option<u64>,
    paused: bool,
}

#[derive(Serialize)]
struct ByPriority {
    urgent: u64,
    high: u64,
    normal: u64,
    low: u64,
}

pub(super) fn run(operator: &mut Operator, named: Option<&QueueName>) -> anyhow::Result<Reply> {
    let choice = operator.any(named)?;
    let mut all = Vec::new();
    for queue in &choice.queues {
        all.push((queue, operator.stats(queue)?));
    }
    let engine = all.first().map(|(_, stats)| &stats.engine);
    let json = Json {
        engine: engine.map(|engine| &*engine.engine),
        layout: engine.map(|engine| engine.layout),
        queues: all.iter().map(|(queue, stats)| json(queue, stats)).collect(),
    };
    Ok(Reply::new(text(&all), &json)?.missing(choice.missing))
}

fn json<'s>(queue: &'s QueueName, stats: &QueueStats) -> QueueJson<'s> {
    let of = |priority| stats.ready[priority as usize];
    QueueJson {
        queue: queue.as_str(),
        ready: ready(stats),
        ready_by_priority: ByPriority {
            urgent: of(Priority::Urgent),
            high: of(Priority::High),
            normal: of(Priority::Normal),
            low: of(Priority::Low),
        },
        alone: stats.alone,
        delayed: stats.delayed,
        running: stats.running,
        dead: stats.dead,
        owners: stats.owners.len(),
        oldest_ready_ms: stats.oldest_ready.map(millis),
        next_due_ms: stats.next_due.map(millis),
        paused: stats.paused,
    }
}

fn text(all: &[(&QueueName, QueueStats)]) -> String {
    if all.is_empty() {
        return "no queues\n".to_owned();
    }
    let mut table = Table::new([
        Column::Left("QUEUE"),
        Column::Right("READY"),
        Column::Right("DELAYED"),
        Column::Right("RUNNING"),
        Column::Right("DEAD"),
        Column::Right("OWNERS"),
        Column::Right("OLDEST"),
        Column::Right("NEXT DUE"),
        Column::Left("NOTE"),
    ]);
    let mut total = [0; 5];
    for (queue, stats) in all {
        let counts = [ready(stats), stats.delayed, stats.running, stats.dead, stats.owners.len() as u64];
        total.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
        let spans = [stats.oldest_ready, stats.next_due].map(dash);
        let counts = counts.map(|count| count.to_string());
        table.row([queue.to_string()].into_iter().chain(counts).chain(spans).chain([note(stats)]));
    }
    if all.len() > 1 {
        table.row(["total".to_owned()].into_iter().chain(total.map(|count| count.to_string())));
    }
    table.render()
}

fn ready(stats: &QueueStats) -> u64 {
    stats.ready.iter().sum()
}

fn dash(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), span)
}

/// What is out of the ordinary.
fn note(stats: &QueueStats) -> String {
    let mut notes = Vec::new();
    if stats.paused {
        notes.push("paused".to_owned());
    }
    for priority in [Priority::Urgent, Priority::High, Priority::Low] {
        let count = stats.ready[priority as usize];
        if count > 0 {
            notes.push(format!("{count} {priority}"));
        }
    }
    if stats.alone > 0 {
        notes.push(format!("{} to run alone", stats.alone));
    }
    notes.join(", ")
}
