//! Throughput: a stream of tasks from some producers to one consumer.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use super::ledger::Ledger;
use super::payload::Payload;
use super::times::{context_switches, cpu_time, each, nanos, real};
use crate::case::{Case, Figure, Unit, Work};
use crate::contender::Contender;
use crate::handover::{BOUND, Handover, Inbox};
use crate::measured::Measured;
use crate::setting::Setting;

/// The parameters of one of its cases.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stream {
    /// How many tasks may wait; `None`: any number.
    bound: Option<usize>,
    /// How many threads put.
    producers: usize,
    /// The size of a task.
    bytes: usize,
    /// What the run has of the machine.
    setting: Setting,
}

/// The bounds of the further streams, beside [`BOUND`].
pub const FURTHER_BOUNDS: [usize; 3] = [16, 128, 16_384];

impl Stream {
    /// Those in which everyone takes part: on free processors, at one bound and without any.
    fn all() -> impl Iterator<Item = Self> {
        let bounds = |bytes| [None, Some(BOUND)].map(|bound| (bytes, bound));
        let streams = [8, 256].into_iter().flat_map(bounds);
        streams.flat_map(|(bytes, bound)| {
            [1, 4].map(|producers| Self { bound, producers, bytes, setting: Setting::Free })
        })
    }

    /// Those that show what it costs to wait for room: small tasks of one producer, at further bounds, and at every
    /// bound where the two sides do not have a processor each.
    fn further() -> impl Iterator<Item = Self> {
        let [small, medium, large] = FURTHER_BOUNDS.map(Some);
        let bounds = [small, medium, Some(BOUND), large, None];
        let settings = [Setting::Free, Setting::OneProcessor, Setting::Hogs];
        let of = move |setting| bounds.map(|bound| Self { bound, producers: 1, bytes: 8, setting });
        settings.into_iter().flat_map(of).filter(|stream| !Self::all().any(|known| known == *stream))
    }

    fn id(self) -> String {
        let Self { producers, bytes, .. } = self;
        let bound = self.bound.map_or_else(|| "unbounded".to_owned(), |bound| format!("bounded-{bound}"));
        let setting = match self.setting {
            Setting::Free => "",
            Setting::OneProcessor => "-one-processor",
            Setting::Hogs => "-hogs",
        };
        format!("throughput-{bound}-{producers}p-{bytes}b{setting}")
    }

    fn case(self) -> Case {
        let Self { producers, bytes, .. } = self;
        let bound = self.bound.map_or_else(|| "unbounded".to_owned(), |bound| format!("bounded {bound}"));
        let plural = if producers == 1 { "" } else { "s" };
        let (place, where_it_runs) = match self.setting {
            Setting::Free => ("", ""),
            Setting::OneProcessor => (", one processor", " The whole process is pinned to one processor."),
            Setting::Hogs => (", beside hogs", " On each processor another process never sleeps."),
        };
        let title =
            format!("Throughput, {bound}, {producers} producer{plural}, tasks of {bytes} bytes{place}");
        let how = format!(
            "From the first put until the last task was handled, divided by the number of tasks. Plain threads put; \
             one consumer counts and adds up; count and sum are checked. A tenth of the tasks goes first, as a \
             warm-up.{where_it_runs}"
        );
        let times = [Figure::nanos("ns", "time a task").with_ratio(), Figure::nanos("cpu", "CPU a task")];
        Case::new(self.id(), title, &how, Work::Repeat(self.count()))
            .within(self.setting)
            .with(times)
            .with([switches()])
            .with(self.bound_of_one().map(|_| over_fewest()))
    }

    /// The bound, where a single producer fills the queue up. Of several each may have to sleep.
    fn bound_of_one(self) -> Option<usize> {
        self.bound.filter(|_| self.producers == 1)
    }

