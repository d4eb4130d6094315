//! Calls that may wait, each on a thread of its own.

use std::sync::mpsc::{Receiver, channel};
use std::thread;

use testkit::os_thread::OsThread;

use crate::record::Outcome;
use crate::script::PATIENCE;

pub(crate) struct HelperCall {
    outcome: Receiver<Outcome>,
    thread: OsThread,
}

impl HelperCall {
    pub(crate) fn new(call: impl FnOnce() -> Outcome + Send + 'static) -> Self {
        let (tell, outcome) = channel();
        let (show, shown) = channel();
        thread::spawn(move || {
            show.send(OsThread::current()).ok();
            tell.send(call()).ok();
        });
        Self { outcome, thread: shown.recv().unwrap() }
    }

    /// What the call returned; it is sure to return.
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome.recv_timeout(PATIENCE).expect("the call returns")
    }

    /// What it returned, if it has.
    pub(crate) fn outcome_now(&self) -> Option<Outcome> {
        self.outcome.try_recv().ok()
    }

    /// Waits until the call waits or has returned: its thread sleeps, and still does when it is looked at again.
    pub(crate) fn wait_until_asleep(&self) {
        let mut sleeping = 0;
        while sleeping < 3 && !self.thread.has_ended() {
            sleeping = if self.thread.is_asleep() { sleeping + 1 } else { 0 };
            thread::yield_now();
        }
    }
}
