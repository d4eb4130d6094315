//! What lies between the workers of a process and its clerk: tasks that are ready for them, what they want, and what became
//! of the tasks that they had. Pure: it knows neither threads nor the engine, and is told the time.
//!
//! - [`consumer`]: what a worker wants. [`in_hand`]: tasks in hand, and what was written about them.
//!
//! # One look for each question
//!
//! A worker that finds nothing on the shelf *asks*. The clerk's next round begins with a look at who asks, takes as many
//! tasks as all idle workers want, and answers: a worker either finds tasks on the shelf or is *told* once that there are
//! none. After that it *waits*, and is no reason for further rounds: the engine rings when there is something.
//!
//! ```text
//!          take: nothing there          round begins            round brought nothing
//!  busy ───────────────────────► asks ───────────────► looks ─────────────────────────► told
//!   ▲                             ▲  take: nothing there │                               │ take: Empty
//!   │                             └──────────────────────┘◄──────────────────────────┐   ▼
//!   └──── take: tasks (from any of these)                     take: nothing there    └─ waits
//! ```
//!
//! The shelf never holds more than idle workers want. What a worker that leaves or is paused had asked for goes back.

mod consumer;
mod in_hand;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use pyaltt_core::{Lease, Loss};

use crate::engine::round::{Answer, Fate, RawTask, Settle};
use consumer::{Consumer, Mode};
use in_hand::PendingSettle;

pub(crate) use in_hand::InHand;

/// How many settlements and tasks a round has at most.
const AT_ONCE: usize = 1_000;

/// How long the settlement of a worker waits for the worker to ask for its next task, so that one round does both. The
/// clerk takes longer to wake up, so mostly nothing waits.
const SETTLE_DELAY: Duration = Duration::from_millis(1);

/// How often a task is lost with its process before it runs alone.
const ALONE: u32 = 2;

/// `W` is what wakes a worker.
#[derive(Debug)]
pub(crate) struct Dispatch<W> {
    consumers: BTreeMap<u64, Consumer<W>>,
    /// How many questions there were, so that they are answered in order.
    questions: u64,
    shelf: VecDeque<(RawTask, Loss)>,
    /// What workers have, by slot.
    hands: BTreeMap<i64, InHand>,
    settles: VecDeque<PendingSettle>,
    /// What the round under way settles.
    under_way: Vec<PendingSettle>,
    /// How many settlements the next round has at most.
    most: usize,
    /// How many tasks were taken since the last of those that are taken by age.
    since_oldest: u32,
    fair_share: u32,
}

/// What a worker finds when it takes.
#[derive(Debug)]
pub(crate) enum Taken {
    Tasks(Vec<(RawTask, Loss)>),
    /// Nothing, and the clerk is to look.
    Asked,
    /// Nothing, as a look has shown that began after the last take.
    Empty,
}

/// What there is to do, for the clerk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    /// How many workers take tasks.
    pub(crate) consumers: usize,
    /// How many tasks idle workers want.
    pub(crate) want: usize,
    /// Whether one of them has to be answered.
    pub(crate) asked: bool,
    /// Whether the engine holds tasks for this process, as far as is known.
    pub(crate) holds: bool,
    /// Whether there is something to be settled,
    pub(crate) settles: bool,
    /// and until when that can wait for the question of a worker.
    pub(crate) settle_by: Option<Instant>,
}

/// What a round asks of the engine.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoundPlan {
    pub(crate) settles: Vec<Settle>,
    pub(crate) want: u32,
    pub(crate) oldest: u32,
    pub(crate) alone: bool,
}

/// What a round has come to.
#[derive(Debug)]
pub(crate) struct Outcome<W> {
    /// Who is to be woken.
    pub(crate) wake: Vec<W>,
    /// How many settlements came too late.
    pub(crate) refused: u64,
    /// Whether idle workers still want tasks although there were some: then the engine does not ring.
    pub(crate) again: bool,
}

impl<W: Clone> Dispatch<W> {
    /// Each `fair_share`th task is taken by age; with 0, none is.
    pub(crate) fn new(fair_share: u32) -> Self {
        Self {
            consumers: BTreeMap::new(),
            questions: 0,
            shelf: VecDeque::new(),
            hands: BTreeMap::new(),
            settles: VecDeque::new(),
            under_way: Vec::new(),
            most: AT_ONCE,
            since_oldest: 0,
            fair_share,
        }
    }

    pub(crate) fn join(&mut self, worker: u64, waker: W) {
        self.consumers.insert(worker, Consumer::new(waker));
    }

    /// A worker is paused. It wants nothing, and keeps what it has in hand. Returns who is to be woken, as
    /// [`leave`](Self::leave) does.
    pub(crate) fn rest(&mut self, worker: u64) -> Vec<W> {
        if let Some(consumer) = self.consumers.get_mut(&worker) {
            consumer.work();
        }
        self.pass_on(worker)
    }

