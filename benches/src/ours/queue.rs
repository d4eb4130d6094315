//! A queue worker.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use crossbeam_channel::bounded;
use pyaltt::{BackgroundQueueWorker, Context, Flow, Restart, Turn, Worker};

use super::asked;
use crate::contender::{Contender, Kind};
use crate::handover::{Handler, Handover, Inbox, Task};
use crate::measured::Measured;
use crate::workload::instructions::INSTRUCTIONS;
use crate::workload::round_trip::by_reply;
use crate::workload::stop_flag::{STOP_FLAG, stop_flag};
use crate::workload::{Ledger, Payload};

pub(super) fn contender() -> Contender {
    Contender::new(
        Kind::Ours,
        "queue-worker",
        "queue worker",
        "BackgroundQueueWorker, unbounded or bounded; a request carries a crossbeam bounded(1) for its reply, \
         and a question is ask(..) and wait(); a stop overtakes the waiting tasks and keeps them, and their drop is not measured; its stop flag is StopToken; it \
         restarts by a policy without a backoff, and takes the tasks of all its runs from one queue",
    )
    .hands_over::<QueueWorker>()
    .streams_further::<QueueWorker>()
    .asks(|| by_reply::<QueueWorker, _, _>(|| bounded(1), |reply, answer| _ = reply.send(answer), answer))
    .answers(asked::askers)
    .asks_in_vain(asked::in_vain)
    .ends_open(asked::open)
    .overtakes::<QueueWorker>()
    .does(STOP_FLAG, |count| {
        let (give, token) = bounded(1);
        let worker = pyaltt::event(move |_trigger, cx: &mut Context| _ = give.send(cx.stop_token()));
        let worker = worker.start().map_err(|error| error.to_string())?;
        worker.trigger();
        let token = token.recv().map_err(|error| error.to_string())?;
        let measured = stop_flag(count, || token.is_stopped());
        drop(worker.stop());
        measured
    })
    .restarts(|failing, turns| {
        let worker = pyaltt::queue(move |(): (), _cx| failing.turn())
            .restart(Restart::on_failure().backoff(Duration::ZERO))
            // Otherwise a line on stderr would be measured.
            .on_error(|_error| Flow::Stop)
            .build()
            .map_err(|error| error.to_string())?;
        for _ in 0..turns {
            worker.put(()).map_err(|error| error.to_string())?;
        }
        worker.start().map_err(|error| error.to_string())?;
        Ok(Box::new(worker))
    })
    .does(INSTRUCTIONS, |count| instructions(count, Restart::never()))
}

/// The same worker with a policy that has nothing to do.
pub(super) fn with_policy() -> Contender {
    let how = "BackgroundQueueWorker with Restart::on_failure(), which never fails";
    Contender::new(Kind::Ours, "queue-worker-restart", "queue worker, restart policy", how)
        .does(INSTRUCTIONS, |count| instructions(count, Restart::on_failure()))
}

fn instructions(count: usize, policy: Restart) -> Result<Measured, String> {
    let ledger = Ledger::new(1);
    let mut tally = ledger.tally(count);
    let worker = pyaltt::queue(move |task: Payload<1>, _cx| tally.take(task.check())).restart(policy);
    let worker = worker.build().map_err(|error| error.to_string())?;
    for number in 0..count {
        worker.put(Payload::new(number)).map_err(|error| error.to_string())?;
    }
    worker.start().map_err(|error| error.to_string())?;
    worker.wait().map_err(|error| error.to_string())?;
    ledger.check(count).map(|()| Measured::default())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it takes the receiver, as the same functions of other channels do"
)]
fn answer(receiver: crossbeam_channel::Receiver<u64>) -> u64 {
    receiver.recv().expect("the worker answers")
}

/// A queue worker that calls a handler.
#[derive(Clone, Copy, Debug)]
pub struct QueueWorker;

impl Handover for QueueWorker {
    type Inbox<T: Task, H: Handler<T>> = Running<T>;

    fn start<T: Task, H: Handler<T>>(bound: Option<usize>, handler: H) -> Running<T> {
        let builder = BackgroundQueueWorker::builder(Calls { handler, task: PhantomData });
        let builder = match bound {
            Some(bound) => builder.bounded(bound),
            None => builder,
        };
        Running(builder.start().expect("these options can be used, and a thread can be started"))
    }
}

/// A worker as a type, as users write one that has state.
struct Calls<T, H> {
    handler: H,
    task: PhantomData<fn(T)>,
}

impl<T: Task, H: Handler<T>> Worker for Calls<T, H> {
    type Task = T;

    fn run(&mut self, task: T, _cx: &mut Context) -> Turn {
        (self.handler)(task);
        Ok(Flow::Continue)
    }
}

/// Its handle.
pub struct Running<T>(BackgroundQueueWorker<T>);

impl<T: Task> Inbox<T> for Running<T> {
    fn put(&self, task: T) {
        self.0.put(task).unwrap_or_else(|error| panic!("{error}"));
    }

    fn stop(self) -> Option<Box<dyn Any>> {
        self.0.stop().expect("it is not stopped from within");
        Some(Box::new(self.0))
    }
}

impl<T> fmt::Debug for Running<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}
