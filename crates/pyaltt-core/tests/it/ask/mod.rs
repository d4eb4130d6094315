//! Questions to workers, by subject. A test whose name begins with `a` and a number shows that case of the list of cases
//! that libraries of this kind got wrong.
//!
//! Nothing here waits for a while: a clerk is held in its turn until the test lets it go on, and who is to wait is seen
//! asleep before anything happens to it.

mod answers;
mod ends;
mod factories;
mod futures;
mod many;
mod outside;
mod queued;
mod readers;
mod rings;

use std::thread::JoinHandle;
use std::time::Duration;

use pyaltt_core::{
    AskError, BackgroundQueueWorker, BoxError, Context, Flow, QueueBuilder, Reply, ReplyTo, Turn, Worker,
};
use testkit::os_thread::spawn_asleep;
use testkit::{EXPECTED, Turnstile};

/// A fuse, and a time that does not pass.
const LONG: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_millis(1);

/// What a clerk does with a question.
enum Task {
    /// It answers with the number of the run.
    Answer(ReplyTo<u64>),
    /// It passes the turnstile, and answers.
    Hold(ReplyTo<u64>),
    /// It passes the turnstile, and does this.
    HoldAnd(ReplyTo<u64>, fn(ReplyTo<u64>) -> Turn),
    /// It keeps the question in a field.
    Keep(ReplyTo<u64>),
    /// It answers what it has kept.
    AnswerKept,
    /// It drops the question.
    Forget(ReplyTo<u64>),
    /// It fails. There is nobody to answer.
    Fail,
}

#[derive(Default)]
struct Clerk {
    turnstile: Turnstile,
    kept: Vec<ReplyTo<u64>>,
}

impl Worker for Clerk {
    type Task = Task;

    fn run(&mut self, task: Task, cx: &mut Context) -> Turn {
        match task {
            Task::Answer(to) => _ = to.send(cx.run_number()),
            Task::Hold(to) => {
                self.turnstile.pass();
                _ = to.send(cx.run_number());
            }
            Task::HoldAnd(to, act) => {
                self.turnstile.pass();
                return act(to);
            }
            Task::Keep(to) => self.kept.push(to),
            Task::AnswerKept => {
                for to in self.kept.drain(..) {
                    _ = to.send(cx.run_number());
                }
            }
            Task::Forget(to) => drop(to),
            Task::Fail => return Err("no stamps".into()),
        }
        Ok(Flow::Continue)
    }
}

/// The ways a turn can end, with its question in hand.
fn fails(_to: ReplyTo<u64>) -> Turn {
    Err("no stamps".into())
}

#[expect(clippy::unnecessary_wraps, reason = "one of several turns")]
fn finishes(_to: ReplyTo<u64>) -> Turn {
    Ok(Flow::Stop)
}

fn panics(_to: ReplyTo<u64>) -> Turn {
    panic!("{EXPECTED}no stamps")
}

/// A clerk, and what holds it.
type Clerks = fn() -> (QueueBuilder<Task>, Turnstile);

/// One that lasts for all runs, and one that is made for each.
const CLERKS: [Clerks; 2] = [clerk, new_clerk];

fn clerk() -> (QueueBuilder<Task>, Turnstile) {
    let clerk = Clerk::default();
    let turnstile = clerk.turnstile.clone();
    (BackgroundQueueWorker::builder(clerk).name("clerk"), turnstile)
}

fn new_clerk() -> (QueueBuilder<Task>, Turnstile) {
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let make = move || Clerk { turnstile: pass.clone(), kept: Vec::new() };
    (BackgroundQueueWorker::factory(make).name("clerk"), turnstile)
}

fn started() -> (BackgroundQueueWorker<Task>, Turnstile) {
    let (builder, turnstile) = clerk();
    (builder.start().unwrap(), turnstile)
}

type Answer = Result<u64, AskError>;

/// Waits on a thread of its own, which is asleep when this returns.
fn wait_asleep(reply: Reply<u64>) -> JoinHandle<Answer> {
    spawn_asleep(move || reply.wait())
}

/// The name of an error, with what there is to know of it.
#[track_caller]
fn kind<R>(answer: Result<R, AskError>) -> String {
    let Err(error) = answer else { return "an answer".to_owned() };
    let name = match &error {
        AskError::NoReply { .. } => "no reply".to_owned(),
        AskError::Panicked { .. } => "panicked".to_owned(),
        AskError::Ended { exit, .. } => format!("ended, {}", exit.reason),
        AskError::Timeout { .. } => "timeout".to_owned(),
        AskError::Stopping { .. } => "stopping".to_owned(),
        AskError::FromWorker { .. } => "from worker".to_owned(),
        error => panic!("{error}"),
    };
    let text = error.to_string();
    assert_eq!(format!("{error:?}"), text);
    assert!(text.contains(&format!("{:?}", error.worker())) != error.worker().is_empty(), "{text}");
    name
}

/// A worker of closures that may return any error.
fn asks<T: Send + 'static>(
    mut turn: impl FnMut(T, &mut Context) -> Result<(), BoxError> + Send + 'static,
) -> QueueBuilder<T> {
    pyaltt_core::queue(move |task: T, cx: &mut Context| turn(task, cx)).name("asker")
}
