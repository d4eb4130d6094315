//! Pairs without a worker, and nothing of the system but threads: Miri runs these.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use super::ask_error::AskError;
use super::asker::Reply;
use super::reply;

/// Runs a future on this thread.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unparks(Thread);
    impl Wake for Unparks {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unparks(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// A task that does nothing when it is woken. Its clones are its wakers.
struct Idle;

impl Wake for Idle {
    fn wake(self: Arc<Self>) {}
}

fn poll(reply: &mut Reply<String>, task: &Arc<Idle>) -> Poll<Result<String, AskError>> {
    Pin::new(reply).poll(&mut Context::from_waker(&Arc::clone(task).into()))
}

type Wait = fn(Reply<String>) -> Result<String, AskError>;

/// Each way to get an answer, while another thread gives it.
#[test]
fn an_answer_comes_by_every_way_to_wait() {
    let waits: [Wait; 4] = [
        Reply::wait,
        block_on,
        |mut reply| match reply.wait_timeout(Duration::from_millis(1)) {
            Err(AskError::Timeout { .. }) => reply.wait(),
            result => result,
        },
        |mut reply| {
            reply.receiver().recv().unwrap_err();
            reply.try_get().unwrap()
        },
    ];
    for wait in waits {
        for _ in 0..5 {
            let (to, answer) = reply();
            let sender = thread::spawn(move || to.send("five".to_owned()));
            assert_eq!(wait(answer).unwrap(), "five");
            sender.join().unwrap().unwrap();
        }
    }
}

/// An answer, or the drop of its place, against the drop of the reply.
#[test]
fn both_sides_may_go_at_once() {
    let drops: [fn(Reply<String>); 3] = [drop, Reply::cancel, Reply::detach];
    for drop_reply in drops {
        for sends in [true, false] {
            let (to, answer) = reply();
            let sender = thread::spawn(move || {
                if sends && let Err(late) = to.send("five".to_owned()) {
                    assert_eq!(late, "five");
                }
            });
            drop_reply(answer);
            sender.join().unwrap();
        }
    }
}

/// The wakers of a reply that is polled by several tasks while it is settled: none is kept.
#[test]
fn no_waker_is_kept_by_a_reply_that_is_settled_or_gone() {
    for sends in [true, false] {
        for is_dropped in [true, false] {
            let (to, mut answer) = reply();
            let tasks = [(); 3].map(|()| Arc::new(Idle));
            let other = thread::spawn(move || {
                if sends {
                    drop(to.send("five".to_owned()));
                }
            });
            for task in &tasks {
                let _ = poll(&mut answer, task).is_ready();
            }
            if is_dropped {
                drop(answer);
                other.join().unwrap();
            } else {
                assert_eq!(answer.wait().is_ok(), sends);
                other.join().unwrap();
            }
            assert!(tasks.iter().all(|task| Arc::strong_count(task) == 1));
        }
    }
}
