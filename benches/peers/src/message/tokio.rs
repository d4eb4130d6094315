//! tokio's mpsc between plain threads.

use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{Handler, Handover, Task};
use pyaltt_benches::workload::round_trip::by_reply;
use pyaltt_benches::workload::stop_flag::{STOP_FLAG, stop_flag};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::consumer::{Consumer, Sends};

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
        .does(STOP_FLAG, |count| {
            let token = CancellationToken::new();
            stop_flag(count, || token.is_cancelled())
        })
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
