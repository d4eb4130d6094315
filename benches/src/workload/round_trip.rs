//! Round trip: a question and its answer.

use std::time::Instant;

use super::times::{median_and_p99, quantiles};
use crate::case::{Case, Work};
use crate::contender::Contender;
use crate::handover::{Handover, Inbox, Task, start};
use crate::measured::Measured;

/// The id of its case.
pub const ROUND_TRIP: &str = "round-trip";

pub(super) fn cases() -> Vec<Case> {
    let how = "One question at a time, from the call until the answer is there.";
    vec![Case::new(ROUND_TRIP, "Request and reply", how, Work::Repeat(1_000)).with(median_and_p99())]
}

impl Contender {
    /// Takes part. `prepare` gives the function that asks: it gets a number, and has to return the answer of the other
    /// side, which is the next number.
    #[must_use]
    pub fn asks<F: FnMut(u64) -> u64>(self, prepare: impl Fn() -> F + 'static) -> Self {
        self.does(ROUND_TRIP, move |count| round_trip(count, prepare()))
    }
}

/// From the question until its answer is there, one question at a time.
fn round_trip(count: usize, mut ask: impl FnMut(u64) -> u64) -> Result<Measured, String> {
    let mut times = Vec::with_capacity(count);
    for question in 0..count as u64 {
        let began = Instant::now();
        let answer = ask(question);
        times.push(began.elapsed());
        if answer != question + 1 {
            return Err(format!("the answer to {question} was {answer}"));
        }
    }
    Ok(quantiles(times))
}

/// Asks by a task that carries the sending end of a channel of its own: for contenders that know only tasks.
pub fn by_reply<P: Handover, S: Task, R>(
    channel: fn() -> (S, R),
    send: fn(S, u64),
    receive: fn(R) -> u64,
) -> impl FnMut(u64) -> u64 {
    let inbox = start::<P, (u64, S), _>(move |(question, reply)| send(reply, question + 1));
    move |question| {
        let (reply, answer) = channel();
        inbox.put((question, reply));
        receive(answer)
    }
}