    /// A worker leaves: what nobody wants any more goes back. Returns who is to be woken, for a task that it was woken for
    /// and has not taken.
    pub(crate) fn leave(&mut self, worker: u64) -> Vec<W> {
        self.consumers.remove(&worker);
        let left: Vec<_> =
            self.hands.iter().filter(|(_, hand)| hand.worker == worker).map(|(slot, _)| *slot).collect();
        for slot in left {
            if let Some(hand) = self.hands.remove(&slot) {
                self.write(hand.lease, Fate::HandBack { after: None }, worker);
            }
        }
        self.pass_on(worker)
    }

    /// Leaves on the shelf what others want, and returns them.
    fn pass_on(&mut self, worker: u64) -> Vec<W> {
        self.hand_back_rest(worker);
        let mut left = self.shelf.len();
        let mut wake = Vec::new();
        for consumer in idle(&mut self.consumers) {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(consumer.demand);
            wake.push(consumer.waker.clone());
        }
        wake
    }

    /// Hands back what no worker wants.
    fn hand_back_rest(&mut self, worker: u64) {
        while self.shelf.len() > self.demand()
            && let Some((task, _)) = self.shelf.pop_back()
        {
            self.write(task.lease, Fate::HandBack { after: None }, worker);
        }
    }

    pub(crate) fn take(&mut self, worker: u64, max: usize) -> Taken {
        let Some(consumer) = self.consumers.get_mut(&worker) else { return Taken::Empty };
        if !self.shelf.is_empty() {
            consumer.work();
            let tasks: Vec<_> = self.shelf.drain(..max.min(self.shelf.len())).collect();
            for (task, loss) in &tasks {
                self.hands.insert(task.lease.slot(), InHand::new(task, loss, worker));
            }
            // It may have asked for more than it takes.
            self.hand_back_rest(worker);
            return Taken::Tasks(tasks);
        }
        if consumer.mode == Mode::Told {
            consumer.mode = Mode::Waits;
            consumer.demand = max;
            return Taken::Empty;
        }
        if !consumer.mode.is_idle() {
            self.questions += 1;
            consumer.question = self.questions;
        }
        consumer.mode = Mode::Asks;
        consumer.demand = max;
        Taken::Asked
    }

    /// Takes note of what is to become of a task in hand. Returns false if the lease is lost, so that it does not matter.
    pub(crate) fn settle(&mut self, lease: Lease, now: Instant, fate: impl FnOnce(&InHand) -> Fate) -> bool {
        let Some(hand) = self.hands.get(&lease.slot()).filter(|hand| hand.lease == lease) else {
            return false;
        };
        let (fate, worker) = (fate(hand), hand.worker);
        self.hands.remove(&lease.slot());
        self.write(lease, fate, worker);
        if !self.hands.values().any(|hand| hand.worker == worker)
            && let Some(consumer) = self.consumers.get_mut(&worker)
            && !consumer.mode.is_idle()
        {
            consumer.mode = Mode::Between(now);
        }
        true
    }

    fn write(&mut self, lease: Lease, fate: Fate, worker: u64) {
        self.settles.push_back(PendingSettle { settle: Settle::new(lease, fate), worker });
    }

    /// How many settlements of a worker are still under way.
    pub(crate) fn unsettled(&self, worker: u64) -> usize {
        self.settles.iter().chain(&self.under_way).filter(|written| written.worker == worker).count()
    }

    pub(crate) fn has_consumers(&self) -> bool {
        !self.consumers.is_empty()
    }

    /// Whether nothing is to be settled.
    pub(crate) fn is_settled(&self) -> bool {
        self.settles.is_empty() && self.under_way.is_empty()
    }

    /// How many tasks lie ready here.
    pub(crate) fn on_shelf(&self) -> usize {
        self.shelf.len()
    }

    pub(crate) fn load(&self) -> Load {
        let want = self.want();
        let asked = want > 0 && self.consumers.values().any(|consumer| consumer.mode == Mode::Asks);
        Load {
            consumers: self.consumers.len(),
            want,
            asked,
            holds: !(self.hands.is_empty() && self.shelf.is_empty() && self.is_settled()),
            settles: !self.settles.is_empty(),
            settle_by: self.settle_by(),
        }
    }

    fn settle_by(&self) -> Option<Instant> {
        let ends = self.consumers.values().filter_map(|consumer| match consumer.mode {
            Mode::Between(since) => Some(since + SETTLE_DELAY),
            _ => None,
        });
        ends.max()
    }

    /// How many tasks idle workers want.
    pub(crate) fn demand(&self) -> usize {
        self.consumers.values().map(|consumer| consumer.demand).sum()
    }

    /// How many tasks the next round may take. While a task runs that has to run alone, it takes none.
    fn want(&self) -> usize {
        let on_shelf = self.shelf.iter().map(|(task, _)| task.crashes);
        let in_hand = self.hands.values().map(|hand| hand.crashes);
        if on_shelf.chain(in_hand).any(|crashes| crashes >= ALONE) {
            return 0;
        }
        self.demand().saturating_sub(self.shelf.len()).min(AT_ONCE)
    }

