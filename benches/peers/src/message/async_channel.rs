//! async-channel, into which async code puts.

use std::{iter, thread};

use ::async_channel::{Sender, bounded};
use pyaltt_benches::awaiting::AsyncInbox;
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::workload::awaited::{BATCH, SMALL};

use crate::runtime::Tokio;

pub(super) fn contender() -> Contender {
    let how = "async-channel, send(..).await, and recv_blocking on a plain thread";
    Contender::new(Kind::Channel, "async-channel", "async-channel", how)
        .puts_async::<Tokio, _, _>(|| {
            let (sender, receiver) = bounded(BATCH);
            (Puts(sender), move || iter::from_fn(|| receiver.try_recv().ok()).count())
        })
        .fills_async::<Tokio, _>(|handled| {
            let (sender, receiver) = bounded(SMALL);
            thread::spawn(move || {
                while let Ok(number) = receiver.recv_blocking() {
                    handled.add(number);
                }
            });
            Puts(sender)
        })
}

#[derive(Clone)]
struct Puts(Sender<u64>);

impl AsyncInbox for Puts {
    async fn put(&self, number: u64) {
        self.0.send(number).await.expect("the thread lives");
    }
}
