//! Questions that wait for room without a thread, and whom a worker waits for.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use pyaltt_core::{AskError, BackgroundQueueWorker, PutErrorKind, Reply, ReplyTo, WaitsFor};
use testkit::until;

use super::{LONG, Task, asks, clerk, kind};

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[apply(bounded)]
fn a_question_waits_for_room_without_a_thread() {
    let (builder, turnstile) = clerk();
    let clerk = builder.bounded(1).build().unwrap();
    // Nobody could answer.
    let Poll::Ready(Err(error)) = poll(&mut clerk.ask_async(Task::Answer)) else { panic!("it is refused") };
    assert_eq!(error.kind(), PutErrorKind::NotRunning);
    assert!(error.to_string().starts_with(r#"worker "clerk": its queue has no worker"#), "{error}");
    assert!(matches!(error.into_inner(), Task::Answer(_)));
    let too_early = clerk.ask_async(Task::Answer);
    clerk.start().unwrap();
    let held = clerk.ask(Task::Hold).unwrap();
    turnstile.wait();
    let first = clerk.ask(Task::Answer).unwrap();
    let mut second = clerk.ask_async(Task::Answer);
    let unpolled = clerk.ask_async(Task::Answer);
    assert!(poll(&mut second).is_pending());
    // Dropped while it waits: it is not put.
    let mut dropped = clerk.ask_async(Task::Answer);
    assert!(poll(&mut dropped).is_pending());
    drop(dropped);
    turnstile.release();
    assert_eq!((held.wait().unwrap(), first.wait().unwrap()), (1, 1));
    let reply = loop {
        if let Poll::Ready(reply) = poll(&mut second) {
            break reply.unwrap();
        }
    };
    assert_eq!(reply.wait().unwrap(), 1);
    assert_eq!(clerk.stop().unwrap().turns, 3);
    // Its life is over, and the next one is not asked.
    clerk.start().unwrap();
    let words = [
        (too_early, "when no worker ran that could answer"),
        (unpolled, "in a life of its worker that has ended"),
    ];
    for (question, words) in words {
        let Poll::Ready(Err(error)) = poll(&mut pin!(question)) else { panic!("it is refused") };
        assert_eq!(error.kind(), PutErrorKind::NotRunning);
        let want = format!(r#"worker "clerk": its queue was asked {words}; ask again"#);
        assert_eq!(error.to_string(), want);
    }
    assert_eq!(clerk.drain().unwrap().turns, 0);
}

/// 8. A worker that waits for an answer names whom it waits for, and a ring is seen.
#[apply(bounded)]
fn a8_who_waits_for_an_answer_says_whose() {
    let (builder, turnstile) = clerk();
    let clerk: BackgroundQueueWorker<Task> = builder.start().unwrap();
    let other = clerk.clone();
    let asker = asks(move |to: ReplyTo<u64>, _cx| {
        let answer: Result<u64, AskError> = other.ask(Task::Hold)?.wait();
        let _ = to.send(answer?);
        Ok(())
    })
    .start()
    .unwrap();
    let reply: Reply<u64> = asker.ask(|to| to).unwrap();
    turnstile.wait();
    assert!(until(LONG, || asker.waiting_on().is_some()));
    let on = asker.waiting_on().unwrap();
    assert_eq!((on.what, &*on.worker), (WaitsFor::Answer, "clerk"));
    assert_eq!(on.to_string(), r#"waits for an answer of worker "clerk""#);
    turnstile.release();
    assert_eq!(kind(reply.wait()), "an answer");
    assert!(until(LONG, || asker.waiting_on().is_none()));
    asker.stop().unwrap();
    clerk.stop().unwrap();
}
