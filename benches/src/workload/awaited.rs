//! Questions and puts of async code, with a consumer that is a plain thread unless the contender says otherwise.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::ask::{checked, figures};
use super::times::{cpu_time, each, nanos};
use crate::awaiting::{AsyncAsker, AsyncInbox, Flavor, Runtime};
use crate::case::{Case, Figure, Work};
use crate::contender::Contender;
use crate::measured::Measured;

/// The ids of its cases in which a task awaits each answer, and the runtimes of these.
pub const AWAIT: [(&str, Flavor); 2] =
    [("ask-await", Flavor::MultiThread), ("ask-await-current-thread", Flavor::CurrentThread)];

/// The id of its case in which there always is room.
pub const ROOM: &str = "put-async-room";

/// The id of its case in which the queue is full most of the time.
pub const FULL: &str = "put-async-full";

/// How many futures put into the queue that is full.
const FUTURES: usize = 4;

/// The bound of that queue.
pub const SMALL: usize = 16;

/// How many tasks are put before the queue is emptied, where there always is room.
pub const BATCH: usize = 1_000;

pub(super) fn cases() -> Vec<Case> {
    let asks = |runtime: &str| {
        format!(
            "One task of {runtime} awaits each answer before it asks again, and checks it; otherwise as with one asker that is \
             a plain thread."
        )
    };
    let [(many, _), (one, _)] = AWAIT;
    let room = "Nobody takes. One task of a multi-threaded tokio puts 1,000 tasks into a queue that is bounded to as many, \
                and empties it, which is not measured; the time of the puts, divided by their number.";
    let full = "Four tasks of a multi-threaded tokio put into a queue that is bounded to 16. From the first put until the \
                last task was handled, divided by the number of tasks; count and sum are checked. A tenth of the tasks goes \
                first, as a warm-up.";
    let puts = || [Figure::nanos("ns", "time a task").with_ratio(), Figure::nanos("cpu", "CPU a task")];
    let put = Figure::nanos("ns", "time a put").with_ratio();
    let awaited = |id: &str, title: &str, runtime: &str| {
        Case::new(id, title, &asks(runtime), Work::Repeat(50_000)).with(figures())
    };
    vec![
        awaited(many, "Ask, awaited in tokio", "a multi-threaded tokio"),
        awaited(one, "Ask, awaited in tokio, current thread", "a tokio that has one thread"),
        Case::new(ROOM, "Async put, room there", room, Work::Repeat(1_000_000)).with([put]),
        Case::new(FULL, "Async put, full, 4 futures", full, Work::Repeat(200_000)).with(puts()),
    ]
}

impl Contender {
    /// Takes part in the questions. `prepare` runs in the runtime, and starts the side that answers.
    #[must_use]
    pub fn answers_async<R: Runtime, P: Future<Output: AsyncAsker> + Send + 'static>(
        self,
        prepare: impl Fn() -> P + Copy + Send + 'static,
    ) -> Self {
        AWAIT.into_iter().fold(self, |all, (case, flavor)| {
            all.does(case, move |count| {
                let asks = async move {
                    let mut asker = prepare().await;
                    ask_all(&mut asker, count / 10).await?;
                    let (began, spent) = (Instant::now(), cpu_time());
                    ask_all(&mut asker, count).await?;
                    Ok((began.elapsed(), cpu_time().saturating_sub(spent)))
                };
                let (elapsed, spent) = one::<R, _>(flavor, asks)?;
                Ok(Measured::of("ns", each(nanos(elapsed), count)).and("cpu", each(nanos(spent), count)))
            })
        })
    }

    /// Takes part in the puts where there is room. `prepare` gives a queue that is bounded to [`BATCH`], and what empties it
    /// and returns how many there were.
    #[must_use]
    pub fn puts_async<R: Runtime, I: AsyncInbox, E: FnMut() -> usize + Send + 'static>(
        self,
        prepare: impl Fn() -> (I, E) + 'static,
    ) -> Self {
        self.does(ROOM, move |count| {
            let (inbox, mut empty) = prepare();
            let puts = async move {
                let mut elapsed = Duration::ZERO;
                let batches = count.div_ceil(BATCH).max(2);
                // The first one is the warm-up.
                for batch in 0..batches {
                    let began = Instant::now();
                    for number in 0..BATCH as u64 {
                        inbox.put(number).await;
                    }
                    elapsed += if batch == 0 { Duration::ZERO } else { began.elapsed() };
                    let found = empty();
                    if found != BATCH {
                        return Err(format!("{found} tasks of {BATCH} were in the queue"));
                    }
                }
                Ok((elapsed, (batches - 1) * BATCH))
            };
            let (elapsed, total) = one::<R, _>(Flavor::MultiThread, puts)?;
            Ok(Measured::of("ns", each(nanos(elapsed), total)))
        })
    }

    /// Takes part in the puts into a full queue. `prepare` starts a consumer behind a queue that is bounded to [`SMALL`], which
    /// calls [`Handled::add`] for each task.
    #[must_use]
    pub fn fills_async<R: Runtime, I: AsyncInbox>(self, prepare: impl Fn(Handled) -> I + 'static) -> Self {
        self.does(FULL, move |count| {
            let handled = Handled::default();
            let inbox = prepare(handled.clone());
            fill::<R, _>(&inbox, &handled, count / 10)?;
            fill::<R, _>(&inbox, &handled, count)
        })
    }
}

