//! Puts of several producers, committed as one.
//!
//! A commit costs far more than a task. So a producer that finds the connection free takes with it the tasks of all
//! producers that wait, commits all of them at once, and hands out the answers.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::MutexGuard;
use pyaltt_core::layer::CutWait;

use super::entry::{Answer, Entry, PutFailure};
use super::lane::Asker;
use super::{Held, Link, is_over};
use crate::engine::error::EngineError;
use crate::engine::put::RawPut;

/// How many tasks are put at once, about.
const AT_ONCE: usize = 500;

impl Link {
    /// Stores tasks, all or none. Returns once the engine has answered.
    ///
    /// # Errors
    ///
    /// Until they are sent, a stop of the worker that the calling thread belongs to, or the deadline, ends the wait for the
    /// connection.
    pub(crate) fn put(&self, puts: Vec<RawPut>, deadline: Option<Instant>) -> Answer {
        let mut lane = self.lane.lock();
        if lane.is_free_for(Asker::Other, None) {
            let entries = lane.take_entries(AT_ONCE.saturating_sub(puts.len()));
            return self.take(lane, Asker::Other).put(&entries, puts);
        }
        let wait = CutWait::new();
        let entry = Arc::new(Entry::new(puts, wait.waker()));
        let place = lane.join(Asker::Other, wait.waker(), Some(Arc::clone(&entry)));
        loop {
            if !lane.is_waiting(place) {
                // Under way: nothing cuts this wait but the answer.
                drop(lane);
                return wait_for_answer(&entry, &wait);
            }
            if lane.is_free_for(Asker::Other, Some(place)) {
                lane.leave(place);
                let puts = entry.take();
                let entries = lane.take_entries(AT_ONCE.saturating_sub(puts.len()));
                return self.take(lane, Asker::Other).put(&entries, puts);
            }
            let is_cut = wait.is_cut();
            if is_cut || is_over(deadline) {
                lane.leave(place);
                lane.wake_next();
                return Err(if is_cut { PutFailure::Cut } else { PutFailure::Timeout });
            }
            MutexGuard::unlocked(&mut lane, || wait.park(deadline));
        }
    }
}

fn wait_for_answer(entry: &Entry, wait: &CutWait) -> Answer {
    loop {
        if let Some(answer) = entry.take_answer() {
            return answer;
        }
        wait.park(None);
    }
}

impl Held<'_> {
    /// Stores the tasks of waiting producers and those of the caller, and returns the answer to the caller.
    fn put(mut self, entries: &[Arc<Entry>], own: Vec<RawPut>) -> Answer {
        let mut all = Vec::with_capacity(own.len());
        let mut parts: Vec<Range<usize>> = Vec::with_capacity(entries.len() + 1);
        let of_entries = entries.iter().map(|entry| entry.take());
        for puts in of_entries.chain([own]) {
            let start = all.len();
            all.extend(puts);
            parts.push(start..all.len());
        }
        let mut answers = self.put_parts(&all, &parts);
        let own = answers.pop().unwrap_or(Err(PutFailure::NotSent("no tasks".into())));
        // Before the next one may go on: whoever has its answer and puts again joins those who wait, and one commit takes them
        // all. Otherwise the first of them would find the connection free, and commit its own task alone.
        for (entry, answer) in entries.iter().zip(answers) {
            entry.answer(answer);
        }
        drop(self);
        own
    }

    /// Stores all at once. If the engine refuses that, it stores them part by part, so that a task that cannot be stored
    /// spoils no other.
    fn put_parts(&mut self, all: &[RawPut], parts: &[Range<usize>]) -> Vec<Answer> {
        match self.put_all(all) {
            Ok(placed) => parts.iter().map(|part| Ok(placed[part.clone()].to_vec())).collect(),
            Err(PutFailure::Refused(_)) if parts.len() > 1 => {
                parts.iter().map(|part| self.put_all(&all[part.clone()])).collect()
            }
            Err(failure) => parts.iter().map(|_| Err(failure.clone())).collect(),
        }
    }

    fn put_all(&mut self, puts: &[RawPut]) -> Answer {
        let queue = &self.link.queue;
        let placed = self.call(|engine| {
            let placed = engine.put(queue, puts)?;
            if placed.len() == puts.len() {
                return Ok(placed);
            }
            let (given, stored) = (puts.len(), placed.len());
            Err(EngineError::NoAnswer(
                format!("the engine was given {given} tasks and answered for {stored}").into(),
            ))
        });
        Ok(placed?)
    }
}
