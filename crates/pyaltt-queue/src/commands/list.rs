//! `list` and `dead list`: tasks in the order of their ids, which is that of their puts.

use pyaltt_core::{Priority, TaskId};
use pyaltt_durable::{Page, QueueName, TaskState, TaskView};
use serde::Serialize;

use crate::args::{ListArgs, PageArgs};
use crate::operator::Operator;
use crate::output::body::Start;
use crate::output::reply::Reply;
use crate::output::table::{Column, Table};
use crate::output::task::{TaskJson, attempts, situation};
use crate::output::terminal;
use crate::output::text::{count, short};
use crate::output::time::{now, relative};

/// How many tasks are read at once. Their payloads can be large, and only the beginning of each is kept.
const CHUNK: u32 = 25;

#[derive(Serialize)]
struct Json<'t> {
    queue: Option<&'t str>,
    tasks: Vec<TaskJson<'t>>,
    /// What to give to `--after` for the next page; none if this is the last.
    next: Option<String>,
}

/// A task without its payload, and the beginning of that.
struct Row {
    task: TaskView,
    body: Start,
}

pub(super) fn run(
    operator: &mut Operator,
    named: Option<&QueueName>,
    args: &ListArgs,
) -> anyhow::Result<Reply> {
    list(operator, named, args.state.map(crate::args::State::task_state), args.page)
}

pub(super) fn dead(
    operator: &mut Operator,
    named: Option<&QueueName>,
    page: PageArgs,
) -> anyhow::Result<Reply> {
    list(operator, named, Some(TaskState::Dead), page)
}

fn list(
    operator: &mut Operator,
    named: Option<&QueueName>,
    state: Option<TaskState>,
    page: PageArgs,
) -> anyhow::Result<Reply> {
    let choice = operator.only(named)?;
    let queue = choice.queues.first();
    let (rows, next) = match queue {
        Some(queue) => read(operator, queue, state, page)?,
        None => (Vec::new(), None),
    };
    let tasks = queue.map(|queue| rows.iter().map(|row| row.json(queue)).collect());
    let json = Json {
        queue: queue.map(QueueName::as_str),
        tasks: tasks.unwrap_or_default(),
        next: next.map(|next| next.to_string()),
    };
    Ok(Reply::new(text(&rows, state, next), &json)?.missing(choice.missing))
}

/// Reads a page, and tells where the next one begins.
fn read(
    operator: &mut Operator,
    queue: &QueueName,
    state: Option<TaskState>,
    page: PageArgs,
) -> anyhow::Result<(Vec<Row>, Option<TaskId>)> {
    let most = usize::try_from(page.limit)?;
    let (mut rows, mut after) = (Vec::new(), page.after);
    // One more than is shown tells whether there is another page.
    while rows.len() <= most {
        let limit = page.limit.saturating_add(1).min(CHUNK);
        let tasks = operator.list(queue, state, Page { after, limit })?;
        let is_last = tasks.len() < usize::try_from(limit)?;
        after = tasks.last().map(|task| task.id).or(after);
        rows.extend(tasks.into_iter().map(Row::of));
        if is_last {
            break;
        }
    }
    let has_more = rows.len() > most;
    rows.truncate(most);
    let next = if has_more { rows.last().map(|row| row.task.id).or(page.after) } else { None };
    Ok((rows, next))
}

impl Row {
    fn of(mut task: TaskView) -> Self {
        Self { body: Start::of(std::mem::take(&mut task.envelope.body)), task }
    }

    fn json<'t>(&'t self, queue: &'t QueueName) -> TaskJson<'t> {
        TaskJson::head(queue, &self.task, self.body.size)
    }
}

fn text(rows: &[Row], state: Option<TaskState>, next: Option<TaskId>) -> String {
    if rows.is_empty() {
        return "no tasks\n".to_owned();
    }
    let is_dead = state == Some(TaskState::Dead);
    let mut table = Table::new([
        Column::Left("ID"),
        Column::Left("STATE"),
        Column::Left("KIND"),
        Column::Left("PRIORITY"),
        Column::Right("ATTEMPT"),
        Column::Left("PUT"),
        Column::Left("NOTE"),
    ]);
    let now = now();
    for Row { task, .. } in rows {
        let is_usual = task.priority == Priority::Normal;
        table.row([
            task.id.to_string(),
            if state.is_some() { String::new() } else { task.state.to_string() },
            short(&task.envelope.kind, 24),
            if is_usual { String::new() } else { task.priority.to_string() },
            attempts(task),
            if is_dead { String::new() } else { relative(task.put_at, now) },
            situation(task, now),
        ]);
    }
    let last = |Row { task, body }: &Row, width| match task.errors.last() {
        Some(error) if is_dead => short(&error.text, width),
        _ if is_dead => String::new(),
        _ => body.line(width),
    };
    let title = if is_dead { "ERROR" } else { "PAYLOAD" };
    table.last_column(title, terminal::width(), |row, width| last(&rows[row], width));
    let shown = count(rows.len() as u64, "task");
    let more = next.map_or_else(String::new, |next| format!(", and there are more: --after {next}"));
    format!("{}{shown}{more}\n", table.render())
}
