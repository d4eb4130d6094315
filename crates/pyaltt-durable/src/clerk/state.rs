//! What the clerk does next. Pure: it is told the time, what there is to do, and how its steps went.
//!
//! ```text
//!  no owner ── register ──► sweep ──► rounds, sweeps, renewals ── the last worker left, all settled ──► farewell
//!     ▲                                  │        ▲
//!     │ owner gone, or lease over        │ error  │ after a pause; `mine` first, if an answer was lost
//!     └──────────────────────────────────┴────────┘
//! ```

use std::time::{Duration, Instant};

use crate::dispatch::Load;
use crate::engine::error::EngineError;
use crate::engine::owner::OwnerId;

/// The pauses after errors, before jitter.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How soon after the bell broke it is looked for tasks and another bell.
const AFTER_A_BREAK: Duration = Duration::from_secs(1);

/// What the due time of a task is put off by at most, so that not all processes look at once.
const DUE_JITTER: Duration = Duration::from_millis(10);

/// The longest time between two looks, before jitter.
pub(crate) const LONGEST_SAFETY: Duration = Duration::from_secs(30);

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a duty of its own, and any may come with any")]
pub(crate) struct State {
    lease: Duration,
    /// How long after a look the next one is due, before jitter.
    safety: Duration,
    owner: Option<Owner>,
    /// An answer was lost, so the engine may hold tasks for the owner that nobody here knows of.
    must_ask: bool,
    must_sweep: bool,
    /// There is a reason to look for tasks that no worker's question is: the bell, a sweep, or tasks that were left.
    must_look: bool,
    /// What an earlier owner of this process has done has to be settled before the next sweep.
    must_settle: bool,
    /// There is a reason for a round of what is in hand: something there was cancelled.
    must_tell: bool,
    safety_at: Option<Instant>,
    due_at: Option<Instant>,
    /// The end of the pause after an error.
    retry_at: Option<Instant>,
    failures: u32,
    failing_since: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Owner {
    id: OwnerId,
    /// When its lease began anew.
    renewed: Instant,
}

/// One step: a call of the engine, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Register,
    /// Asks for what was lent to the owner without its knowledge, and hands it back.
    Mine(OwnerId),
    Sweep,
    Round(OwnerId),
    /// The lease is over: forgets all that was lent.
    Lose,
    Farewell(OwnerId),
    /// Sleeps until then, or until something happens.
    Sleep(Option<Instant>),
    /// There is nothing left to do.
    End,
}

impl State {
    /// `safety`: the longest time between two looks. It is shorter where leases are, so that tasks of a process that died
    /// run elsewhere within one and a half leases, and so that an idle owner keeps its lease.
    pub(crate) fn new(lease: Duration, safety: Duration) -> Self {
        Self {
            lease,
            safety: safety.min(lease.mul_f64(0.4)),
            owner: None,
            must_ask: false,
            must_sweep: false,
            must_look: false,
            must_settle: false,
            must_tell: false,
            safety_at: None,
            due_at: None,
            retry_at: None,
            failures: 0,
            failing_since: None,
        }
    }

    #[must_use]
    pub(crate) fn next(&self, load: &Load, now: Instant) -> Step {
        let is_over = |time: Option<Instant>| time.is_some_and(|time| time <= now);
        if let Some(owner) = self.owner
            && (load.holds || load.consumers == 0)
            && now > owner.renewed + self.lease
        {
            return Step::Lose;
        }
        if let Some(retry_at) = self.retry_at
            && retry_at > now
        {
            let end = self.owner.filter(|_| load.holds).map(|owner| just_after(owner.renewed + self.lease));
            return Step::Sleep(Some(end.map_or(retry_at, |end| end.min(retry_at))));
        }
        let Some(owner) = self.owner else {
            return if load.consumers > 0 || load.settles { Step::Register } else { Step::End };
        };
        if self.must_ask {
            return Step::Mine(owner.id);
        }
        if load.consumers == 0 {
            return if load.settles { Step::Round(owner.id) } else { Step::Farewell(owner.id) };
        }
        if self.must_settle && load.settles {
            return Step::Round(owner.id);
        }
        if self.must_sweep || is_over(self.safety_at) {
            return Step::Sweep;
        }
        let renew_at = load.holds.then(|| owner.renewed + self.lease / 3);
        let due_at = self.due_at.filter(|_| load.want > 0);
        let settle_at = load.settles.then(|| load.settle_by.unwrap_or(now));
        let has_reason = load.asked || self.must_look && load.want > 0 || self.must_tell && load.holds;
        if has_reason || [renew_at, due_at, settle_at].into_iter().any(is_over) {
            return Step::Round(owner.id);
        }
        Step::Sleep([renew_at, due_at, settle_at, self.safety_at].into_iter().flatten().min())
    }

