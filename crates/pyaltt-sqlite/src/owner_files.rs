//! The files of the owners, in a folder beside the database: `tasks.db-owners`.
//!
//! - `<store>.<owner>`: locked for as long as the process lives, so that its death is seen at once.
//! - `<store>.<owner>.s`: the socket of its bell.
//! - `<store>.<owner>.idle.<kind>.<version>.<queue>`: there while it is idle, with what it can run: a number that is made of
//!   the kind, and the newest version. Whoever removes it rings, so that one put wakes one owner.
//!
//! All of them can be lost without harm: a lock is then replaced by the lease, a ring by the next look.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::sync::OnceLock;

use pyaltt_durable::QueueName;
use pyaltt_durable::engine::OwnerId;

use crate::connection::random;
use crate::listing::Listing;

/// What an idle owner can run. Two kinds may have the same number, though that is unlikely: then a ring may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Skill {
    kind: u64,
    version: u32,
}

impl Skill {
    pub(crate) fn new(kind: &str, version: u32) -> Self {
        // FNV-1a, because all processes have to make the same number.
        let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self { kind: kind.bytes().fold(0xcbf2_9ce4_8422_2325, step), version }
    }

    /// Whether whoever has it can run a task of that kind and version.
    pub(crate) fn covers(self, task: Self) -> bool {
        self.is_of_kind(task) && self.version >= task.version
    }

    pub(crate) fn is_of_kind(self, other: Self) -> bool {
        self.kind == other.kind
    }
}

#[derive(Debug)]
pub(crate) struct OwnerFiles {
    folder: PathBuf,
    store: String,
    listing: Listing,
    /// Names the folder in few bytes, for the addresses of sockets. It is opened when it is first needed: whoever has an
    /// address to make has seen a file in the folder.
    #[cfg(target_os = "linux")]
    handle: OnceLock<Option<File>>,
}

impl OwnerFiles {
    pub(crate) fn of(database: &Path, store: &str) -> Self {
        let mut folder = database.as_os_str().to_owned();
        folder.push("-owners");
        Self {
            folder: PathBuf::from(folder),
            store: store.to_owned(),
            listing: Listing::default(),
            #[cfg(target_os = "linux")]
            handle: OnceLock::new(),
        }
    }

    /// Makes the folder if need be.
    pub(crate) fn make_folder(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)
    }

    /// Makes and locks the file of an owner of this process. None where the system has no locks that we know.
    pub(crate) fn lock(&self, owner: OwnerId) -> io::Result<Option<File>> {
        self.make_folder()?;
        let file = File::options().create(true).append(true).open(self.path(owner, ""))?;
        if !cfg!(unix) {
            return Ok(None);
        }
        if try_lock(&file) {
            Ok(Some(file))
        } else {
            Err(io::Error::other("another process has locked its owner file"))
        }
    }

    /// Tells whether the process of an owner is known to be gone. The lock is held by the answer.
    pub(crate) fn is_dead(&self, owner: OwnerId) -> Option<File> {
        let file = File::options().append(true).open(self.path(owner, "")).ok()?;
        (cfg!(unix) && try_lock(&file)).then_some(file)
    }

    /// Removes all files of an owner that is gone.
    pub(crate) fn remove(&self, owner: OwnerId) {
        let start = format!("{}.{owner}.", self.store);
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(&start)) {
                fs::remove_file(entry.path()).ok();
            }
        }
        fs::remove_file(self.path(owner, "")).ok();
    }

    pub(crate) fn mark_idle(&self, owner: OwnerId, skill: Skill, queue: &QueueName) -> io::Result<()> {
        File::options().create(true).append(true).open(self.mark(owner, skill, queue)).map(drop)
    }

    /// Ends the idleness of an owner. Returns whether it was still idle: if not, somebody has rung its bell.
    pub(crate) fn claim(&self, owner: OwnerId, skill: Skill, queue: &QueueName) -> bool {
        fs::remove_file(self.mark(owner, skill, queue)).is_ok()
    }

    fn mark(&self, owner: OwnerId, Skill { kind, version }: Skill, queue: &QueueName) -> PathBuf {
        self.path(owner, &format!(".idle.{kind:016x}.{version}.{queue}"))
    }

    /// Lists the owners of a queue that are idle, beginning with any.
    pub(crate) fn idle(&self, queue: &QueueName) -> Vec<(OwnerId, Skill)> {
        let owner = |name: &String| {
            let (number, rest) = name.strip_prefix(&self.store)?.strip_prefix('.')?.split_once('.')?;
            let (kind, rest) = rest.strip_prefix("idle.")?.split_once('.')?;
            let (version, of) = rest.split_once('.')?;
            let skill = Skill { kind: u64::from_str_radix(kind, 16).ok()?, version: version.parse().ok()? };
            if of == queue.as_str() { Some((OwnerId::new(number.parse().ok()?), skill)) } else { None }
        };
        let owners = self.listing.with(&self.folder, |names| names.iter().filter_map(owner).collect());
        let mut owners: Vec<_> = owners.unwrap_or_default();
        if !owners.is_empty() {
            let start = random() % owners.len() as u64;
            owners.rotate_left(usize::try_from(start).unwrap_or(0));
        }
        owners
    }

    fn path(&self, owner: OwnerId, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{owner}{kind}", self.store))
    }

    /// Returns the address of the socket of an owner. The address of a socket has at most 108 bytes, on some systems 104.
    #[cfg(unix)]
    pub(crate) fn socket(&self, owner: OwnerId) -> PathBuf {
        let path = self.path(owner, ".s");
        #[cfg(target_os = "linux")]
        if path.as_os_str().len() > 100
            && let Some(handle) = self.handle.get_or_init(|| File::open(&self.folder).ok())
        {
            use std::os::fd::AsRawFd as _;
            let folder = format!("/proc/self/fd/{}", handle.as_raw_fd());
            return Path::new(&folder).join(format!("{}.{owner}.s", self.store));
        }
        path
    }
}

#[cfg(unix)]
fn try_lock(file: &File) -> bool {
    rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_ok()
}

#[cfg(not(unix))]
fn try_lock(_file: &File) -> bool {
    false
}
