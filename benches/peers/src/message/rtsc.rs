//! rtsc: the channel of the `RoboPLC` project.

use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{Handler, Handover, Task};
use pyaltt_benches::workload::round_trip::by_reply;
use rtsc::channel::{Bounded, DefaultReceiver, DefaultSender};

use super::consumer::{Consumer, Sends};

pub(super) fn contender() -> Contender {
    let how = "rtsc::channel with its parking_lot locks, blocking recv on a plain thread; a request carries a channel \
               of one for its reply";
    Contender::new(Kind::Channel, "rtsc", "rtsc channel", how).hands_over::<Rtsc>().asks(|| {
        let receive = |answer: DefaultReceiver<u64>| answer.recv().expect("the thread answers");
        by_reply::<Rtsc, _, _>(|| channel(1), |reply, answer| _ = reply.send(answer), receive)
    })
}

fn channel<T>(bound: usize) -> (DefaultSender<T>, DefaultReceiver<T>) {
    let Bounded { tx, rx } = Bounded::new(bound);
    (tx, rx)
}

struct Rtsc;

impl Handover for Rtsc {
    type Inbox<T: Task, H: Handler<T>> = Consumer<DefaultSender<T>>;

    const NOT_UNBOUNDED: Option<&'static str> = Some("its channels always have a bound");

    fn start<T: Task, H: Handler<T>>(bound: Option<usize>, handler: H) -> Self::Inbox<T, H> {
        let (sender, receiver) = channel(bound.expect("it is asked for a bound"));
        Consumer::start(sender, move || receiver.recv().ok(), handler)
    }
}

impl<T: Task> Sends<T> for DefaultSender<T> {
    fn send_task(&self, task: T) {
        assert!(self.send(task).is_ok(), "the consumer lives");
    }
}
