//! Round trip: a question, and the answer to it.

use std::time::Instant;

use super::quantiles;
use crate::handover::{Handover, Inbox, Task, start};
use crate::protocol::Measured;

/// From the question until its answer is there, one question at a time.
///
/// # Errors
///
/// When an answer is wrong.
pub fn round_trip(count: usize, mut ask: impl FnMut(u64) -> u64) -> Result<Measured, String> {
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

/// Asks by a task that carries the sending end of a channel of its own: for those that know tasks only.
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