    /// The bell has rung.
    pub(crate) fn rung(&mut self) {
        self.must_look = true;
    }

    /// A task was cancelled that runs, perhaps here.
    pub(crate) fn cancelled(&mut self) {
        self.must_tell = true;
    }

    /// The bell broke, perhaps with the connection to the engine. A look that makes another one comes soon, and not at once, so
    /// that a bell which breaks each time makes no hot loop.
    pub(crate) fn bell_broke(&mut self, now: Instant) {
        let soon = now + AFTER_A_BREAK.min(self.safety);
        self.safety_at = Some(self.safety_at.map_or(soon, |at| at.min(soon)));
    }

    /// A step was not completed, and nobody knows how far it came.
    pub(crate) fn interrupted(&mut self) {
        self.must_ask = true;
    }

    pub(crate) fn registered(&mut self, id: OwnerId, now: Instant) {
        self.owner = Some(Owner { id, renewed: now });
        self.must_ask = false;
        self.must_sweep = true;
        self.due_at = None;
        self.succeeded();
    }

    pub(crate) fn asked_for_mine(&mut self) {
        self.must_ask = false;
        // What went back is to be taken again, perhaps by this process.
        self.must_look = true;
        self.succeeded();
    }

    /// `random`: from 0 to 1.
    pub(crate) fn swept(&mut self, now: Instant, random: f64) {
        self.must_sweep = false;
        self.must_look = true;
        self.safety_at = Some(now + self.safety.mul_f64(1.0 + 0.2 * random));
        self.succeeded();
    }

    /// A round that began at `began` has succeeded. `again`: it has left tasks that idle workers want.
    pub(crate) fn round_done(
        &mut self,
        began: Instant,
        has_looked: bool,
        next_due: Option<Duration>,
        again: bool,
        random: f64,
    ) {
        if let Some(owner) = &mut self.owner
            && began >= owner.renewed + self.lease / 3
        {
            owner.renewed = began;
        }
        if has_looked {
            self.must_look = false;
        }
        self.must_tell = false;
        self.must_settle = false;
        self.must_look |= again;
        self.due_at = next_due.map(|due| began + due + DUE_JITTER.mul_f64(random));
        self.succeeded();
    }

    /// The owner is gone, and with it all that it held.
    ///
    /// `must_settle`: it has done tasks that are not settled. They are, before a sweep gives them to somebody else.
    pub(crate) fn lost(&mut self, must_settle: bool) {
        self.owner = None;
        self.must_ask = false;
        self.must_settle = must_settle;
    }

    /// A step has failed. `random`: from 0 to 1.
    pub(crate) fn failed(&mut self, error: &EngineError, now: Instant, random: f64) {
        self.must_ask |= !error.is_certain();
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let pause = SHORTEST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.failing_since.get_or_insert(now);
        self.retry_at = Some(now + pause.mul_f64(0.75 + 0.25 * random));
    }

    fn succeeded(&mut self) {
        self.failures = 0;
        self.failing_since = None;
        self.retry_at = None;
    }

    pub(crate) fn owner(&self) -> Option<OwnerId> {
        self.owner.map(|owner| owner.id)
    }

    /// For how long nothing has succeeded.
    pub(crate) fn failing_for(&self, now: Instant) -> Duration {
        self.failing_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

/// The lease is over when more than its time has passed.
fn just_after(time: Instant) -> Instant {
    time + Duration::from_nanos(1)
}
