//! Throughput: a stream of tasks from some producers to one consumer.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use super::ledger::Ledger;
use super::payload::Payload;
use super::times::{cpu_time, each, nanos};
use crate::case::{Case, Figure, Work};
use crate::contender::Contender;
use crate::handover::{BOUND, Handover, Inbox};
use crate::measured::Measured;

/// The parameters of one of its cases.
#[derive(Clone, Copy)]
struct Stream {
    /// How many tasks may wait; `None`: any number.
    bound: Option<usize>,
    /// How many threads put.
    producers: usize,
    /// The size of a task.
    bytes: usize,
}

impl Stream {
    fn all() -> impl Iterator<Item = Self> {
        let bounds = |bytes| [None, Some(BOUND)].map(|bound| (bytes, bound));
        let streams = [8, 256].into_iter().flat_map(bounds);
        streams.flat_map(|(bytes, bound)| [1, 4].map(|producers| Self { bound, producers, bytes }))
    }

    fn id(self) -> String {
        let Self { producers, bytes, .. } = self;
        let bound = self.bound.map_or_else(|| "unbounded".to_owned(), |bound| format!("bounded-{bound}"));
        format!("throughput-{bound}-{producers}p-{bytes}b")
    }

    fn case(self) -> Case {
        let Self { producers, bytes, .. } = self;
        let bound = self.bound.map_or_else(|| "unbounded".to_owned(), |bound| format!("bounded {bound}"));
        let plural = if producers == 1 { "" } else { "s" };
        let title = format!("Throughput, {bound}, {producers} producer{plural}, tasks of {bytes} bytes");
        let how = "From the first put until the last task was handled, divided by the number of tasks. Plain threads put; \
                   one consumer counts and adds up; count and sum are checked. A tenth of the tasks goes first, as a \
                   warm-up.";
        Case::new(self.id(), title, how, Work::Repeat(1_000_000))
            .with([Figure::nanos("ns", "time a task").with_ratio(), Figure::nanos("cpu", "CPU a task")])
    }
}

pub(super) fn cases() -> Vec<Case> {
    Stream::all().map(Stream::case).collect()
}

impl Contender {
    /// Takes part in the cases whose bound it can have.
    #[must_use]
    pub fn streams<P: Handover>(self) -> Self {
        Stream::all().fold(self, |all, stream| {
            let reason = if stream.bound.is_some() { P::NOT_BOUNDED } else { P::NOT_UNBOUNDED };
            match (reason, stream.bytes) {
                (Some(reason), _) => all.not(stream.id(), reason),
                (None, 8) => all.does(stream.id(), move |count| throughput::<P, 1>(stream, count)),
                _ => all.does(stream.id(), move |count| throughput::<P, 32>(stream, count)),
            }
        })
    }
}

/// From the first put until the last task was handled, for each task; a tenth of the tasks goes ahead as a warm-up.
fn throughput<P: Handover, const N: usize>(stream: Stream, count: usize) -> Result<Measured, String> {
    once::<P, N>(stream, count / 10)?;
    once::<P, N>(stream, count)
}

fn once<P: Handover, const N: usize>(stream: Stream, count: usize) -> Result<Measured, String> {
    let Stream { bound, producers, .. } = stream;
    let share = (count / producers).max(1);
    let total = share * producers;
    let ledger = Ledger::new(1);
    let mut tally = ledger.tally(total);
    let inbox = P::start(bound, move |task: Payload<N>| _ = tally.take(task.check()));
    let barrier = Barrier::new(producers + 1);
    let (elapsed, spent) = thread::scope(|scope| {
        let produce = |producer| {
            let (inbox, barrier) = (&inbox, &barrier);
            scope.spawn(move || {
                barrier.wait();
                // Each producer says when it began, because the waiting thread may get its processor back only at the end.
                let began = Instant::now();
                (producer * share..(producer + 1) * share).for_each(|number| inbox.put(Payload::new(number)));
                began
            })
        };
        let producers: Vec<_> = (0..producers).map(produce).collect();
        let spent = cpu_time();
        barrier.wait();
        ledger.wait();
        let (ended, spent) = (Instant::now(), cpu_time().saturating_sub(spent));
        let began = producers.into_iter().filter_map(|producer| producer.join().ok()).min();
        (ended.saturating_duration_since(began.unwrap_or(ended)), spent)
    });
    drop(inbox.stop());
    ledger.check(total)?;
    Ok(Measured::of("ns", each(nanos(elapsed), total)).and("cpu", each(nanos(spent), total)))
}
