//! What a group has a say in at a member, on the member's own thread.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use parking_lot::Mutex;
use pyaltt_core::layer::{Membership, News};
use pyaltt_core::{Exit, ExitReason, Restart, Then};

use crate::machine::node::Key;
use crate::message::Message;

/// What is the same for all members of one group.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The name of the outermost group.
    pub(crate) group: Arc<str>,
    /// Whether a member that fails waits for the restart of its group.
    pub(crate) holds: bool,
    /// The policy of members that have none of their own.
    pub(crate) restart: Arc<Restart>,
    /// Of all restarts of members together.
    pub(crate) budget: Option<Budget>,
}

/// How many restarts there may be in any time of a length.
#[derive(Debug)]
pub(crate) struct Budget {
    restarts: u32,
    within: Duration,
    counted: Mutex<VecDeque<Instant>>,
}

impl Budget {
    pub(crate) fn new(restarts: u32, within: Duration) -> Self {
        Self { restarts, within, counted: Mutex::default() }
    }

    /// Forgets the restarts so far.
    pub(crate) fn renew(&self) {
        self.counted.lock().clear();
    }

    /// Counts a restart, or returns `false` if there may be no more.
    fn allows(&self, now: Instant) -> bool {
        let mut counted = self.counted.lock();
        while counted.front().is_some_and(|at| now.saturating_duration_since(*at) >= self.within) {
            counted.pop_front();
        }
        let allows = counted.len() < self.restarts as usize;
        if allows {
            counted.push_back(now);
        }
        allows
    }
}

/// One worker's membership.
pub(crate) struct GroupMembership {
    key: Key,
    rules: Arc<Rules>,
    /// In place of the worker's own policy.
    policy: Option<Arc<Restart>>,
    mailbox: Sender<Message>,
    /// Whether the latest verdict was that of the group's budget.
    is_spent: AtomicBool,
}

impl GroupMembership {
    pub(crate) fn new(
        key: Key,
        rules: Arc<Rules>,
        policy: Option<Arc<Restart>>,
        mailbox: Sender<Message>,
    ) -> Self {
        Self { key, rules, policy, mailbox, is_spent: AtomicBool::new(false) }
    }
}

impl Membership for GroupMembership {
    fn group(&self) -> &str {
        &self.rules.group
    }

    fn policy<'a>(&'a self, own: Option<&'a Restart>) -> Option<&'a Restart> {
        Some(self.policy.as_deref().or(own).unwrap_or(&self.rules.restart))
    }

    fn verdict(&self, exit: &Exit, planned: Then) -> Then {
        let by_itself = exit.reason != ExitReason::Stopped;
        if !(by_itself && matches!(planned, Then::Again { .. } | Then::Held)) {
            return planned;
        }
        match &self.rules.budget {
            Some(budget) if !budget.allows(Instant::now()) => {
                self.is_spent.store(true, Ordering::Relaxed);
                Then::GaveUp { restarts: budget.restarts.into(), within: budget.within }
            }
            _ if self.rules.holds => Then::Held,
            _ => planned,
        }
    }

    fn told(&self, news: News) {
        let spent = matches!(news, News::Ended(_)) && self.is_spent.swap(false, Ordering::Relaxed);
        // The group may have ended.
        let _ = self.mailbox.send(Message::News { key: self.key, news, spent });
    }
}
