//! Throughput: tasks of eight bytes from some producers to one consumer.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use pyaltt::{BackgroundQueueWorker, Context, FnWorker};

use crate::Contender;

/// Has each producer put its share, and gives the time from the first put until `consumed` returns.
fn produce(producers: u64, count: u64, put: impl Fn(u64) + Sync, consumed: impl FnOnce()) -> Duration {
    let barrier = Barrier::new(usize::try_from(producers).unwrap_or(1) + 1);
    let elapsed = std::thread::scope(|scope| {
        for _ in 0..producers {
            scope.spawn(|| {
                barrier.wait();
                (0..count / producers).for_each(&put);
            });
        }
        barrier.wait();
        let began = Instant::now();
        consumed();
        began.elapsed()
    });
    elapsed / u32::try_from(count).unwrap_or(u32::MAX)
}

/// The yardstick: a thread that receives from a crossbeam channel.
#[derive(Clone, Copy, Debug)]
pub struct RawChannel {
    producers: u64,
    bound: Option<usize>,
}

impl RawChannel {
    /// With some producers, and a bound or none.
    pub fn new(producers: u64, bound: Option<usize>) -> Self {
        Self { producers, bound }
    }
}

impl Contender for RawChannel {
    fn name(&self) -> &'static str {
        "crossbeam channel"
    }

    fn run(&mut self, count: u64) -> Duration {
        let (sender, receiver): (Sender<u64>, Receiver<u64>) =
            self.bound.map_or_else(crossbeam_channel::unbounded, crossbeam_channel::bounded);
        let total = count / self.producers * self.producers;
        let consumer = std::thread::spawn(move || {
            (0..total).for_each(|_| _ = black_box(receiver.recv()));
        });
        let put = |task| sender.send(task).unwrap_or_else(|_| unreachable!("the consumer takes all"));
        produce(self.producers, count, put, || drop(consumer.join()))
    }
}

/// Ours: a queue worker.
pub struct QueueWorker {
    producers: u64,
    bound: Option<usize>,
}

impl QueueWorker {
    /// With some producers, and a bound or none.
    pub fn new(producers: u64, bound: Option<usize>) -> Self {
        Self { producers, bound }
    }
}

impl std::fmt::Debug for QueueWorker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueueWorker").field("producers", &self.producers).finish_non_exhaustive()
    }
}

type Turn = Box<dyn FnMut(u64, &mut Context) -> bool + Send>;

impl Contender for QueueWorker {
    fn name(&self) -> &'static str {
        "queue worker"
    }

    fn run(&mut self, count: u64) -> Duration {
        let total = count / self.producers * self.producers;
        let mut left = total;
        let turn: Turn = Box::new(move |task, _cx| {
            black_box(task);
            left -= 1;
            left > 0
        });
        let builder = pyaltt::queue(turn);
        let worker: BackgroundQueueWorker<FnWorker<u64, bool, Turn>> = match self.bound {
            Some(bound) => builder.bounded(bound),
            None => builder,
        }
        .start()
        .expect("these options can be used");
        let put = |task| worker.put(task).unwrap_or_else(|_| unreachable!("the worker takes all"));
        produce(self.producers, count, put, || drop(worker.wait()))
    }
}
