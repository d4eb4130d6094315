//! The files of the owners, in a folder beside the database: `tasks.db-owners`.
//!
//! - `<store>.<owner>`: locked for as long as the process lives, so that its death is seen at once.
//! - `<store>.<owner>.s`: the socket of its bell.
//! - `<store>.<owner>.idle.<queue>`: there while it is idle. Whoever removes it rings, so that one put wakes one owner.
//!
//! All of them can be lost without harm: a lock is then replaced by the lease, a ring by the next look.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use pyaltt_durable::QueueName;
use pyaltt_durable::engine::OwnerId;

use crate::connection::random;
use crate::listing::Listing;

#[derive(Debug)]
pub(crate) struct OwnerFiles {
    folder: PathBuf,
    store: String,
    listing: Listing,
    /// Names the folder in few bytes, for the addresses of sockets.
    #[cfg(target_os = "linux")]
    handle: File,
}

impl OwnerFiles {
    /// Makes the folder if need be.
    pub(crate) fn of(database: &Path, store: &str) -> io::Result<Self> {
        let mut folder = database.as_os_str().to_owned();
        folder.push("-owners");
        let folder = PathBuf::from(folder);
        fs::create_dir_all(&folder)?;
        Ok(Self {
            #[cfg(target_os = "linux")]
            handle: File::open(&folder)?,
            folder,
            store: store.to_owned(),
            listing: Listing::default(),
        })
    }

    /// Makes and locks the file of an owner of this process. None where the system has no locks that we know.
    pub(crate) fn lock(&self, owner: OwnerId) -> io::Result<Option<File>> {
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
    pub(crate) fn remove(&self, owner: OwnerId, queue: &str) {
        for kind in [String::new(), ".s".to_owned(), format!(".idle.{queue}")] {
            fs::remove_file(self.path(owner, &kind)).ok();
        }
    }

    pub(crate) fn mark_idle(&self, owner: OwnerId, queue: &QueueName) -> io::Result<()> {
        File::options().create(true).append(true).open(self.path(owner, &format!(".idle.{queue}"))).map(drop)
    }

    /// Ends the idleness of an owner. Returns whether it was still idle: if not, somebody has rung its bell.
    pub(crate) fn claim(&self, owner: OwnerId, queue: &QueueName) -> bool {
        fs::remove_file(self.path(owner, &format!(".idle.{queue}"))).is_ok()
    }

    /// Lists the owners of a queue that are idle, beginning with any.
    pub(crate) fn idle(&self, queue: &QueueName) -> Vec<OwnerId> {
        let owner = |name: &String| {
            let (number, kind) = name.strip_prefix(&self.store)?.strip_prefix('.')?.split_once('.')?;
            let of = kind.strip_prefix("idle.")?;
            if of == queue.as_str() { number.parse().ok().map(OwnerId::new) } else { None }
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
        if path.as_os_str().len() > 100 {
            use std::os::fd::AsRawFd as _;
            let folder = format!("/proc/self/fd/{}", self.handle.as_raw_fd());
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
