//! Workers that ask the readers of their own queue, of whom they are one.

use std::sync::{Arc, OnceLock};

use pyaltt_core::{BackgroundQueueWorker, Queue, ReplyTo, WaitsFor};
use testkit::os_thread::OsThread;
use testkit::{Probe, until};

use super::{LONG, asks, kind};
use crate::flavour::wait_until_asleep;

enum Task {
    /// Whoever takes it asks its own queue, by its own handle.
    Ask,
    Answer(ReplyTo<u32>),
}

/// What the wait of a reader has given: its name, and the error in words.
type Told = (&'static str, String, String);

/// A reader of the queue.
struct Reader {
    worker: BackgroundQueueWorker<Task>,
    asleep: Probe<OsThread>,
}

fn reader(name: &'static str, queue: &Queue<Task>, told: &Probe<Told>) -> Reader {
    let slot: Arc<OnceLock<BackgroundQueueWorker<Task>>> = Arc::default();
    let asleep = Probe::new();
    let (own, told, show) = (Arc::clone(&slot), told.clone(), asleep.clone());
    let turn = move |task: Task, _cx: &mut pyaltt_core::Context| {
        let Task::Answer(to) = task else {
            show.add(OsThread::current());
            let answer = own.wait().ask(Task::Answer)?.wait();
            let text = answer.as_ref().map_or_else(ToString::to_string, ToString::to_string);
            told.add((name, kind(answer.clone()), text));
            answer?;
            return Ok(());
        };
        let _ = to.send(1);
        Ok(())
    };
    let worker = asks(turn).name(name).on_error(|_| ()).queue(queue.clone()).paused(true).start().unwrap();
    slot.set(worker.clone()).unwrap_or_else(|_| unreachable!());
    Reader { worker, asleep }
}

/// Two readers of a queue. The first one waits for an answer of the other one, which is paused.
fn one_waits() -> (Queue<Task>, [Reader; 2], Probe<Told>) {
    let (queue, told) = (Queue::unbounded(), Probe::new());
    let [a, b] = ["a", "b"].map(|name| reader(name, &queue, &told));
    queue.put(Task::Ask).unwrap();
    a.worker.resume();
    wait_until_asleep(&a.asleep);
    assert!(until(LONG, || a.worker.waiting_on().is_some()));
    let on = a.worker.waiting_on().unwrap();
    assert_eq!((on.what, &*on.worker, on.is_ring()), (WaitsFor::Answer, "b", false));
    (queue, [a, b], told)
}

/// 9. Another reader can answer, so there is nothing wrong with the wait.
#[apply(bounded)]
fn a9_a_reader_waits_for_the_answer_of_another_one() {
    let (_, [a, b], told) = one_waits();
    b.worker.resume();
    assert_eq!(told.next().1, "an answer");
    a.worker.stop().unwrap();
    b.worker.stop().unwrap();
}

/// 7. When it has become the only one, it would wait for itself.
#[apply(bounded)]
fn a7_a_reader_that_is_left_alone_does_not_wait_on() {
    let (queue, [a, b], told) = one_waits();
    b.worker.stop().unwrap();
    let (_, kind, text) = told.next();
    assert_eq!(kind, "from worker");
    let want = "worker \"a\" cannot answer, because the worker that waits is the only one that reads the queue of the \
                question; hand the reply on or await it";
    assert_eq!(text, want);
    a.worker.drain().unwrap();
    assert!(queue.is_empty());
}

/// 8. A ring of readers waits like any other, and a stop of either dissolves it.
#[apply(bounded)]
fn a8_two_readers_that_ask_each_other_wait_until_one_is_stopped() {
    let (queue, [a, b], told) = one_waits();
    let held = queue.take_pending();
    queue.put(Task::Ask).unwrap();
    b.worker.resume();
    wait_until_asleep(&b.asleep);
    assert!(until(LONG, || b.worker.waiting_on().is_some()));
    for reader in [&a, &b] {
        assert!(reader.worker.waiting_on().unwrap().is_ring());
    }
    assert!(told.is_empty());
    assert_eq!(b.worker.stop().unwrap().errors, 0);
    let mut kinds = [told.next(), told.next()].map(|(name, kind, _)| (name, kind));
    kinds.sort_unstable();
    assert_eq!(kinds, [("a", "from worker".to_owned()), ("b", "stopping".to_owned())]);
    a.worker.drain().unwrap();
    drop(held);
}
