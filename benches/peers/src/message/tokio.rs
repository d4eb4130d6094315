//! tokio's mpsc between plain threads, and for async code.

use std::{iter, thread};

use pyaltt_benches::awaiting::{AsyncAsker, AsyncInbox};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{Handler, Handover, Task};
use pyaltt_benches::workload::awaited::{BATCH, SMALL};
use pyaltt_benches::workload::open_asks::OpenAsks;
use pyaltt_benches::workload::round_trip::by_reply;
use pyaltt_benches::workload::stop_flag::{STOP_FLAG, stop_flag};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::consumer::{Consumer, Sends};
use crate::runtime::{RUNTIME, Tokio};

pub(super) fn contender() -> Contender {
    let how = "tokio::sync::mpsc, blocking_send, and blocking_recv on a plain thread; a request carries a oneshot for \
               its reply; its check for a stop is CancellationToken::is_cancelled";
    Contender::new(Kind::Channel, "tokio-mpsc", "tokio mpsc", how)
        .hands_over::<Mpsc>()
        .asks(|| {
            let receive =
                |answer: oneshot::Receiver<u64>| answer.blocking_recv().expect("the thread answers");
            by_reply::<Mpsc, _, _>(oneshot::channel, |reply, answer| _ = reply.send(answer), receive)
        })
        .answers(|| {
            let sender = answering();
            move || {
                let sender = sender.clone();
                move |question| {
                    let (reply, answer) = oneshot::channel();
                    sender.send((question, reply)).expect("the thread lives");
                    answer.blocking_recv().expect("the thread answers")
                }
            }
        })
        .asks_in_vain(|| {
            let (sender, mut receiver) = mpsc::unbounded_channel::<Question>();
            let ask = move |question| {
                let (reply, answer) = oneshot::channel();
                sender.send((question, reply)).expect("the receiver lives");
                drop(answer);
            };
            (ask, move || iter::from_fn(|| receiver.try_recv().ok()).count())
        })
        .ends_open(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            let (end, is_over) = oneshot::channel();
            thread::spawn(move || {
                let _ = is_over.blocking_recv();
                drop(receiver);
            });
            Open { sender, end: Some(end) }
        })
        .answers_async::<Tokio, _>(|| async { Async(answering()) })
        .puts_async::<Tokio, _, _>(|| {
            let (sender, mut receiver) = mpsc::channel(BATCH);
            (Puts(sender), move || iter::from_fn(|| receiver.try_recv().ok()).count())
        })
        .fills_async::<Tokio, _>(|handled| {
            let (sender, mut receiver) = mpsc::channel(SMALL);
            thread::spawn(move || {
                while let Some(number) = receiver.blocking_recv() {
                    handled.add(number);
                }
            });
            Puts(sender)
        })
        .does(STOP_FLAG, |count| {
            let token = CancellationToken::new();
            stop_flag(count, || token.is_cancelled())
        })
}

/// Between the tasks of a runtime.
pub(super) fn tasks() -> Contender {
    let how = "tokio::sync::mpsc and a oneshot for each reply, as tokio's guide shows; the other side is a task of the same \
               runtime, not a thread";
    Contender::new(Kind::Channel, "tokio-tasks", "tokio mpsc, a task", how)
        .answers_async::<Tokio, _>(|| async {
            let (sender, mut receiver) = mpsc::unbounded_channel::<Question>();
            ::tokio::spawn(async move {
                while let Some((question, reply)) = receiver.recv().await {
                    let _ = reply.send(question + 1);
                }
            });
            Async(sender)
        })
        .fills_async::<Tokio, _>(|handled| {
            let (sender, mut receiver) = mpsc::channel(SMALL);
            RUNTIME.spawn(async move {
                while let Some(number) = receiver.recv().await {
                    handled.add(number);
                }
            });
            Puts(sender)
        })
}

/// A question, and where its answer goes.
type Question = (u64, oneshot::Sender<u64>);

/// A plain thread that answers.
fn answering() -> mpsc::UnboundedSender<Question> {
    let (sender, mut receiver) = mpsc::unbounded_channel::<Question>();
    thread::spawn(move || {
        while let Some((question, reply)) = receiver.blocking_recv() {
            let _ = reply.send(question + 1);
        }
    });
    sender
}

struct Open {
    sender: mpsc::UnboundedSender<Question>,
    end: Option<oneshot::Sender<()>>,
}

impl OpenAsks for Open {
    type Reply = oneshot::Receiver<u64>;

    fn ask(&self, question: u64) -> oneshot::Receiver<u64> {
        let (reply, answer) = oneshot::channel();
        self.sender.send((question, reply)).expect("the other side lives");
        answer
    }

    fn end(&mut self) {
        self.end = None;
    }

    fn is_end(output: &Result<u64, oneshot::error::RecvError>) -> bool {
        output.is_err()
    }
}

struct Async(mpsc::UnboundedSender<Question>);

impl AsyncAsker for Async {
    async fn ask(&mut self, question: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        self.0.send((question, reply)).expect("the other side lives");
        answer.await.expect("the other side answers")
    }
}

#[derive(Clone)]
struct Puts(mpsc::Sender<u64>);

impl AsyncInbox for Puts {
    async fn put(&self, number: u64) {
        self.0.send(number).await.expect("the other side lives");
    }
}

struct Mpsc;

/// Unbounded and bounded channels have senders of different types.
enum Sender<T> {
    Unbounded(mpsc::UnboundedSender<T>),
    Bounded(mpsc::Sender<T>),
}

impl Handover for Mpsc {
    type Inbox<T: Task, H: Handler<T>> = Consumer<Sender<T>>;

    fn start<T: Task, H: Handler<T>>(bound: Option<usize>, handler: H) -> Self::Inbox<T, H> {
        match bound {
            None => {
                let (sender, mut receiver) = mpsc::unbounded_channel();
                Consumer::start(Sender::Unbounded(sender), move || receiver.blocking_recv(), handler)
            }
            Some(bound) => {
                let (sender, mut receiver) = mpsc::channel(bound);
                Consumer::start(Sender::Bounded(sender), move || receiver.blocking_recv(), handler)
            }
        }
    }
}

impl<T: Task> Sends<T> for Sender<T> {
    fn send_task(&self, task: T) {
        let sent = match self {
            Self::Unbounded(sender) => sender.send(task),
            Self::Bounded(sender) => sender.blocking_send(task),
        };
        assert!(sent.is_ok(), "the consumer lives");
    }
}
