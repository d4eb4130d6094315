//! Questions that nobody answers: whoever asks has let go, or the other side has ended.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use super::awaited::BATCH;
use super::times::{each, nanos};
use crate::case::{Case, Figure, Unit, Work};
use crate::contender::Contender;
use crate::measured::Measured;

/// The id of its case in which the place of the answer is dropped at once.
pub const DROPPED: &str = "ask-drop";

/// The id of its case in which the other side ends while all questions are open.
pub const ENDED: &str = "ask-end";

pub(super) fn cases() -> Vec<Case> {
    let dropped = "The other side is busy. A plain thread asks 1,000 times and drops the place of each answer at once, and then \
                   the queue is emptied, which is not measured; the time of the questions, divided by their number.";
    let ended = "100,000 questions wait in the queue, and each has a waker. From when the other side is told to end until each \
                 of those who asked has been told, all together; then the same for a tenth of the questions, which shows whether \
                 the time grows faster than their number.";
    let growth = Figure::new("growth", "time a question, to that of a tenth", Unit::Times);
    vec![
        Case::new(DROPPED, "Ask, and drop the reply", dropped, Work::Repeat(1_000_000))
            .with([Figure::nanos("ns", "time a question").with_ratio()]),
        Case::new(ENDED, "Open asks, and the end of the other side", ended, Work::Repeat(100_000))
            .with([Figure::nanos("ns", "until all are told").with_ratio(), growth]),
    ]
}

/// What is open when the other side ends.
pub trait OpenAsks {
    /// The place of an answer.
    type Reply: Future + Unpin;

    /// Asks, while the other side is busy.
    fn ask(&self, question: u64) -> Self::Reply;

    /// Ends the other side without an answer, and does not wait for that.
    fn end(&mut self);

    /// Whether this tells of the end.
    fn is_end(output: &<Self::Reply as Future>::Output) -> bool;
}

impl Contender {
    /// Takes part in what is dropped. `prepare` gives what asks and drops the place of the answer, while the other side is
    /// busy, and what empties its queue and returns how many there were.
    #[must_use]
    pub fn asks_in_vain<A: FnMut(u64), E: FnMut() -> usize>(
        self,
        prepare: impl Fn() -> (A, E) + 'static,
    ) -> Self {
        self.does(DROPPED, move |count| {
            let (mut ask, mut empty) = prepare();
            let batches = count.div_ceil(BATCH).max(2);
            let mut elapsed = Duration::ZERO;
            // The first one is the warm-up.
            for batch in 0..batches {
                let began = Instant::now();
                (0..BATCH as u64).for_each(&mut ask);
                elapsed += if batch == 0 { Duration::ZERO } else { began.elapsed() };
                let found = empty();
                if found != BATCH {
                    return Err(format!("{found} questions of {BATCH} were in the queue"));
                }
            }
            Ok(Measured::of("ns", each(nanos(elapsed), (batches - 1) * BATCH)))
        })
    }

    /// Takes part in the end. `prepare` starts the side that does not answer.
    #[must_use]
    pub fn ends_open<A: OpenAsks>(self, prepare: impl Fn() -> A + 'static) -> Self {
        self.does(ENDED, move |count| {
            let few = end_with(prepare(), count / 10)?;
            let all = end_with(prepare(), count)?;
            let growth = each(nanos(all), count) / each(nanos(few), count / 10);
            Ok(Measured::of("ns", nanos(all)).and("growth", growth))
        })
    }
}

/// How long it takes until all are told.
fn end_with<A: OpenAsks>(mut asks: A, count: usize) -> Result<Duration, String> {
    let mut cx = Context::from_waker(Waker::noop());
    let mut replies: Vec<_> = (0..count as u64).map(|question| asks.ask(question)).collect();
    if replies.iter_mut().any(|reply| Pin::new(reply).poll(&mut cx).is_ready()) {
        return Err("there was an answer".to_owned());
    }
    let began = Instant::now();
    asks.end();
    let patience = began + Duration::from_secs(30);
    for reply in &mut replies {
        let told = loop {
            match Pin::new(&mut *reply).poll(&mut cx) {
                Poll::Ready(told) => break told,
                Poll::Pending if Instant::now() > patience => return Err("one was never told".to_owned()),
                Poll::Pending => thread::yield_now(),
            }
        };
        if !A::is_end(&told) {
            return Err("one was told of something else".to_owned());
        }
    }
    Ok(began.elapsed())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;
    use crate::contender::Kind;
    use crate::ours;

    /// Its replies tell of the end once it has come, but for one, which tells of something else.
    struct Asks {
        has_ended: Rc<Cell<bool>>,
        wrong: u64,
    }

    struct Reply(Rc<Cell<bool>>, bool);

    impl Future for Reply {
        type Output = bool;

        fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<bool> {
            if self.0.get() { Poll::Ready(self.1) } else { Poll::Pending }
        }
    }

    impl OpenAsks for Asks {
        type Reply = Reply;

        fn ask(&self, question: u64) -> Reply {
            Reply(Rc::clone(&self.has_ended), question != self.wrong)
        }

        fn end(&mut self) {
            self.has_ended.set(true);
        }

        fn is_end(output: &bool) -> bool {
            *output
        }
    }

    #[test]
    fn what_is_wrong_is_found() {
        let run = |case, wrong: u64, found: usize| {
            let contender = Contender::new(Kind::Bare, "one", "One", "")
                .asks_in_vain(move || (|_| {}, move || found))
                .ends_open(move || Asks { has_ended: Rc::default(), wrong });
            contender.repeat(case, 40).is_ok()
        };
        assert!(run(DROPPED, u64::MAX, BATCH) && run(ENDED, u64::MAX, BATCH));
        assert!(!run(DROPPED, u64::MAX, BATCH - 1));
        assert!(!run(ENDED, 39, BATCH));
    }

    #[test]
    fn ours_takes_part() {
        let ours = ours::messages();
        for (case, id) in [(DROPPED, "queue-worker"), (DROPPED, "queue-put"), (ENDED, "queue-worker")] {
            let found = ours.iter().find(|contender| contender.id() == id).unwrap();
            assert!(found.repeat(case, 100).unwrap().figures["ns"] > 0.0, "{case}");
        }
    }
}
