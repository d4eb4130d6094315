//! Where the programs of PostgreSQL are, and as whom they can run: they refuse to run as root.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Another user than root.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    uid: u32,
    gid: u32,
}

impl User {
    /// Whom the server has to run as; none: as whoever we are. `own`: a folder of ours.
    pub(super) fn needed(own: &Path) -> io::Result<Option<Self>> {
        if fs::metadata(own)?.uid() != 0 {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let find = |name: &str| {
            users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find_map(|user| match user[..] {
                [is, _, uid, gid, ..] if is == name => {
                    Some(Self { uid: uid.parse().ok()?, gid: gid.parse().ok()? })
                }
                _ => None,
            })
        };
        let user = find("postgres").or_else(|| find("nobody"));
        user.map(Some).ok_or_else(|| io::Error::other("there is neither a user postgres nor nobody"))
    }

    pub(super) fn own(self, folder: &Path) -> io::Result<()> {
        chown(folder, Some(self.uid), Some(self.gid))
    }
}

/// A program of PostgreSQL, as that user, in a group of its own: what interrupts the tests leaves it to the reaper.
pub(super) fn command(program: &Path, user: Option<User>) -> Command {
    let mut command = Command::new(program);
    // The folder of the tests may be closed to that user.
    command.current_dir("/").process_group(0).stdin(Stdio::null());
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    command
}

/// The folders that have both programs: those of the path, and then where systems put them, the newest first.
pub(super) fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter_map(|path| Some((path.file_name().and_then(OsStr::to_str)?.parse::<u32>().ok()?, path)))
        .collect();
    versions.sort_unstable();
    folders.extend(versions.into_iter().rev().map(|(_, path)| path.join("bin")));
    folders.push("/usr/local/pgsql/bin".into());
    folders.retain(|folder| ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file()));
    folders
}
