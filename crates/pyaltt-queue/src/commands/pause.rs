//! `pause` and `resume`: for all processes.

use pyaltt_durable::QueueName;
use serde::Serialize;

use crate::operator::{Nothing, Operator};
use crate::output::reply::Reply;

#[derive(Serialize)]
struct Json<'q> {
    queue: &'q str,
    paused: bool,
}

pub(super) fn pause(
    operator: &mut Operator,
    named: Option<&QueueName>,
    is_new: bool,
) -> anyhow::Result<Reply> {
    let (queue, missing) = operator.one(named)?;
    // A slip of the pen must not leave the operator believing that nothing runs.
    if let Some(missing) = missing.filter(|_| !is_new) {
        return Err(Nothing(format!("{missing}; to pause it all the same, add --new")).into());
    }
    operator.set_paused(&queue, true)?;
    let running = operator.stats(&queue)?.running;
    let rest = if running > 0 { format!("; still running: {running}") } else { String::new() };
    Reply::new(format!("paused {queue}{rest}\n"), &Json { queue: queue.as_str(), paused: true })
}

pub(super) fn resume(operator: &mut Operator, named: Option<&QueueName>) -> anyhow::Result<Reply> {
    let (queue, missing) = operator.one(named)?;
    let was_paused = operator.stats(&queue)?.paused;
    operator.set_paused(&queue, false)?;
    let text = if was_paused { format!("resumed {queue}\n") } else { format!("{queue} was not paused\n") };
    Ok(Reply::new(text, &Json { queue: queue.as_str(), paused: false })?.missing(missing))
}
