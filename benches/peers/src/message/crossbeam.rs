//! crossbeam-channel: the yardstick of throughput.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, never, unbounded};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{Handler, Handover, Inbox, Task};
use pyaltt_benches::measured::Measured;
use pyaltt_benches::workload::backlog::STOP_WITH_BACKLOG;
use pyaltt_benches::workload::instructions::INSTRUCTIONS;
use pyaltt_benches::workload::round_trip::by_reply;
use pyaltt_benches::workload::stop_flag::{STOP_FLAG, stop_flag};
use pyaltt_benches::workload::{Ledger, Payload};

use super::consumer::{Consumer, Sends};

/// With a place for each answer that takes a single one.
pub(super) fn with_oneshot() -> Contender {
    let how = "crossbeam-channel, and a channel of the crate oneshot for each reply";
    Contender::new(Kind::Channel, "crossbeam-oneshot", "crossbeam + oneshot", how).asks_in_vain(|| {
        let (sender, receiver) = unbounded::<(u64, oneshot::Sender<u64>)>();
        let ask = move |question| {
            let (reply, answer) = oneshot::channel();
            sender.send((question, reply)).expect("the receiver lives");
            drop(answer);
        };
        (ask, move || receiver.try_iter().count())
    })
}

pub(super) fn contender() -> Contender {
    let how = "crossbeam-channel, blocking recv on a plain thread; a request carries a bounded(1) for its reply, \
               which an asker of the cases of asks makes once; its check for a stop is a try_recv on a control channel; its instructions are those of a try_recv loop";
    Contender::new(Kind::Channel, "crossbeam", "crossbeam channel", how)
        .hands_over::<Crossbeam>()
        .streams_further::<Crossbeam>()
        .asks(|| {
            let receive = |answer: Receiver<u64>| answer.recv().expect("the thread answers");
            by_reply::<Crossbeam, _, _>(|| bounded(1), |reply, answer| _ = reply.send(answer), receive)
        })
        .answers(|| {
            let (sender, receiver) = unbounded::<(u64, Sender<u64>)>();
            thread::spawn(move || receiver.iter().for_each(|(question, reply)| _ = reply.send(question + 1)));
            move || {
                let ((reply, answer), sender) = (bounded(1), sender.clone());
                move |question| {
                    sender.send((question, reply.clone())).expect("the thread lives");
                    answer.recv().expect("the thread answers")
                }
            }
        })
        .not(
            STOP_WITH_BACKLOG,
            "a receiver that waits only for tasks does not notice a stop; see recv + flag",
        )
        .does(STOP_FLAG, |count| {
            let (_stop, stopped) = bounded::<()>(1);
            stop_flag(count, || stopped.try_recv() != Err(TryRecvError::Empty))
        })
        .does(INSTRUCTIONS, instructions)
}

struct Crossbeam;

impl Handover for Crossbeam {
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

/// All tasks are put before the thread that takes them begins.
fn instructions(count: usize) -> Result<Measured, String> {
    let ledger = Ledger::new(1);
    let mut tally = ledger.tally(count);
    let (sender, receiver) = unbounded();
    for number in 0..count {
        sender.send(Payload::<1>::new(number)).map_err(|error| error.to_string())?;
    }
    let taker = thread::spawn(move || {
        while let Ok(task) = receiver.try_recv() {
            tally.take(task.check());
        }
    });
    taker.join().map_err(|_| "the consumer panicked")?;
    ledger.check(count).map(|()| Measured::default())
}

/// The usual loop over tasks and control.
pub(super) fn select() -> Contender {
    let how = "crossbeam-channel: select! over a channel of tasks and one of control, on a plain thread";
    Contender::new(Kind::Channel, "crossbeam-select", "crossbeam select!", how).hands_over::<Select>()
}

struct Select;

impl Handover for Select {
    type Inbox<T: Task, H: Handler<T>> = Consumer<Sender<T>>;

    fn start<T: Task, H: Handler<T>>(bound: Option<usize>, handler: H) -> Self::Inbox<T, H> {
        let (sender, receiver) = bound.map_or_else(unbounded, bounded);
        let control = never::<()>();
        let receive = move || {
            crossbeam_channel::select! {
                recv(receiver) -> task => task.ok(),
                recv(control) -> _ => None,
            }
        };
        Consumer::start(sender, receive, handler)
    }
}

/// A worker written by hand.
pub(super) fn with_flag() -> Contender {
    let how = "crossbeam-channel on a plain thread that looks at an AtomicBool after every recv; its stop drops the \
               tasks that wait";
    Contender::new(Kind::Channel, "crossbeam-flag", "crossbeam recv + flag", how).overtakes::<Flagged>()
}

struct Flagged;

struct FlaggedConsumer<T> {
    sender: Sender<T>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Handover for Flagged {
    type Inbox<T: Task, H: Handler<T>> = FlaggedConsumer<T>;

    fn start<T: Task, H: Handler<T>>(bound: Option<usize>, mut handler: H) -> Self::Inbox<T, H> {
        let (sender, receiver) = bound.map_or_else(unbounded, bounded);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while let Ok(task) = receiver.recv() {
                if stopped.load(Ordering::Acquire) {
                    return;
                }
                handler(task);
            }
        });
        FlaggedConsumer { sender, stop, thread }
    }
}

impl<T: Task> Inbox<T> for FlaggedConsumer<T> {
    fn put(&self, task: T) {
        self.sender.send_task(task);
    }

    fn stop(self) -> Option<Box<dyn Any>> {
        self.stop.store(true, Ordering::Release);
        drop(self.sender);
        self.thread.join().expect("the consumer does not panic");
        None
    }
}
