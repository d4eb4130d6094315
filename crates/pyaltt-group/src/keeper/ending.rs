//! The end of a group: the functions that were to run then, and the report.

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;
use pyaltt_core::layer::{call, discard};

use super::{Entry, Keeper};
use crate::machine::Cause;
use crate::machine::node::{Key, Outcome};
use crate::report::{EndedBy, MemberOutcome, MemberReport, Report};
use crate::supervisor::Shutdown;

/// What the functions at the end have at least.
const SHUTDOWN_AT_LEAST: Duration = Duration::from_millis(100);

impl Keeper {
    pub(super) fn finish(&mut self, cause: Cause) {
        let asked = self.asked.take();
        let since = asked.as_ref().map(|(_, since)| *since);
        let shutdown = self.run_shutdown(since);
        let ended_by = match cause {
            Cause::Asked => asked.map_or(EndedBy::Asked, |(by, _)| by),
            Cause::AllEnded => EndedBy::AllEnded,
            Cause::Critical(key) => EndedBy::Critical { member: self.path(key) },
            Cause::GaveUp(key) | Cause::NotStarted(key) => EndedBy::GaveUp { member: self.path(key) },
        };
        let members = self.entries.iter().map(|(key, entry)| self.report_on(*key, entry)).collect();
        let took = since.map(|since| since.elapsed()).unwrap_or_default();
        let report = Report { group: self.name.to_string(), ended_by, took, members, shutdown };
        self.let_go();
        *self.outcome.lock() = Some(report);
        if let Some(started) = self.started.take() {
            let failure = self.start_failure(cause);
            started.answer(Err(failure));
        }
        // Nobody sends any more. Whoever waits for an answer learns that there is none.
        while let Ok(message) = self.mailbox.try_recv() {
            discard(message);
        }
        self.adding.clear();
        self.removing.clear();
        // What it holds is the user's, and may be waited for.
        let on_event = self.on_event.take();
        discard(on_event);
        self.is_over = true;
    }

    fn report_on(&self, key: Key, entry: &Entry) -> MemberReport {
        let handle = entry.member.handle();
        let outcome = match (self.machine.outcome(key), &entry.abandoned) {
            (Outcome::Stuck, Some(stuck)) => MemberOutcome::Stuck {
                state: stuck.state,
                turn: stuck.turn,
                for_at_least: stuck.for_at_least,
            },
            (Outcome::NotReached, _) => MemberOutcome::NotReached,
            _ => MemberOutcome::Stopped(handle.last_exit()),
        };
        MemberReport { name: handle.name().to_owned(), path: entry.path.clone(), outcome }
    }

    /// Runs the functions on a thread of their own, because one may hang.
    fn run_shutdown(&mut self, since: Option<Instant>) -> Vec<(String, Result<(), String>)> {
        let collections = std::mem::take(&mut self.shutdown);
        if collections.is_empty() {
            return Vec::new();
        }
        let passed = since.map(|since| since.elapsed()).unwrap_or_default();
        let left = self.stop_within.saturating_sub(passed).max(SHUTDOWN_AT_LEAST);
        let (sender, results) = crossbeam_channel::unbounded();
        let count = collections.len();
        let run = move || run_all(collections, |results| drop(sender.send(results)));
        if let Err(error) = thread::Builder::new().name("shutdown".to_owned()).spawn(run) {
            return vec![("on_shutdown".to_owned(), Err(error.to_string()))];
        }
        let end = Instant::now().checked_add(left);
        let mut all = Vec::new();
        for _ in 0..count {
            let next = match end {
                Some(end) => results.recv_deadline(end),
                None => results.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(results) => all.extend(results),
                Err(_) => all.push(("on_shutdown".to_owned(), Err(format!("not done within {left:?}")))),
            }
        }
        all
    }
}

fn run_all(collections: Vec<Shutdown>, mut tell: impl FnMut(Vec<(String, Result<(), String>)>)) {
    for run in collections {
        let panicked = |panic: pyaltt_core::Panic| vec![("on_shutdown".to_owned(), Err(panic.to_string()))];
        tell(call(run).unwrap_or_else(panicked));
    }
}
