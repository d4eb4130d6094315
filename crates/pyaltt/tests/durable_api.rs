//! The names and signatures of durable queues that users rely on, by the one dependency that they have.
#![cfg(feature = "sqlite")]

use std::time::{Duration, SystemTime};

use pyaltt::durable::engine::{Bell, Engine};
use pyaltt::durable::{
    Cancelled, Dead, DeadTask, DurableBuilder, EngineHealth, ErrorEntry, Finding, OwnerView, Page,
    QueueError, QueueErrorKind, QueueName, QueueStats, TaskState, TaskView, Verdict, Which,
};
use pyaltt::sqlite::{SqliteBuilder, SqliteError};
use pyaltt::{BoxError, Durable, Placed, Priority, Put, PutError, Queue, Retry, Sqlite, TaskId, TaskInfo};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Letter {
    to: String,
}

fn letter(to: &str) -> Letter {
    Letter { to: to.into() }
}

fn builder(folder: &tempfile::TempDir) -> Result<DurableBuilder, SqliteError> {
    let file: SqliteBuilder = Sqlite::builder(folder.path().join("tasks.db")).io_timeout(30 * SECOND);
    let file: Sqlite = file.open()?;
    let retry = Retry::exponential(SECOND).max_delay(3600 * SECOND).jitter(0.25).factor(2.0).attempts(5);
    let retry =
        retry.when(|_error, task: &TaskInfo| if task.attempt > 1 { Verdict::Dead } else { Verdict::Retry });
    Ok(file
        .queue("mail")
        .retry(retry)
        .lease(30 * SECOND)
        .fair_share(16)
        .kind("letter")
        .version(2)
        .upgrade(|_version, json| Ok(json))
        .require_durable(true))
}

#[test]
fn a_queue_and_its_puts() -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let mail: Durable<Letter> = builder(&folder)?.build()?;
    let id: TaskId = mail.put(letter("Ann"))?;
    let many: Result<Vec<TaskId>, PutError<Vec<Letter>>> = mail.put_many(vec![letter("Bert")]);
    let how = Put::new()
        .delay(SECOND)
        .at(SystemTime::UNIX_EPOCH)
        .priority(Priority::High)
        .unique("Cleo")
        .replace()
        .attempts(3)
        .header("trace", "7")
        .patience(SECOND);
    let placed: Placed = mail.put_with(letter("Cleo"), how)?;
    assert!(matches!(placed, Placed::New(_)));
    let view: Option<TaskView> = mail.find(id)?;
    assert_eq!(view.map(|view| (view.state, view.attempt)), Some((TaskState::Ready, 0)));
    assert_eq!(mail.cancel(many?[0])?, Cancelled::Removed);

    let queue: Queue<Letter> = mail.clone().into();
    let postman =
        pyaltt::queue(|_: Letter, cx| cx.task().map(|task| task.id).ok_or("a durable task").map(drop))
            .queue(queue)
            .start()?;
    assert_eq!(postman.drain()?.turns, 2);
    Ok(())
}

#[test]
fn what_an_operator_asks() -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let mail: Durable<Letter> = builder(&folder)?.retry(Retry::none()).build()?;
    mail.pause()?;
    let stats: QueueStats = mail.stats()?;
    let _: (&Vec<OwnerView>, &EngineHealth, [u64; 4]) = (&stats.owners, &stats.engine, stats.ready);
    assert!(stats.paused);
    mail.resume()?;
    let findings: Vec<Finding> = mail.check()?;
    assert!(findings.is_empty(), "{findings:?}");

    mail.put(letter("nowhere"))?;
    let postman = pyaltt::queue(|_: Letter, _| Err::<(), _>(pyaltt::give_up("no such address")));
    postman.queue(mail.clone()).start()?.drain()?;
    let dead: Dead<Letter> = mail.dead();
    let listed: Vec<DeadTask<Letter>> = dead.list(Page::default())?;
    let errors: &[ErrorEntry] = &listed[0].errors;
    assert_eq!(
        (&*errors[0].text, listed[0].task.as_ref().ok()),
        ("no such address", Some(&letter("nowhere")))
    );
    let requeued: u64 = dead.requeue(Which::Id(listed[0].info.id))?;
    assert_eq!((requeued, dead.purge(Which::All)?), (1, 0));

    let error: QueueError = builder(&folder)?.lease(Duration::ZERO).build::<Letter>().unwrap_err();
    assert_eq!(error.kind(), QueueErrorKind::Invalid);
    Ok(())
}

/// The words of an engine are there for those who write one.
fn _engine(engine: &mut dyn Engine, _: &dyn Bell) -> Result<(), BoxError> {
    engine.put(&QueueName::new("mail")?, &[])?;
    Ok(())
}