    /// A round begins.
    pub(crate) fn begin_round(&mut self) -> RoundPlan {
        let want = self.want();
        if want > 0 {
            for consumer in self.consumers.values_mut().filter(|consumer| consumer.mode == Mode::Asks) {
                consumer.mode = Mode::Looks;
            }
        }
        let count = self.settles.len().min(self.most);
        self.under_way = self.settles.drain(..count).collect();
        let want = u32::try_from(want).unwrap_or(u32::MAX);
        RoundPlan {
            settles: self.under_way.iter().map(|written| written.settle.clone()).collect(),
            want,
            oldest: (self.since_oldest + want).checked_div(self.fair_share).unwrap_or(0),
            alone: self.hands.is_empty() && self.shelf.is_empty() && self.settles.is_empty(),
        }
    }

    /// A round has succeeded.
    pub(crate) fn end_round(&mut self, answer: Answer) -> Outcome<W> {
        let came_too_late = answer.settled.iter().filter(|settled| !**settled).count();
        self.under_way.clear();
        if self.settles.is_empty() {
            self.most = AT_ONCE;
        }
        for lease in answer.cancelled {
            self.lose_one(lease);
        }
        let taken = u32::try_from(answer.tasks.len()).unwrap_or(u32::MAX);
        self.since_oldest = self.since_oldest.saturating_add(taken).checked_rem(self.fair_share).unwrap_or(0);
        self.shelf.extend(answer.tasks.into_iter().map(|task| (task, Loss::new())));
        // A worker may have left or been paused meanwhile.
        self.hand_back_rest(0);

        let wake = self.wakers_to_call();
        Outcome { wake, refused: came_too_late as u64, again: taken > 0 && self.want() > 0 }
    }

    /// Says who is to be woken: those for whom there are tasks, in the order of their questions, and those who have to be
    /// told that there are none.
    fn wakers_to_call(&mut self) -> Vec<W> {
        let mut left = self.shelf.len();
        let mut wake = Vec::new();
        for consumer in idle(&mut self.consumers) {
            if left > 0 {
                left = left.saturating_sub(consumer.demand);
                if consumer.mode == Mode::Looks {
                    consumer.mode = Mode::Waits;
                }
                wake.push(consumer.waker.clone());
            } else if consumer.mode == Mode::Looks {
                consumer.mode = Mode::Told;
                wake.push(consumer.waker.clone());
            }
        }
        wake
    }

    /// A round has failed. Whatever became of it, it is repeated.
    pub(crate) fn fail_round(&mut self) {
        for written in self.under_way.drain(..).rev() {
            self.settles.push_front(written);
        }
        for consumer in self.consumers.values_mut().filter(|consumer| consumer.mode == Mode::Looks) {
            consumer.mode = Mode::Asks;
        }
    }

    /// Repeats a round that was begun and never ended. Returns whether there was one.
    pub(crate) fn recover(&mut self) -> bool {
        let was_under_way = !self.under_way.is_empty()
            || self.consumers.values().any(|consumer| consumer.mode == Mode::Looks);
        self.fail_round();
        was_under_way
    }

    /// The engine has refused a round, and would refuse it again. The settlements are tried one by one, and the text of the one
    /// that is refused alone is written in ASCII: not each database has all characters. If that is refused too, it is dropped:
    /// its task runs again when the lease is lost. Returns it.
    pub(crate) fn refuse_round(&mut self) -> Option<Settle> {
        self.fail_round();
        if self.most > 1 {
            self.most = 1;
            return None;
        }
        if self.settles.front_mut()?.settle.fate.make_ascii() {
            return None;
        }
        self.settles.pop_front().map(|written| written.settle)
    }

    /// Takes a cancelled task from whoever has it.
    fn lose_one(&mut self, lease: Lease) {
        self.shelf.retain(|(task, _)| task.lease != lease);
        if let Some(hand) = self.hands.get(&lease.slot())
            && hand.lease == lease
        {
            hand.loss.mark();
            self.hands.remove(&lease.slot());
        }
    }

    /// All leases are lost. What was done before is settled all the same, where nobody else has the task by then. Returns how
    /// many settlements there are.
    pub(crate) fn lose_all(&mut self) -> usize {
        for (_, hand) in std::mem::take(&mut self.hands) {
            hand.loss.mark();
        }
        for (_, loss) in self.shelf.drain(..) {
            loss.mark();
        }
        self.fail_round();
        self.settles.len()
    }

    /// The leases that this process knows of.
    pub(crate) fn known(&self) -> Vec<Lease> {
        let settles = self.settles.iter().chain(&self.under_way).map(|written| written.settle.lease);
        let unread = self.shelf.iter().map(|(task, _)| task.lease);
        self.hands.values().map(|hand| hand.lease).chain(unread).chain(settles).collect()
    }
}

/// The workers that want tasks, in the order of their questions.
fn idle<W>(consumers: &mut BTreeMap<u64, Consumer<W>>) -> Vec<&mut Consumer<W>> {
    let mut idle: Vec<_> = consumers.values_mut().filter(|consumer| consumer.mode.is_idle()).collect();
    idle.sort_unstable_by_key(|consumer| consumer.question);
    idle
}
