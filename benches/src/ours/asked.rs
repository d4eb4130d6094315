//! A queue worker that is asked, and one into which async code puts.

use std::convert::Infallible;
use std::thread;

use crossbeam_channel::{Sender, bounded};
use pyaltt::{AskError, BackgroundQueueWorker, Queue, Reply, ReplyTo};

use crate::awaiting::{AsyncAsker, AsyncInbox, Runtime};
use crate::contender::{Contender, Kind};
use crate::workload::awaited::{BATCH, Handled, SMALL};
use crate::workload::open_asks::OpenAsks;

type Asked = BackgroundQueueWorker<(u64, ReplyTo<u64>)>;

/// A worker that answers with the next number.
fn start() -> Asked {
    let worker = pyaltt::queue(|(question, to): (u64, ReplyTo<u64>), _cx| _ = to.send(question + 1));
    worker.start().expect("a thread can be started")
}

/// Makes askers that are plain threads.
pub(super) fn askers() -> impl Fn() -> Box<dyn FnMut(u64) -> u64 + Send> {
    let worker = start();
    move || {
        let worker = worker.clone();
        Box::new(move |question| {
            let reply = worker.ask(|to| (question, to)).expect("the worker lives");
            reply.wait().expect("the worker answers")
        })
    }
}

/// A worker that is busy with its first task until the sender is dropped.
fn busy<T: Send + 'static>(first: impl FnOnce(&BackgroundQueueWorker<T>)) -> Busy<T> {
    let (end, is_over) = bounded::<Infallible>(0);
    // Whatever is taken waits for the end, and there is a single turn before that.
    let worker = pyaltt::queue(move |_task: T, _cx| _ = is_over.recv());
    let worker = worker.start().expect("a thread can be started");
    first(&worker);
    while !worker.is_empty() {
        thread::yield_now();
    }
    Busy { worker, end }
}

struct Busy<T: Send + 'static> {
    worker: BackgroundQueueWorker<T>,
    end: Sender<Infallible>,
}

fn busy_and_asked() -> Busy<(u64, ReplyTo<u64>)> {
    busy(|worker| worker.ask(|to| (0, to)).expect("the worker lives").detach())
}

/// Asks, and drops the replies.
pub(super) fn in_vain() -> (impl FnMut(u64), impl FnMut() -> usize) {
    let Busy { worker, end } = busy_and_asked();
    let empties = worker.clone();
    let ask = move |question| drop(worker.ask(|to| (question, to)).expect("the worker lives"));
    (ask, move || {
        let _busy = &end;
        empties.take_pending().len()
    })
}

/// The put alone, of a task that is as large.
pub(super) fn put() -> Contender {
    let how = "put of a task that is as large as a question, to a BackgroundQueueWorker that is busy";
    Contender::new(Kind::Ours, "queue-put", "queue worker, put", how).asks_in_vain(|| {
        let Busy { worker, end } = busy(|worker| worker.put((0, 0)).expect("the worker lives"));
        let empties = worker.clone();
        let put = move |number| worker.put((number, number)).expect("the worker lives");
        (put, move || {
            let _busy = &end;
            empties.take_pending().len()
        })
    })
}

/// Questions that are open when their worker ends.
pub(super) struct Open {
    worker: Asked,
    end: Option<Sender<Infallible>>,
}

pub(super) fn open() -> Open {
    let Busy { worker, end } = busy_and_asked();
    Open { worker, end: Some(end) }
}

impl OpenAsks for Open {
    type Reply = Reply<u64>;

    fn ask(&self, question: u64) -> Reply<u64> {
        self.worker.ask(|to| (question, to)).expect("the worker lives")
    }

    fn end(&mut self) {
        self.worker.signal_stop();
        self.end = None;
    }

    fn is_end(output: &Result<u64, AskError>) -> bool {
        matches!(output, Err(AskError::Ended { .. }))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Nobody is to be warned of them.
        drop(self.worker.take_pending());
    }
}

/// A worker that is used from a runtime.
pub(super) fn contender<R: Runtime>() -> Contender {
    let how = "BackgroundQueueWorker in a program with tokio: ask_async(..).await and .await of the reply; put_async(..).await. \
               Where nobody takes, a Queue without a worker";
    Contender::new(Kind::Ours, "queue-worker-async", "queue worker, async", how)
        .answers_async::<R, _>(|| async { Async(start()) })
        .puts_async::<R, _, _>(|| {
            let queue = Queue::bounded(BATCH).expect("this is a good bound");
            let taken = queue.clone();
            (Puts(queue), move || taken.take_pending().len())
        })
        .fills_async::<R, _>(|handled| Filled(filled(handled)))
}

/// The same put by a call that never waits.
pub(super) fn try_put<R: Runtime>() -> Contender {
    let how = "Queue::try_put, which is no future";
    Contender::new(Kind::Ours, "queue-try-put", "queue, try_put", how).puts_async::<R, _, _>(|| {
        let queue = Queue::bounded(BATCH).expect("this is a good bound");
        let taken = queue.clone();
        (Tries(queue), move || taken.take_pending().len())
    })
}

fn filled(handled: Handled) -> BackgroundQueueWorker<u64> {
    let worker = pyaltt::queue(move |number, _cx| handled.add(number)).bounded(SMALL);
    worker.start().expect("a thread can be started")
}

struct Async(Asked);

impl AsyncAsker for Async {
    async fn ask(&mut self, question: u64) -> u64 {
        let reply = self.0.ask_async(|to| (question, to)).await.expect("the worker lives");
        reply.await.expect("the worker answers")
    }
}

#[derive(Clone)]
struct Puts(Queue<u64>);

impl AsyncInbox for Puts {
    async fn put(&self, number: u64) {
        self.0.put_async(number).await.expect("the queue is open");
    }
}

#[derive(Clone)]
struct Tries(Queue<u64>);

impl AsyncInbox for Tries {
    async fn put(&self, number: u64) {
        self.0.try_put(number).expect("there is room");
    }
}

#[derive(Clone)]
struct Filled(BackgroundQueueWorker<u64>);

impl AsyncInbox for Filled {
    async fn put(&self, number: u64) {
        self.0.put_async(number).await.expect("the worker lives");
    }
}