async fn ask_all(asker: &mut impl AsyncAsker, count: usize) -> Result<(), String> {
    for question in 0..count as u64 {
        checked(question, asker.ask(question).await)?;
    }
    Ok(())
}

fn one<R: Runtime, T: Send + 'static>(
    flavor: Flavor,
    future: impl Future<Output = Result<T, String>> + Send + 'static,
) -> Result<T, String> {
    R::all(flavor, vec![future]).pop().ok_or("the task gave nothing")?
}

/// Counts what a consumer has handled.
#[derive(Clone, Debug, Default)]
pub struct Handled(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    count: AtomicU64,
    sum: AtomicU64,
}

impl Handled {
    /// A task was handled. Only one consumer calls this.
    pub fn add(&self, number: u64) {
        let Counted { count, sum } = &*self.0;
        sum.store(sum.load(Ordering::Relaxed).wrapping_add(number), Ordering::Relaxed);
        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    fn get(&self) -> (u64, u64) {
        (self.0.count.load(Ordering::Acquire), self.0.sum.load(Ordering::Relaxed))
    }
}

fn fill<R: Runtime, I: AsyncInbox>(inbox: &I, handled: &Handled, count: usize) -> Result<Measured, String> {
    let share = count.div_ceil(FUTURES) as u64;
    let total = share * FUTURES as u64;
    let (count_before, sum_before) = handled.get();
    let put = |future: u64| {
        let inbox = inbox.clone();
        async move {
            let began = Instant::now();
            for number in future * share..(future + 1) * share {
                inbox.put(number).await;
            }
            began
        }
    };
    let spent = cpu_time();
    let began = R::all(Flavor::MultiThread, (0..FUTURES as u64).map(put).collect());
    let patience = Instant::now() + Duration::from_secs(30);
    while handled.get().0 < count_before + total {
        if Instant::now() > patience {
            return Err(format!("{} tasks of {total} were handled", handled.get().0 - count_before));
        }
        std::hint::spin_loop();
    }
    let (ended, spent) = (Instant::now(), cpu_time().saturating_sub(spent));
    let sum = handled.get().1.wrapping_sub(sum_before);
    let wanted: u64 = (0..total).sum();
    if handled.get().0 != count_before + total || sum != wanted {
        return Err(format!("the sum of the tasks is {sum}, and not {wanted}"));
    }
    let began = began.into_iter().min().unwrap_or(ended);
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    let elapsed = nanos(ended.saturating_duration_since(began));
    Ok(Measured::of("ns", each(elapsed, total)).and("cpu", each(nanos(spent), total)))
}

#[cfg(test)]
pub(super) mod tests {
    use std::thread;

    use testkit::block_on;

    use super::*;
    use crate::contender::Kind;
    use crate::ours;

    /// A thread for each future.
    pub(in crate::workload) struct Threads;

    impl Runtime for Threads {
        fn all<F: Future<Output: Send> + Send + 'static>(_flavor: Flavor, futures: Vec<F>) -> Vec<F::Output> {
            thread::scope(|scope| {
                let running: Vec<_> =
                    futures.into_iter().map(|future| scope.spawn(move || block_on(future))).collect();
                running.into_iter().map(|running| running.join().unwrap()).collect()
            })
        }
    }

    #[test]
    fn ours_takes_part_in_each_case() {
        let ours = ours::awaiting::<Threads>();
        for case in cases() {
            let found = ours.iter().find(|contender| contender.id() == "queue-worker-async").unwrap();
            assert!(found.repeat(&case.id, 100).unwrap().figures["ns"] > 0.0, "{}", case.id);
        }
    }

    #[derive(Clone)]
    struct Twice(Option<u64>, Handled);

    impl AsyncInbox for Twice {
        async fn put(&self, number: u64) {
            self.1.add(number);
            if Some(number) == self.0 {
                self.1.add(number);
            }
        }
    }

    impl AsyncAsker for Option<u64> {
        async fn ask(&mut self, question: u64) -> u64 {
            if Some(question) == *self { 0 } else { question + 1 }
        }
    }

    /// Runs its futures one after the other, for `Handled` counts what one consumer does.
    struct InOrder;

    impl Runtime for InOrder {
        fn all<F: Future<Output: Send> + Send + 'static>(flavor: Flavor, futures: Vec<F>) -> Vec<F::Output> {
            futures.into_iter().flat_map(|future| Threads::all(flavor, vec![future])).collect()
        }
    }

    #[test]
    fn what_is_wrong_is_found() {
        let run = |case, wrong: Option<u64>, found: usize| {
            let contender = Contender::new(Kind::Bare, "one", "One", "")
                .answers_async::<InOrder, _>(move || async move { wrong })
                .puts_async::<InOrder, _, _>(move || (Twice(None, Handled::default()), move || found))
                .fills_async::<InOrder, _>(move |handled| Twice(wrong, handled));
            contender.repeat(case, 40).is_ok()
        };
        let awaits = AWAIT.map(|(case, _)| case);
        for case in awaits.into_iter().chain([ROOM, FULL]) {
            assert!(run(case, None, BATCH), "{case}");
        }
        assert!(awaits.iter().all(|case| !run(case, Some(39), BATCH)));
        assert!(!run(ROOM, None, BATCH - 1));
        assert!(!run(FULL, Some(39), BATCH));
    }
}
