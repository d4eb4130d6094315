//! Tasks, as JSON and as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::SystemTime;

use pyaltt_durable::{QueueName, TaskState, TaskView};
use serde::Serialize;
use serde_json::value::RawValue;

use super::body::{self, Body};
use super::text::{clean, count, size};
use super::time::{relative, rfc3339};

/// A task with stable names of its fields.
#[derive(Serialize)]
pub(crate) struct TaskJson<'t> {
    id: String,
    queue: &'t str,
    state: String,
    kind: &'t str,
    version: u32,
    priority: String,
    attempt: u32,
    attempts: Option<u32>,
    crashes: u32,
    put_at: String,
    due_at: Option<String>,
    died_at: Option<String>,
    owner: Option<i64>,
    key: Option<&'t str>,
    cancelled: bool,
    headers: &'t BTreeMap<String, String>,
    errors: Vec<ErrorJson<'t>>,
    body_bytes: usize,
    #[serde(flatten)]
    body: Option<BodyJson<'t>>,
}

#[derive(Serialize)]
struct ErrorJson<'t> {
    at: String,
    attempt: u32,
    text: &'t str,
}

#[derive(Serialize)]
struct BodyJson<'t> {
    body_format: &'static str,
    body: BodyValue<'t>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum BodyValue<'t> {
    Json(&'t RawValue),
    Text(&'t str),
    Hex(String),
}

impl<'t> TaskJson<'t> {
    /// All of a task but its payload, which has so many bytes.
    pub(crate) fn head(queue: &'t QueueName, task: &'t TaskView, body_bytes: usize) -> Self {
        let errors = task.errors.iter();
        Self {
            id: task.id.to_string(),
            queue: queue.as_str(),
            state: task.state.to_string(),
            kind: &task.envelope.kind,
            version: task.envelope.version,
            priority: task.priority.to_string(),
            attempt: task.attempt,
            attempts: task.attempts,
            crashes: task.crashes,
            put_at: rfc3339(task.put_at),
            due_at: task.due_at.map(rfc3339),
            died_at: task.died_at.map(rfc3339),
            owner: task.owner.map(pyaltt_durable::engine::OwnerId::get),
            key: task.unique.as_deref(),
            cancelled: task.cancelled,
            headers: &task.envelope.headers,
            errors: errors
                .map(|error| ErrorJson { at: rfc3339(error.at), attempt: error.attempt, text: &error.text })
                .collect(),
            body_bytes,
            body: None,
        }
    }

    pub(crate) fn whole(queue: &'t QueueName, task: &'t TaskView) -> Self {
        let body = Body::of(&task.envelope.body);
        let body_format = body.format();
        let body = match body {
            Body::Json(json) => BodyValue::Json(json),
            Body::Text(text) => BodyValue::Text(text),
            Body::Bytes(bytes) => BodyValue::Hex(body::hex(bytes)),
        };
        Self {
            body: Some(BodyJson { body_format, body }),
            ..Self::head(queue, task, task.envelope.body.len())
        }
    }
}

/// The attempts of a task: those that have begun, and those that it has, if its producer said.
pub(crate) fn attempts(task: &TaskView) -> String {
    match (task.attempt, task.attempts) {
        (attempt, Some(attempts)) => format!("{attempt}/{attempts}"),
        (attempt, None) => attempt.to_string(),
    }
}

/// What is to be said of a task in its state, in few words.
pub(crate) fn situation(task: &TaskView, now: SystemTime) -> String {
    match (task.state, task.owner, task.due_at, task.died_at) {
        (TaskState::Running, Some(owner), ..) if task.cancelled => format!("owner {owner}, cancelled"),
        (TaskState::Running, Some(owner), ..) => format!("owner {owner}"),
        (TaskState::Delayed, _, Some(due), _) if due <= now => "due".to_owned(),
        (TaskState::Delayed, _, Some(due), _) => format!("due {}", relative(due, now)),
        (TaskState::Dead, .., Some(died)) => format!("died {}", relative(died, now)),
        _ => String::new(),
    }
}

/// All that is known of a task, in lines.
pub(crate) fn describe(queue: &QueueName, task: &TaskView, now: SystemTime) -> String {
    let mut lines: Vec<(&str, String)> = Vec::new();
    let situation = match situation(task, now) {
        situation if situation.is_empty() => task.state.to_string(),
        situation => format!("{}, {situation}", task.state),
    };
    let attempts = match (attempts(task), task.crashes) {
        (attempts, 0) => attempts,
        (attempts, crashes) => format!("{attempts}, lost with its process {}", count(crashes.into(), "time")),
    };
    let moment = |time| format!("{} ({})", rfc3339(time), relative(time, now));
    let envelope = &task.envelope;
    lines.push(("id", task.id.to_string()));
    lines.push(("queue", queue.to_string()));
    lines.push(("state", situation));
    lines.push(("kind", format!("{}, version {}", clean(&envelope.kind), envelope.version)));
    lines.push(("priority", task.priority.to_string()));
    lines.push(("attempts", attempts));
    lines.push(("put", moment(task.put_at)));
    lines.extend(task.due_at.map(|due| ("due", moment(due))));
    lines.extend(task.died_at.map(|died| ("died", moment(died))));
    lines.extend(task.unique.as_ref().map(|key| ("key", clean(key))));
    lines.extend(
        envelope
            .headers
            .iter()
            .map(|(name, value)| ("header", format!("{} = {}", clean(name), clean(value)))),
    );
    for error in &task.errors {
        let text = error.text.lines().map(clean).collect::<Vec<_>>().join("\n            ");
        let at = relative(error.at, now);
        lines.push(("error", format!("attempt {}, {at}: {text}", error.attempt)));
    }
    let body = Body::of(&envelope.body);
    lines.push(("payload", format!("{}, {}", size(envelope.body.len()), body.format())));
    let mut out = String::new();
    for (name, value) in lines {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "{name:10}  {value}");
    }
    for line in body.pretty().lines() {
        let _ = writeln!(out, "  {line}");
    }
    out
}
