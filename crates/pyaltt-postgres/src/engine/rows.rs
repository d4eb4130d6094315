//! Tasks as they are stored.

use std::time::SystemTime;

use postgres::Row;
use pyaltt_core::{Lease, TaskId};
use pyaltt_durable::Envelope;
use pyaltt_durable::engine::stored::{errors_of, headers_of, priority, state};
use pyaltt_durable::engine::{OwnerId, RawTask, TaskView};
use uuid::Uuid;

/// The columns that [`view`] reads.
pub(super) const VIEW: &str = "id, state, prio, attempts, max, crashes, put_at, due, died_at, owner, ukey, cancelled, \
                               errors::text, kind, version, headers::text, body";

pub(super) fn view(row: &Row) -> TaskView {
    let mut envelope = Envelope::new(row.get::<_, String>(13), small(row.get(14)), row.get::<_, Vec<u8>>(16));
    envelope.headers = headers_of(row.get(15));
    let mut view = TaskView::new(task_id(row.get(0)), state(row.get::<_, i16>(1).into()), envelope);
    view.priority = priority(row.get::<_, i16>(2).into());
    view.attempt = small(row.get::<_, i32>(3).into());
    view.attempts = row.get::<_, Option<i64>>(4).map(small);
    view.crashes = small(row.get::<_, i32>(5).into());
    view.put_at = row.get(6);
    view.due_at = row.get(7);
    view.died_at = row.get(8);
    view.owner = row.get::<_, Option<i64>>(9).map(OwnerId::new);
    view.unique = row.get(10);
    view.cancelled = row.get(11);
    view.errors = errors_of(row.get(12));
    view
}

/// A task that a round lends, of the columns of its rows.
pub(super) fn lent(row: &Row, kind: &str) -> RawTask {
    let mut envelope = Envelope::new(kind, small(row.get(9)), row.get::<_, Vec<u8>>(12));
    envelope.headers = headers_of(row.get(11));
    let mut task = RawTask::new(Lease::new(row.get(1), row.get(2)), task_id(row.get(3)), envelope);
    task.priority = priority(row.get::<_, i16>(4).into());
    task.attempt = small(row.get::<_, i32>(6).into());
    task.attempts = row.get::<_, Option<i64>>(7).map(small);
    task.crashes = small(row.get::<_, i32>(8).into());
    task.put_at = row.get::<_, SystemTime>(10);
    task
}

pub(super) fn task_id(id: Uuid) -> TaskId {
    TaskId::from_bytes(id.into_bytes())
}

pub(super) fn uuid(id: TaskId) -> Uuid {
    Uuid::from_bytes(id.to_bytes())
}

/// A number that was one of ours before it was stored.
pub(super) fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX })
}

/// A text without what the database cannot store.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