    /// How many tasks a run has. It should sleep so often that a few switches of other origin do not count, and end
    /// within a second or so even if every few tasks cost a sleep. Beside a hog a thread waits for its processor after
    /// each sleep.
    fn count(self) -> usize {
        match (self.setting, self.bound) {
            (Setting::Hogs, Some(16)) => 20_000,
            (Setting::Hogs, Some(128)) => 100_000,
            (Setting::Hogs, Some(16_384)) => 4_000_000,
            (_, Some(16)) => 200_000,
            (_, Some(16_384)) => 8_000_000,
            _ => 1_000_000,
        }
    }
}

fn switches() -> Figure {
    let meaning = "context switches of all threads of the process, voluntary and involuntary";
    Figure { meaning: meaning.to_owned(), ..Figure::new("switches", "switches a task", Unit::Rate) }
}

fn over_fewest() -> Figure {
    let meaning = "all switches, divided by 2 x tasks / bound: the fewest possible on one processor, where a producer \
                   fills the queue up before it sleeps and a consumer empties it. With a processor for each side neither \
                   has to sleep";
    Figure { meaning: meaning.to_owned(), ..Figure::new(OVER_FEWEST, "to the fewest", Unit::Times) }
}

/// The key of the figure that compares context switches with the fewest possible.
pub const OVER_FEWEST: &str = "over_fewest";

pub(super) fn cases() -> Vec<Case> {
    Stream::all().chain(Stream::further()).map(Stream::case).collect()
}

impl Contender {
    /// Takes part in the cases in which everyone does, if it can have their bound.
    #[must_use]
    pub fn streams<P: Handover>(self) -> Self {
        self.streams_in::<P>(Stream::all())
    }

    /// Takes part in those at further bounds and on processors that are not free: for the queue worker and the channels
    /// that it is held against.
    #[must_use]
    pub fn streams_further<P: Handover>(self) -> Self {
        self.streams_in::<P>(Stream::further())
    }

    fn streams_in<P: Handover>(self, streams: impl Iterator<Item = Stream>) -> Self {
        streams.fold(self, |all, stream| {
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
    let (elapsed, spent, switches) = thread::scope(|scope| {
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
        let (spent, switches) = (cpu_time(), context_switches());
        barrier.wait();
        ledger.wait();
        let (ended, spent) = (Instant::now(), cpu_time().saturating_sub(spent));
        let switches = context_switches().saturating_sub(switches);
        let began = producers.into_iter().filter_map(|producer| producer.join().ok()).min();
        (ended.saturating_duration_since(began.unwrap_or(ended)), spent, real(switches))
    });
    drop(inbox.stop());
    ledger.check(total)?;
    let measured = Measured::of("ns", each(nanos(elapsed), total))
        .and("cpu", each(nanos(spent), total))
        .and("switches", each(switches, total));
    Ok(match stream.bound_of_one() {
        Some(bound) => measured.and(OVER_FEWEST, switches * real(bound) / (2.0 * real(total))),
        None => measured,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ours::QueueWorker;

    #[test]
    fn small_tasks_of_one_producer_meet_every_bound_in_every_setting() {
        let streams = || Stream::all().chain(Stream::further());
        let bounds = |setting| {
            let of_one = streams().filter(|stream| (stream.producers, stream.bytes) == (1, 8));
            of_one
                .filter(|stream| stream.setting == setting)
                .map(|stream| stream.bound)
                .collect::<BTreeSet<_>>()
        };
        let wanted = BTreeSet::from([None, Some(16), Some(128), Some(1_024), Some(16_384)]);
        let found = [Setting::Free, Setting::OneProcessor, Setting::Hogs].map(bounds);
        assert!(found.iter().all(|bounds| *bounds == wanted), "{found:?}");
    }

    #[test]
    fn a_run_gives_every_figure_of_its_case() {
        for stream in Stream::all().chain(Stream::further()) {
            let measured = throughput::<QueueWorker, 1>(stream, 80).unwrap();
            let case = stream.case();
            let wanted: BTreeSet<_> = case.figures.iter().map(|figure| &figure.key).collect();
            assert_eq!(measured.figures.keys().collect::<BTreeSet<_>>(), wanted, "{}", case.id);
        }
    }
}
