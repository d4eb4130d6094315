//! kanal.

use kanal::{Receiver, Sender, bounded, unbounded};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{Handler, Handover, Task};
use pyaltt_benches::workload::round_trip::by_reply;

use super::consumer::{Consumer, Sends};

pub(super) fn contender() -> Contender {
    let how = "kanal, blocking recv on a plain thread; a request carries a bounded(1) for its reply";
    Contender::new(Kind::Channel, "kanal", "kanal", how)
        .hands_over::<Kanal>()
        .streams_further::<Kanal>()
        .asks(|| {
            let receive = |answer: Receiver<u64>| answer.recv().expect("the thread answers");
            by_reply::<Kanal, _, _>(|| bounded(1), |reply, answer| _ = reply.send(answer), receive)
        })
}

struct Kanal;

impl Handover for Kanal {
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
