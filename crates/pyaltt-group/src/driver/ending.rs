//! The end of a group: the functions that were to run then, and the report.

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{at, never, select_biased};
use pyaltt_core::layer::{call, discard};

use super::state::{Driver, Entry};
use crate::machine::Cause;
use crate::machine::node::{Key, Outcome};
use crate::message::{Message, answer};
use crate::plan::Shutdown;
use crate::report::{EndedBy, MemberOutcome, MemberReport, Report};

/// What the functions at the end have at least.
const SHUTDOWN_AT_LEAST: Duration = Duration::from_millis(100);

impl Driver {
    pub(super) fn finish(&mut self, cause: Cause) {
        let asked = self.asked.take();
        let since = asked.as_ref().map(|(_, since)| *since);
        let shutdown = self.run_shutdown();
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
        self.listening = None;
        *self.outcome.lock() = Some(report);
        if let Some(started) = self.started.take() {
            let failure = self.start_failure(cause);
            answer(started, Err(failure));
        }
        // Nobody sends any more. Whoever waits for an answer learns that there is none.
        while let Ok(message) = self.mailbox.try_recv() {
            discard(message);
        }
        self.adding.clear();
        self.removing.clear();
        // What it holds is the user's, and may be waited for.
        discard((self.on_event.take(), std::mem::take(&mut self.on_signal)));
        self.is_over = true;
    }

    fn report_on(&self, key: Key, entry: &Entry) -> MemberReport {
        let handle = entry.member.handle();
        let outcome = match (self.machine.outcome(key), &entry.abandoned) {
            (Outcome::Stuck, Some(stuck)) => MemberOutcome::Stuck {
                state: stuck.state,
                turn: stuck.turn,
                for_at_least: stuck.for_at_least,
                waiting_on: stuck.waiting_on.clone(),
            },
            (Outcome::NotReached, _) => MemberOutcome::NotReached,
            _ => MemberOutcome::Stopped(handle.last_exit()),
        };
        MemberReport { name: handle.name().to_owned(), path: entry.path.to_string(), outcome }
    }

    /// Runs the functions on a thread of their own, because one may hang.
    fn run_shutdown(&mut self) -> Vec<(String, Result<(), String>)> {
        let collections = std::mem::take(&mut self.shutdown);
        if collections.is_empty() {
            return Vec::new();
        }
        let (sender, results) = crossbeam_channel::unbounded();
        let mut left = collections.len();
        let run = move || run_all(collections, |results| drop(sender.send(results)));
        if let Err(error) = thread::Builder::new().name("shutdown".to_owned()).spawn(run) {
            return vec![("on_shutdown".to_owned(), Err(error.to_string()))];
        }
        let began = Instant::now();
        let least = began + SHUTDOWN_AT_LEAST;
        if self.end_by.is_none() {
            self.end_by = began.checked_add(self.stop_within);
        }
        let mut all = Vec::new();
        while left > 0 {
            let over = self.end_by.map_or_else(never, |end| at(end.max(least)));
            select_biased! {
                recv(results) -> next => {
                    all.extend(next.unwrap_or_default());
                    left -= 1;
                }
                recv(over) -> _ => {
                    let error = format!("not done within {:.1?}", began.elapsed());
                    all.extend((0..left).map(|_| ("on_shutdown".to_owned(), Err(error.clone()))));
                    break;
                }
                // Whoever asks something else is told that the group has ended, by the drop of its reply.
                recv(self.mailbox) -> message => if let Ok(
                    Message::Hurry { by, left: within } | Message::Stop { by, total: Some(within) },
                ) = message
                {
                    self.ask(by, within);
                },
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
