//! Calls that may wait, each on a thread of its own.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::record::Outcome;
use crate::stage::PATIENCE;

pub(crate) struct HelperCall {
    outcome: Receiver<Outcome>,
    /// The directory in which the system shows the thread.
    shown_in: PathBuf,
}

impl HelperCall {
    pub(crate) fn new(call: impl FnOnce() -> Outcome + Send + 'static) -> Self {
        let (tell, outcome) = channel();
        let (show, shown) = channel();
        thread::spawn(move || {
            show.send(std::fs::read_link("/proc/thread-self")).ok();
            tell.send(call()).ok();
        });
        let link = shown.recv().unwrap().unwrap();
        Self { outcome, shown_in: PathBuf::from("/proc").join(link) }
    }

    /// What the call gave back, which is sure to come.
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome.recv_timeout(PATIENCE).expect("the call returns")
    }

    /// What it gave back, if it has.
    pub(crate) fn outcome_now(&self) -> Option<Outcome> {
        self.outcome.try_recv().ok()
    }

    /// Waits until the call waits, or has ended: its thread sleeps, and still does after several looks.
    pub(crate) fn wait_until_asleep(&self) {
        let mut sleeping = 0;
        while sleeping < 3 {
            let status = std::fs::read_to_string(self.shown_in.join("status")).unwrap_or_default();
            if status.is_empty() {
                return;
            }
            sleeping = if status.contains("State:\tS") { sleeping + 1 } else { 0 };
            thread::yield_now();
        }
    }
}
