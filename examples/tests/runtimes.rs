//! Replies awaited in the runtimes that most programs have, and moved from one to another.

use std::future::Future;
use std::pin::Pin;
use std::task::Waker;
use std::time::Duration;

use pyaltt::prelude::*;

type Shop = BackgroundQueueWorker<(u64, ReplyTo<u64>)>;

/// A worker that doubles; it keeps the question 0 for good.
fn shop() -> Shop {
    let mut kept = Vec::new();
    let work = move |(number, to): (u64, ReplyTo<u64>), _cx: &mut Context| match number {
        0 => kept.push(to),
        _ => _ = to.send(number * 2),
    };
    queue(work).name("shop").start().unwrap()
}

/// Ten questions at a time, and one that ends with the worker.
async fn use_shop(shop: Shop) {
    for round in 0..100 {
        let replies: Vec<Reply<u64>> =
            (1..=10).map(|number| shop.ask(|to| (number + round, to)).unwrap()).collect();
        for (number, reply) in (1..).zip(replies) {
            assert_eq!(reply.await.unwrap(), (number + round) * 2);
        }
    }
    let kept = shop.ask(|to| (0, to)).unwrap();
    shop.signal_stop();
    assert!(matches!(kept.await, Err(AskError::Ended { .. })));
}

#[test]
fn replies_are_awaited_in_tokio() {
    for threads in [1, 2] {
        let runtime = match threads {
            1 => tokio::runtime::Builder::new_current_thread().enable_time().build(),
            _ => tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build(),
        };
        runtime.unwrap().block_on(async {
            use_shop(shop()).await;
            tokio::spawn(use_shop(shop())).await.unwrap();
            // A time limit of the runtime drops the reply.
            let shop = shop();
            let kept = shop.ask(|to| (0, to)).unwrap();
            assert!(tokio::time::timeout(Duration::from_millis(1), kept).await.is_err());
            assert_eq!(shop.ask(|to| (4, to)).unwrap().await.unwrap(), 8);
        });
    }
}

#[test]
fn replies_are_awaited_in_smol() {
    smol::block_on(async {
        use_shop(shop()).await;
        smol::spawn(use_shop(shop())).await;
        // A wait that blocks has a thread of its own.
        let answer = smol::unblock(|| shop().ask(|to| (4, to)).unwrap().wait()).await;
        assert!(matches!(answer, Ok(8) | Err(AskError::Ended { .. })));
    });
}

#[test]
fn replies_are_awaited_by_block_on() {
    futures_executor::block_on(use_shop(shop()));
}

/// Polled in one runtime, and awaited in another one: the latest waker is called. And a runtime that shuts down drops what
/// it has, which harms nobody.
#[test]
fn a_reply_moves_between_runtimes_and_outlives_none() {
    let shop = shop();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let kept = shop.ask(|to| (0, to)).unwrap();
    let forgotten = shop.ask(|to| (0, to)).unwrap();
    let [mut moved] = runtime
        .block_on(runtime.spawn(async move {
            let mut kept = kept;
            assert!(
                Pin::new(&mut kept).poll(&mut std::task::Context::from_waker(Waker::noop())).is_pending()
            );
            [kept]
        }))
        .unwrap();
    drop(runtime.spawn(forgotten));
    assert!(smol::block_on(smol::future::poll_once(&mut moved)).is_none());
    runtime.shutdown_background();
    let awaits = std::thread::spawn(|| futures_executor::block_on(moved));
    assert_eq!(shop.ask(|to| (4, to)).unwrap().wait().unwrap(), 8);
    shop.stop().unwrap();
    assert!(matches!(awaits.join().unwrap(), Err(AskError::Ended { .. })));
}
