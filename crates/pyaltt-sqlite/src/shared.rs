//! What all connections of a process to a file share.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use pyaltt_durable::QueueName;
use pyaltt_durable::engine::{EngineClock, Finding, OwnerId};

#[cfg(unix)]
use crate::bell;
use crate::file::DatabaseFile;
use crate::owner_files::OwnerFiles;

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
    idle: bool,
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
        self.owners.lock().insert(owner, LocalOwner { idle: false, _lock: lock });
    }

    pub(crate) fn has_owner(&self, owner: OwnerId) -> bool {
        self.owners.lock().contains_key(&owner)
    }

    pub(crate) fn forget_owner(&self, owner: OwnerId, queue: &str) {
        self.owners.lock().remove(&owner);
        self.owner_files.remove(owner, queue);
    }

    /// Puts an owner of this process on the list of those that can be rung. It has to look for tasks after that.
    pub(crate) fn mark_idle(&self, owner: OwnerId, queue: &QueueName) {
        let marked = self.owner_files.mark_idle(owner, queue).is_ok();
        if let Some(local) = self.owners.lock().get_mut(&owner) {
            local.idle = marked;
        }
    }

    /// Takes an owner off that list. Returns false if it had been rung meanwhile.
    pub(crate) fn end_idle(&self, owner: OwnerId, queue: &QueueName) -> bool {
        let was_idle =
            self.owners.lock().get_mut(&owner).is_some_and(|local| std::mem::take(&mut local.idle));
        !was_idle || self.owner_files.claim(owner, queue)
    }

    /// Rings one idle owner of a queue, of whatever process.
    pub(crate) fn ring(&self, queue: &QueueName) {
        for owner in self.owner_files.idle(queue) {
            #[cfg(unix)]
            let rings = self.owner_files.claim(owner, queue) && bell::ring(&self.owner_files.socket(owner));
            #[cfg(not(unix))]
            let rings = self.owner_files.claim(owner, queue);
            if rings {
                return;
            }
        }
    }
}
