//! The database file itself: where it is, whether it is still there, and what file system it is on.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::SqliteError;

/// A file that was open once, to tell whether what has its name now is still that file.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    #[cfg(unix)]
    identity: (u64, u64),
}

impl DatabaseFile {
    pub(crate) fn of(path: PathBuf) -> io::Result<Self> {
        #[cfg(unix)]
        let identity = identity(&path)?;
        Ok(Self {
            path,
            #[cfg(unix)]
            identity,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// # Errors
    ///
    /// If it was deleted or replaced. Where the system gives files no number, only the first is seen.
    pub(crate) fn check(&self) -> Result<(), SqliteError> {
        #[cfg(unix)]
        let is_there = identity(&self.path).is_ok_and(|identity| identity == self.identity);
        #[cfg(not(unix))]
        let is_there = self.path.is_file();
        if is_there { Ok(()) } else { Err(SqliteError::Gone { path: self.path.clone() }) }
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = std::fs::metadata(path)?;
    Ok((meta.dev(), meta.ino()))
}

/// Returns the path of a database in full, so that it stays the same file when the program changes its directory, and the
/// same for all who reach it by links. The file itself need not be there.
pub(crate) fn resolve(path: &Path) -> io::Result<PathBuf> {
    if path.exists() {
        return path.canonicalize();
    }
    let name = path.file_name().ok_or_else(|| io::Error::other("this is no name of a file"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(folder.canonicalize()?.join(name))
}

/// Refuses network file systems, as far as the system tells which they are.
#[cfg_attr(
    target_os = "linux",
    allow(clippy::useless_conversion, reason = "the number is a word of 64 bits on some machines only")
)]
pub(crate) fn refuse_network(path: &Path) -> Result<(), SqliteError> {
    #[cfg(target_os = "linux")]
    if let Some(kind) = path
        .parent()
        .and_then(|folder| rustix::fs::statfs(folder).ok())
        .and_then(|stat| network_kind(u64::from_ne_bytes(i64::from(stat.f_type).to_ne_bytes())))
    {
        return Err(SqliteError::NetworkFileSystem { path: path.to_owned(), kind });
    }
    let _ = path;
    Ok(())
}

/// The name of a network file system, by its number in `statfs(2)`.
#[cfg(target_os = "linux")]
fn network_kind(number: u64) -> Option<&'static str> {
    // A number above i32::MAX comes with its sign where the field is a signed word of 32 bits.
    match number & 0xffff_ffff {
        0x6969 => Some("NFS"),
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => Some("SMB (CIFS)"),
        0x5346_414f | 0x6b41_4653 => Some("AFS"),
        0x00c3_6400 => Some("Ceph"),
        0x7375_7245 => Some("Coda"),
        0x564c => Some("NCP"),
        _ => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_their_numbers() {
        assert_eq!(network_kind(0x6969), Some("NFS"));
        assert_eq!(network_kind(0xff53_4d42), Some("SMB (CIFS)"));
        // As a signed word of 32 bits, extended.
        assert_eq!(network_kind(0xffff_ffff_ff53_4d42), Some("SMB (CIFS)"));
        assert_eq!((network_kind(0xef53), network_kind(0x0102_1994)), (None, None), "ext4 and tmpfs");
    }

    #[test]
    fn a_local_folder_is_not_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(refuse_network(&folder.path().join("tasks.db")).is_ok());
    }

    #[test]
    fn a_link_and_its_file_are_the_same_database() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("tasks.db"), folder.path().join("link.db"));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(resolve(&link).unwrap(), resolve(&file).unwrap());
        assert!(resolve(&folder.path().join("new.db")).unwrap().is_absolute());
    }
}
