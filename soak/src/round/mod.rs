//! A round: some hundred workers, some threads that use them at random, and an account of everything at its end.
//!
//! [`play`] runs its threads, each of which is a [`driver`] or keeps [`groups`], with [`askers`] who wait for
//! answers; [`settle`] ends it, after a look at the order
//! of a group ([`in_order`]).

pub(crate) mod askers;
pub(crate) mod driver;
pub(crate) mod groups;
pub(crate) mod in_order;
pub(crate) mod play;
pub(crate) mod progress;
pub(crate) mod settle;

use std::sync::Arc;

use parking_lot::Mutex;
use testkit::watchdog::Watched;

use crate::account::findings::Findings;
use crate::account::round_account::RoundAccount;
use crate::plan::fault::Faults;
use crate::round::askers::Askers;
use crate::round::progress::ThreadProgress;
use crate::subject::build::build;
use crate::subject::kind::Kinds;
use crate::subject::supplies::Supplies;
use crate::subject::tested::World;
use crate::subject::worker::Subject;

/// How large a round is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) kinds: Kinds,
    /// How many tasks a bounded queue holds.
    pub(crate) bound: usize,
    pub(crate) workers: usize,
    pub(crate) threads: usize,
    /// Of each thread.
    pub(crate) steps: usize,
    /// How many threads keep groups.
    pub(crate) groups: usize,
}

/// The most tasks that a step puts, so that the ledger has room for all steps.
const TASKS_A_STEP: usize = 64;

/// Everything that the threads of a round use.
pub(crate) struct Round {
    pub(crate) supplies: Supplies,
    pub(crate) size: Size,
    pub(crate) askers: Askers,
    slots: Vec<Mutex<Option<Subject>>>,
    /// By thread.
    pub(crate) progress: Vec<ThreadProgress>,
}

impl Round {
    pub(crate) fn new(
        size: Size,
        faults: &Arc<Faults>,
        findings: &Arc<Findings>,
    ) -> anyhow::Result<Arc<Self>> {
        // The workers are one more producer.
        let account = RoundAccount::new(size.threads + 1, size.steps * TASKS_A_STEP, findings);
        let world = World::new(faults, findings);
        let supplies = Supplies::new(world, &account, size.bound, u16::try_from(size.threads)?);
        let askers = Askers::new(&account);
        let workers: Result<Vec<Subject>, _> =
            (0..size.workers).map(|slot| build(&supplies, size.kinds, slot)).collect();
        Ok(Arc::new(Self {
            slots: workers?.into_iter().map(|worker| Mutex::new(Some(worker))).collect(),
            supplies,
            size,
            askers,
            progress: (0..size.threads).map(|_| ThreadProgress::default()).collect(),
        }))
    }

    pub(crate) fn world(&self) -> &World {
        &self.supplies.world
    }

    pub(crate) fn account(&self) -> &RoundAccount {
        &self.supplies.account
    }

    pub(crate) fn findings(&self) -> &Findings {
        &self.supplies.world.findings
    }

    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn subject(&self, slot: usize) -> Subject {
        self.slots[slot].lock().clone().expect("the slots are filled until the round is over")
    }

    /// Whether a slot has this worker.
    pub(crate) fn has(&self, slot: usize, subject: &Subject) -> bool {
        self.slots[slot].lock().as_ref().is_some_and(|it| Arc::ptr_eq(&it.ends, &subject.ends))
    }

    /// Puts a worker into a slot, and returns the one that was there.
    pub(crate) fn replace(&self, slot: usize, subject: Subject) -> Subject {
        let old = self.slots[slot].lock().replace(subject);
        old.expect("the slots are filled until the round is over")
    }

    /// Empties a slot, at the end.
    pub(crate) fn remove(&self, slot: usize) -> Option<Subject> {
        self.slots[slot].lock().take()
    }

    pub(crate) fn steps(&self) -> u64 {
        self.progress.iter().map(ThreadProgress::steps).sum()
    }
}

impl Watched for Round {
    fn progress(&self) -> u64 {
        let ledger = &self.account().ledger;
        self.steps() + ledger.ended() + ledger.issued()
    }

    fn describe(&self) -> String {
        let threads =
            self.progress.iter().enumerate().map(|(index, thread)| format!("thread {index}: {thread}"));
        let subjects =
            self.slots.iter().filter_map(|slot| slot.lock().clone()).map(|subject| subject.to_string());
        threads.chain(subjects).collect::<Vec<_>>().join("\n")
    }
}
