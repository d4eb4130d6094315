//! The names of the files in a folder, read only when they may have changed.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;

/// Longer than the clock that file systems take their times from stands still. Two changes within that time may bear the same
/// time.
const FINE: Duration = Duration::from_millis(25);

/// The same for file systems that keep whole seconds, or two.
const COARSE: Duration = Duration::from_secs(5);

/// What was last seen of a folder.
#[derive(Debug, Default)]
pub(crate) struct Listing(Mutex<Option<Seen>>);

#[derive(Debug)]
struct Seen {
    changed: SystemTime,
    /// When that was seen first.
    since: Instant,
    /// The names, if they were read so late that any change that follows bears another time.
    names: Option<Vec<String>>,
}

impl Listing {
    /// Calls a function with the names in a folder.
    pub(crate) fn with<R>(&self, folder: &Path, f: impl FnOnce(&[String]) -> R) -> io::Result<R> {
        let changed = fs::metadata(folder)?.modified()?;
        let mut seen = self.0.lock();
        let known = seen.take_if(|seen| seen.changed != changed);
        drop(known);
        let seen = seen.get_or_insert_with(|| Seen { changed, since: Instant::now(), names: None });
        if let Some(names) = &seen.names {
            return Ok(f(names));
        }
        let is_settled = seen.since.elapsed() > patience(changed);
        let names = names(folder)?;
        let result = f(&names);
        if is_settled {
            seen.names = Some(names);
        }
        Ok(result)
    }
}

/// How long a time of the folder has to be seen before what is read counts for as long as it stays.
fn patience(changed: SystemTime) -> Duration {
    let since_epoch = changed.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    if since_epoch.subsec_nanos() == 0 { COARSE } else { FINE }
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    // A name that is no text is none of ours.
    Ok(fs::read_dir(folder)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn every_change_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let listing = Listing::default();
        let count = || listing.with(folder.path(), <[String]>::len).unwrap();
        for number in 0..300 {
            let file = folder.path().join("one");
            assert_eq!(count(), 0, "in turn {number}");
            // From here on it is kept, if it is.
            assert_eq!(count(), 0);
            File::create(&file).unwrap();
            assert_eq!(count(), 1, "in turn {number}");
            fs::remove_file(&file).unwrap();
        }
    }

    #[test]
    fn what_has_not_changed_for_long_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let listing = Listing::default();
        let kept = || listing.0.lock().as_ref().is_some_and(|seen| seen.names.is_some());
        while !kept() {
            listing.with(folder.path(), |names| assert!(names.is_empty())).unwrap();
        }
        File::create(folder.path().join("one")).unwrap();
        assert_eq!(listing.with(folder.path(), <[String]>::len).unwrap(), 1);
        assert!(!kept(), "it was read just after the change");
    }
}
