//! Questions and their answers: plain threads that ask one consumer, each one question after the other.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use super::times::{cpu_time, each, median_and_p99, nanos, quantiles};
use crate::case::{Case, Figure, Work};
use crate::contender::Contender;
use crate::measured::Measured;

/// The id of its case with one asker, who never rests.
pub const AWAKE: &str = "ask-awake";

/// The id of its case in which both sides sleep before each question.
pub const ASLEEP: &str = "ask-asleep";

/// Its cases with several askers, and how many these are.
pub const CROWDS: [(&str, usize); 2] = [("ask-4", 4), ("ask-64", 64)];

/// The pause before each question of [`ASLEEP`].
const PAUSE: Duration = Duration::from_millis(1);

pub(super) fn cases() -> Vec<Case> {
    let stream = "Plain threads ask, each the next question when it has its answer, and every answer is checked. From the \
                  first question until the last answer, divided by the number of questions; a tenth of them goes first, as \
                  a warm-up.";
    let asleep = "A plain thread sleeps for 1 ms before each question, so the other side sleeps, too. From the call until \
                  the answer is there.";
    let crowds = CROWDS.map(|(id, askers)| (id, format!("Ask, {askers} askers, one consumer")));
    let case = |(id, title)| Case::new(id, title, stream, Work::Repeat(100_000)).with(figures());
    let [few, many] = crowds.map(case);
    vec![
        case((AWAKE, "Ask, 1 asker, both sides awake".to_owned())),
        Case::new(ASLEEP, "Ask, 1 asker, both sides asleep", asleep, Work::Repeat(400))
            .with(median_and_p99()),
        few,
        many,
    ]
}

/// The figures of a stream of questions.
pub(super) fn figures() -> [Figure; 2] {
    [Figure::nanos("ns", "time a question").with_ratio(), Figure::nanos("cpu", "CPU a question")]
}

impl Contender {
    /// Takes part. `prepare` starts the side that answers, and returns what makes an asker for each thread. An asker gets a
    /// number, and has to return the answer of the other side, which is the next number.
    #[must_use]
    pub fn answers<M: Fn() -> F, F: FnMut(u64) -> u64 + Send>(
        self,
        prepare: impl Fn() -> M + Copy + 'static,
    ) -> Self {
        let streams = [(AWAKE, 1)].into_iter().chain(CROWDS);
        let all = streams.fold(self, |all, (case, askers)| {
            all.does(case, move |count| {
                let asker = prepare();
                stream(askers, count / 10, &asker)?;
                stream(askers, count, &asker)
            })
        });
        all.does(ASLEEP, move |count| {
            let mut ask = prepare()();
            let once = |question| {
                thread::sleep(PAUSE);
                let began = Instant::now();
                checked(question, ask(question))?;
                Ok(began.elapsed())
            };
            Ok(quantiles((0..count as u64).map(once).collect::<Result<_, String>>()?))
        })
    }
}

/// Holds an answer against its question.
pub(super) fn checked(question: u64, answer: u64) -> Result<(), String> {
    if answer == question + 1 { Ok(()) } else { Err(format!("the answer to {question} was {answer}")) }
}

fn stream<F: FnMut(u64) -> u64 + Send>(
    askers: usize,
    count: usize,
    asker: &impl Fn() -> F,
) -> Result<Measured, String> {
    let share = count.div_ceil(askers);
    let barrier = Barrier::new(askers + 1);
    thread::scope(|scope| {
        let start = |number: usize| {
            let (mut ask, barrier) = (asker(), &barrier);
            let first = (number * share) as u64;
            scope.spawn(move || {
                barrier.wait();
                // Each says when it began and ended: the thread that waits may get its processor back late.
                let began = Instant::now();
                (first..first + share as u64).try_for_each(|question| checked(question, ask(question)))?;
                Ok::<_, String>((began, Instant::now()))
            })
        };
        let asking: Vec<_> = (0..askers).map(start).collect();
        let spent = cpu_time();
        barrier.wait();
        let mut times = Vec::with_capacity(askers);
        for asking in asking {
            times.push(asking.join().map_err(|_| "an asker has panicked".to_owned())??);
        }
        let spent = cpu_time().saturating_sub(spent);
        let began = times.iter().map(|times| times.0).min().ok_or("nobody has asked anything")?;
        let ended = times.iter().map(|times| times.1).max().unwrap_or(began);
        let (total, elapsed) = (share * askers, ended.saturating_duration_since(began));
        Ok(Measured::of("ns", each(nanos(elapsed), total)).and("cpu", each(nanos(spent), total)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::Kind;

    fn run(case: &str, wrong: u64) -> bool {
        let contender = Contender::new(Kind::Bare, "one", "One", "")
            .answers(move || move || move |question| question + 1 + u64::from(question == wrong));
        contender.repeat(case, 20).is_ok()
    }

    #[test]
    fn each_answer_is_checked() {
        for case in [AWAKE, ASLEEP].into_iter().chain(CROWDS.map(|(case, _)| case)) {
            assert!(run(case, u64::MAX), "{case}");
            assert!(!run(case, 19), "{case}");
        }
    }
}
