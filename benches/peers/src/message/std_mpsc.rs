//! The channels of the standard library.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{Handler, Handover, Task};
use pyaltt_benches::workload::round_trip::by_reply;

use super::consumer::{Consumer, Sends};

pub(super) fn contender() -> Contender {
    let how = "std::sync::mpsc: channel or sync_channel, blocking recv on a plain thread; a request carries a \
               sync_channel(1) for its reply";
    Contender::new(Kind::Channel, "std-mpsc", "std mpsc", how).hands_over::<StdMpsc>().asks(|| {
        let receive = |answer: Receiver<u64>| answer.recv().expect("the thread answers");
        by_reply::<StdMpsc, _, _>(|| sync_channel(1), |reply, answer| _ = reply.send(answer), receive)
    })
}

struct StdMpsc;

/// Unbounded and bounded channels have senders of different types.
enum Either<T> {
    Unbounded(Sender<T>),
    Bounded(SyncSender<T>),
}

impl Handover for StdMpsc {
    type Inbox<T: Task, H: Handler<T>> = Consumer<Either<T>>;

    fn start<T: Task, H: Handler<T>>(bound: Option<usize>, handler: H) -> Self::Inbox<T, H> {
        let (sender, receiver) = match bound {
            None => {
                let (sender, receiver) = channel();
                (Either::Unbounded(sender), receiver)
            }
            Some(bound) => {
                let (sender, receiver) = sync_channel(bound);
                (Either::Bounded(sender), receiver)
            }
        };
        Consumer::start(sender, move || receiver.recv().ok(), handler)
    }
}

impl<T: Task> Sends<T> for Either<T> {
    fn send_task(&self, task: T) {
        match self {
            Self::Unbounded(sender) => sender.send(task),
            Self::Bounded(sender) => sender.send(task),
        }
        .expect("the consumer lives");
    }
}
