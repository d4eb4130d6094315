//! A queue worker that is asked, and one into which async code puts.


use pyaltt::{BackgroundQueueWorker, Queue, ReplyTo};

use crate::awaiting::{AsyncAsker, AsyncInbox, Runtime};
use crate::contender::{Contender, Kind};
use crate::workload::awaited::{BATCH, Handled, SMALL};

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

/// A worker that is used from a runtime.
pub(super) fn contender<R: Runtime>() -> Contender {
    let how = "BackgroundQueueWorker in a program with tokio: ask_async(..).await and .await of the reply; put_async(..).await. \
               Where nobody takes, a Queue without a worker";
    Contender::new(Kind::Ours, "queue-worker-async", "queue worker, async", how)
        .answers_async::<R, _>(|| Async(start()))
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
