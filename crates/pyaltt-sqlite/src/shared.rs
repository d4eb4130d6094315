//! What all connections of a process to a file share.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use pyaltt_durable::QueueName;
use pyaltt_durable::engine::{EngineClock, Finding, OwnerId};

#[cfg(unix)]
use crate::bell;
use crate::file::DatabaseFile;
use crate::owner_files::{OwnerFiles, Skill};

/// What all connections of a process share.
pub(crate) struct Shared {
    pub(crate) file: DatabaseFile,
    pub(crate) io_timeout: Duration,
    pub(crate) poll: Option<Duration>,
    pub(crate) clock: Arc<dyn EngineClock>,
    pub(crate) layout: i64,
    pub(crate) owner_files: OwnerFiles,
    pub(crate) findings: Mutex<Vec<Finding>>,
    /// The owners of this process, as long as they have not said goodbye.
    owners: Mutex<BTreeMap<OwnerId, LocalOwner>>,
    /// The boot of the machine.
    pub(crate) boot: String,
}

struct LocalOwner {
    /// What it can run, while it sleeps.
    idle: Option<Skill>,
    /// Locked for as long as the process lives.
    _lock: Option<File>,
}

impl Shared {
    pub(crate) fn new(
        file: DatabaseFile,
        io_timeout: Duration,
        poll: Option<Duration>,
        clock: Arc<dyn EngineClock>,
        layout: i64,
        owner_files: OwnerFiles,
    ) -> Self {
        let boot = clock.boot();
        let (findings, owners) = (Mutex::default(), Mutex::default());
        Self { file, io_timeout, poll, clock, layout, owner_files, findings, owners, boot }
    }

    pub(crate) fn add_owner(&self, owner: OwnerId, lock: Option<File>) {
        self.owners.lock().insert(owner, LocalOwner { idle: None, _lock: lock });
    }

    pub(crate) fn has_owner(&self, owner: OwnerId) -> bool {
        self.owners.lock().contains_key(&owner)
    }

    pub(crate) fn forget_owner(&self, owner: OwnerId) {
        self.owners.lock().remove(&owner);
        self.owner_files.remove(owner);
    }

    /// Puts an owner of this process on the list of those that can be rung. It has to look for tasks after that.
    pub(crate) fn mark_idle(&self, owner: OwnerId, skill: Skill, queue: &QueueName) {
        let marked = self.owner_files.mark_idle(owner, skill, queue).is_ok();
        if let Some(local) = self.owners.lock().get_mut(&owner) {
            local.idle = marked.then_some(skill);
        }
    }

    /// Takes an owner off that list. Returns false if it had been rung meanwhile.
    pub(crate) fn end_idle(&self, owner: OwnerId, queue: &QueueName) -> bool {
        let idle = self.owners.lock().get_mut(&owner).and_then(|local| local.idle.take());
        idle.is_none_or(|skill| self.owner_files.claim(owner, skill, queue))
    }

    /// Rings one idle owner of a queue for each of these tasks, of whatever process. A ring for a task is for all that are
    /// of its kind and version.
    pub(crate) fn ring_for(&self, queue: &QueueName, tasks: &BTreeSet<Skill>) {
        let mut idle = self.owner_files.idle(queue);
        for task in tasks {
            self.ring_one(queue, &mut idle, |skill| skill.covers(*task));
        }
    }

    /// Rings one idle owner of a queue for each version of a kind, or of all kinds.
    pub(crate) fn ring_each(&self, queue: &QueueName, kind: Option<Skill>) {
        let mut idle = self.owner_files.idle(queue);
        let skills: BTreeSet<_> = idle.iter().map(|(_, skill)| *skill).collect();
        for of in skills.into_iter().filter(|skill| kind.is_none_or(|kind| skill.is_of_kind(kind))) {
            self.ring_one(queue, &mut idle, |skill| skill == of);
        }
    }

    /// Rings the first that hears it. Those that were tried are idle no more.
    fn ring_one(
        &self,
        queue: &QueueName,
        idle: &mut Vec<(OwnerId, Skill)>,
        is_meant: impl Fn(Skill) -> bool,
    ) {
        while let Some(at) = idle.iter().position(|(_, skill)| is_meant(*skill)) {
            let (owner, skill) = idle.remove(at);
            #[cfg(unix)]
            let hears = || bell::ring(&self.owner_files.socket(owner));
            #[cfg(not(unix))]
            let hears = || true;
            if self.owner_files.claim(owner, skill, queue) && hears() {
                return;
            }
        }
    }
}
