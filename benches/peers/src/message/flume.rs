//! flume.

use std::thread;

use flume::{Receiver, Sender, bounded, unbounded};
use pyaltt_benches::awaiting::AsyncInbox;
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{Handler, Handover, Task};
use pyaltt_benches::workload::awaited::{BATCH, SMALL};
use pyaltt_benches::workload::round_trip::by_reply;

use super::consumer::{Consumer, Sends};
use crate::runtime::Tokio;

pub(super) fn contender() -> Contender {
    let how = "flume, blocking recv on a plain thread; async code awaits send_async; a request carries a bounded(1) for its reply";
    Contender::new(Kind::Channel, "flume", "flume", how)
        .hands_over::<Flume>()
        .streams_further::<Flume>()
        .asks(|| {
            let receive = |answer: Receiver<u64>| answer.recv().expect("the thread answers");
            by_reply::<Flume, _, _>(|| bounded(1), |reply, answer| _ = reply.send(answer), receive)
        })
        .puts_async::<Tokio, _, _>(|| {
            let (sender, receiver) = bounded(BATCH);
            (Puts(sender), move || receiver.try_iter().count())
        })
        .fills_async::<Tokio, _>(|handled| {
            let (sender, receiver) = bounded(SMALL);
            thread::spawn(move || receiver.iter().for_each(|number| handled.add(number)));
            Puts(sender)
        })
}

#[derive(Clone)]
struct Puts(Sender<u64>);

impl AsyncInbox for Puts {
    async fn put(&self, number: u64) {
        self.0.send_async(number).await.expect("the thread lives");
    }
}

struct Flume;

impl Handover for Flume {
    type Inbox<T: Task, H: Handler<T>> = Consumer<Sender<T>>;

    fn start<T: Task, H: Handler<T>>(bound: Option<usize>, handler: H) -> Self::Inbox<T, H> {
        let (sender, receiver) = bound.map_or_else(unbounded, bounded);
        Consumer::start(sender, move || receiver.recv().ok(), handler)
    }
}

impl<T: Task> Sends<T> for Sender<T> {
    fn send_task(&self, task: T) {
        self.send(task).expect("the consumer lives");
    }
}
