//! Where the files of a run are: on a disk, because a file in memory has no fsync to wait for.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::statfs;
use tempfile::TempDir;

/// Makes a folder of its own for a run, which is removed when it is dropped.
///
/// # Errors
///
/// If no folder on a disk can be written to.
pub(super) fn temporary() -> Result<TempDir, String> {
    let place = place()?;
    tempfile::Builder::new()
        .prefix("pyaltt-bench-")
        .tempdir_in(&place)
        .map_err(|error| format!("making a folder in {}: {error}", place.display()))
}

/// Says where files are and on what.
///
/// # Errors
///
/// If no folder for temporary files is on a disk.
pub fn description() -> Result<String, String> {
    let place = place()?;
    let kind = kind(&place).map_or_else(|| "an unknown file system".to_owned(), Kind::name);
    Ok(match mount(&place) {
        Some(mount) => format!("{kind}, {mount}"),
        None => kind,
    })
}

/// The folder for temporary files, or that of this program where the first is in memory.
fn place() -> Result<PathBuf, String> {
    let program = env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned));
    let mut candidates = [Some(env::temp_dir()), program].into_iter().flatten();
    candidates
        .find(|folder| is_on_disk(folder))
        .ok_or_else(|| "no folder is on a disk: set TMPDIR to one that is".to_owned())
}

/// Whether files in a folder outlive the machine's memory.
pub(super) fn is_on_disk(folder: &Path) -> bool {
    kind(folder).is_some_and(|kind| !kind.is_in_memory())
}

/// A file system, by its number in `statfs(2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind(u64);

impl Kind {
    fn is_in_memory(self) -> bool {
        matches!(self.0, 0x0102_1994 | 0x8584_58f6)
    }

    fn name(self) -> String {
        match self.0 {
            0xef53 => "ext4".into(),
            0x5846_5342 => "xfs".into(),
            0x9123_683e => "btrfs".into(),
            0xf2f5_2010 => "f2fs".into(),
            0x2fc1_2fc1 => "zfs".into(),
            0x794c_7630 => "overlayfs".into(),
            0x0102_1994 => "tmpfs".into(),
            number => format!("file system {number:#x}"),
        }
    }
}

fn kind(folder: &Path) -> Option<Kind> {
    let number = statfs(folder).ok()?.f_type;
    // On some machines it is a word of 32 bits, with a sign.
    u64::try_from(i128::from(number) & 0xffff_ffff).ok().map(Kind)
}

/// The device that a folder is on.
fn mount(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let of = |line: &str| {
        let mut words = line.split(' ');
        let (device, point) = (words.next()?.to_owned(), words.next()?.to_owned());
        folder.starts_with(&point).then_some((point.len(), device))
    };
    mounts.lines().filter_map(of).max_by_key(|(length, _)| *length).map(|(_, device)| device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_memory_is_not_taken() {
        let folder = temporary().unwrap();
        assert!(!kind(folder.path()).unwrap().is_in_memory());
        assert!(Kind(0x0102_1994).is_in_memory() && !Kind(0xef53).is_in_memory());
        assert!(!description().unwrap().is_empty());
    }
}
