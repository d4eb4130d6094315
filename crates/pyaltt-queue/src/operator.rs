//! What an operator asks of a store, with typed answers, and which queues a command is for.

use std::fmt;

use anyhow::{anyhow, bail};
use pyaltt_core::TaskId;
use pyaltt_durable::engine::{Admin, AdminAnswer, Engine, EngineError, QueueStats, RawPut, Requeued};
use pyaltt_durable::{Cancelled, Finding, Page, Placed, QueueName, TaskState, TaskView, Which};

/// The error that what was named is not there.
#[derive(Debug)]
pub(crate) struct Nothing(pub(crate) String);

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Nothing {}

/// A connection to a store. It is no owner, so it takes no tasks and no process knows of it.
pub(crate) struct Operator {
    engine: Box<dyn Engine>,
}

/// The queues that a command is for.
pub(crate) struct Choice {
    pub(crate) queues: Vec<QueueName>,
    /// What to say if the queue that was named is not there. It may have been, as nothing is kept of tasks that are done.
    pub(crate) missing: Option<String>,
}

impl Operator {
    pub(crate) fn new(engine: Box<dyn Engine>) -> Self {
        Self { engine }
    }

    /// The queue that was named, or else all.
    pub(crate) fn any(&mut self, named: Option<&QueueName>) -> anyhow::Result<Choice> {
        let known = self.queues()?;
        let Some(queue) = named else { return Ok(Choice { queues: known, missing: None }) };
        let missing = (!known.contains(queue)).then(|| {
            let there = list(&known);
            format!("the queue {queue:?} has no tasks, no owners and no pause; {there}")
        });
        Ok(Choice { queues: vec![queue.clone()], missing })
    }

    /// The queue that was named, or else the only one. None if there is no queue.
    pub(crate) fn only(&mut self, named: Option<&QueueName>) -> anyhow::Result<Choice> {
        let choice = self.any(named)?;
        if choice.queues.len() > 1 {
            bail!("there are several queues, so name one with --queue: {}", names(&choice.queues));
        }
        Ok(choice)
    }

    /// The queue that was named, or else the only one, for a command that cannot do without.
    pub(crate) fn one(&mut self, named: Option<&QueueName>) -> anyhow::Result<(QueueName, Option<String>)> {
        let mut choice = self.only(named)?;
        let queue = choice.queues.pop();
        let queue = queue.ok_or_else(|| anyhow!("there is no queue yet, so name one with --queue"))?;
        Ok((queue, choice.missing))
    }

    fn queues(&mut self) -> anyhow::Result<Vec<QueueName>> {
        // The names are those of the whole store, whatever queue is asked.
        let any = QueueName::new("any")?;
        match self.ask(&any, Admin::Queues)? {
            AdminAnswer::Queues(queues) => Ok(queues.iter().map(QueueName::new).collect::<Result<_, _>>()?),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn stats(&mut self, queue: &QueueName) -> anyhow::Result<QueueStats> {
        match self.ask(queue, Admin::Stats)? {
            AdminAnswer::Stats(stats) => Ok(*stats),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn list(
        &mut self,
        queue: &QueueName,
        state: Option<TaskState>,
        page: Page,
    ) -> anyhow::Result<Vec<TaskView>> {
        match self.ask(queue, Admin::List { state, page })? {
            AdminAnswer::Tasks(tasks) => Ok(tasks),
            other => Err(unexpected(&other)),
        }
    }

    /// Looks for a task in some queues.
    pub(crate) fn find(
        &mut self,
        queues: &[QueueName],
        id: TaskId,
    ) -> anyhow::Result<Option<(QueueName, TaskView)>> {
        for queue in queues {
            match self.ask(queue, Admin::Find(id))? {
                AdminAnswer::Task(Some(task)) => return Ok(Some((queue.clone(), *task))),
                AdminAnswer::Task(None) => {}
                other => return Err(unexpected(&other)),
            }
        }
        Ok(None)
    }

    /// Stores one task.
    pub(crate) fn put(&mut self, queue: &QueueName, put: RawPut) -> anyhow::Result<Placed> {
        let id = put.id;
        match self.engine.put(queue, &[put]) {
            Ok(placed) => {
                placed.into_iter().next().ok_or_else(|| anyhow!("the engine gave no answer to a put"))
            }
            Err(error @ EngineError::NoAnswer(_)) => bail!("{error}; repeat it with --id {id}"),
            Err(error) => Err(plain(error)),
        }
    }

    /// Cancels a task in the first of some queues that has it.
    pub(crate) fn cancel(&mut self, queues: &[QueueName], id: TaskId) -> anyhow::Result<Cancelled> {
        for queue in queues {
            match self.ask(queue, Admin::Cancel(id))? {
                AdminAnswer::Cancelled(Cancelled::Unknown) => {}
                AdminAnswer::Cancelled(cancelled) => return Ok(cancelled),
                other => return Err(unexpected(&other)),
            }
        }
        Ok(Cancelled::Unknown)
    }

    pub(crate) fn requeue(&mut self, queue: &QueueName, which: Which) -> anyhow::Result<Requeued> {
        match self.ask(queue, Admin::Requeue(which))? {
            AdminAnswer::Requeued(requeued) => Ok(requeued),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn purge(&mut self, queue: &QueueName, which: Which) -> anyhow::Result<u64> {
        match self.ask(queue, Admin::Purge(which))? {
            AdminAnswer::Purged(count) => Ok(count),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn set_paused(&mut self, queue: &QueueName, paused: bool) -> anyhow::Result<()> {
        match self.ask(queue, if paused { Admin::Pause } else { Admin::Resume })? {
            AdminAnswer::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn repair(&mut self, queue: &QueueName) -> anyhow::Result<u64> {
        match self.ask(queue, Admin::Repair)? {
            AdminAnswer::Repaired(count) => Ok(count),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn check(&mut self) -> anyhow::Result<Vec<Finding>> {
        self.engine.check().map_err(plain)
    }

    fn ask(&mut self, queue: &QueueName, request: Admin) -> anyhow::Result<AdminAnswer> {
        self.engine.admin(queue, request).map_err(plain)
    }
}

/// The error of an engine in the words of an operator, to whom "not stored" says nothing when nothing was to be stored.
fn plain(error: EngineError) -> anyhow::Error {
    match error {
        EngineError::NotSent(cause) | EngineError::Refused(cause) => anyhow!("{cause}"),
        other => other.into(),
    }
}

fn unexpected(answer: &AdminAnswer) -> anyhow::Error {
    anyhow!("the engine has answered something else than it was asked: {answer:?}")
}

fn list(queues: &[QueueName]) -> String {
    if queues.is_empty() { "there is no queue".to_owned() } else { format!("there are: {}", names(queues)) }
}

fn names(queues: &[QueueName]) -> String {
    queues.iter().map(QueueName::as_str).collect::<Vec<_>>().join(", ")
}
