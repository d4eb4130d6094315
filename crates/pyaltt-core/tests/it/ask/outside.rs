//! Questions from places where a wait is unusual.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::thread;

use pyaltt_core::{BackgroundQueueWorker, PutErrorKind, Reply, ReplyTo, reply};
use testkit::{EXPECTED, Probe, silence_expected_panics};

use super::{LONG, Task, kind, started};

/// Asks when it is dropped.
struct AsksInDrop {
    clerk: BackgroundQueueWorker<Task>,
    told: Probe<String>,
}

impl Drop for AsksInDrop {
    fn drop(&mut self) {
        let answer = self.clerk.ask(Task::Answer).map(Reply::wait);
        self.told.note(answer.map_or_else(|error| format!("{:?}", error.kind()), kind));
    }
}

/// 15. In a destructor while the thread panics, and in that of a thread-local: it waits as anywhere.
#[apply(bounded)]
fn a15_a_destructor_may_ask_also_during_a_panic() {
    thread_local! {
        static LAST: std::cell::RefCell<Option<AsksInDrop>> = const { std::cell::RefCell::new(None) };
    }
    silence_expected_panics();
    let (clerk, _) = started();
    let told = Probe::new();
    let asks = || AsksInDrop { clerk: clerk.clone(), told: told.clone() };
    let unwinding = catch_unwind(AssertUnwindSafe(|| {
        let _asks = asks();
        panic!("{EXPECTED}anything");
    }));
    assert!(unwinding.is_err());
    let asks_last = asks();
    thread::spawn(|| LAST.with(|last| *last.borrow_mut() = Some(asks_last))).join().unwrap();
    assert_eq!(told.all(), ["an answer", "an answer"]);
    clerk.stop().unwrap();
    drop(asks());
    assert_eq!(told.all(), [format!("{:?}", PutErrorKind::NotRunning)]);
}

/// 15. Inside of a poll, as on a thread of an async runtime: it blocks, and that is all.
#[apply(bounded)]
fn a15_a_wait_inside_of_a_future_is_a_wait() {
    let (clerk, turnstile) = started();
    let reply = clerk.ask(Task::Hold).unwrap();
    turnstile.wait();
    turnstile.release();
    let mut waits = Box::pin(async move { reply.wait() });
    let ready = waits.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(ready, std::task::Poll::Ready(Ok(1))));
    clerk.stop().unwrap();
}

/// A pair without a worker: everything but an end.
#[apply(bounded)]
fn a_pair_that_belongs_to_no_worker() {
    let (to, answer) = reply();
    assert!(format!("{to:?} {answer:?}").contains("is_wanted: true"));
    let sender = thread::spawn(move || to.send(vec![1, 2]));
    assert_eq!(answer.wait().unwrap(), [1, 2]);
    sender.join().unwrap().unwrap();

    let (to, answer) = reply::<u32>();
    drop(to);
    let error = answer.wait().unwrap_err();
    assert_eq!(error.to_string(), "the other side gave no answer: the question was dropped without one");

    silence_expected_panics();
    let (to, mut answer) = reply::<u32>();
    let panicked = thread::spawn(move || {
        let _to = to;
        panic!("{EXPECTED}anything");
    });
    assert_eq!(kind(answer.wait_timeout(LONG)), "panicked");
    panicked.join().unwrap_err();
    // And again.
    assert_eq!(kind(answer.try_get().unwrap()), "panicked");
}

fn price(shop: &BackgroundQueueWorker<ReplyTo<u32>>) -> Result<u32, pyaltt_core::BoxError> {
    Ok(shop.ask(|to| to)?.wait()?)
}

/// What an answer is made of need not be `Sync`, and a task with a question passes `?`.
#[apply(bounded)]
fn replies_can_be_moved_and_their_errors_passed_on() {
    fn is_send<T: Send + Unpin + std::panic::UnwindSafe>(_: &T) {}
    let (to, answer) = reply::<std::cell::Cell<u32>>();
    is_send(&to);
    is_send(&answer);
    let (sent, received) = mpsc::channel::<Reply<std::cell::Cell<u32>>>();
    sent.send(answer).unwrap();
    assert!(to.send(std::cell::Cell::new(5)).is_ok());
    assert_eq!(received.recv().unwrap().wait().unwrap().get(), 5);

    let shop = pyaltt_core::queue(|to: ReplyTo<u32>, _cx| _ = to.send(3)).build().unwrap();
    assert!(price(&shop).is_err());
    shop.start().unwrap();
    assert_eq!(price(&shop).unwrap(), 3);
    shop.stop().unwrap();
}
