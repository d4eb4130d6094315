//! A check before each start that the process has memory maps left for another thread.
//!
//! On Linux a thread takes four maps: its stack, the stack of its signal handlers, and a guard page for each. The
//! standard library creates the last two on the new thread, and aborts the process when the limit is reached (by
//! default past some 16,000 threads). So a start is refused earlier, while some maps are left for the rest of the
//! program.
//!
//! Counting the maps is slow when there are many, so it is done seldom. Each count sets the number of live runs at
//! which half of the free maps will be used up. Until then a start costs one addition.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many maps a thread takes.
const PER_THREAD: usize = 4;
/// One map out of this many is left to the rest of the program.
const RESERVE: usize = 64;
/// Up to this many live runs, maps are never counted.
const FEW: usize = 256;

/// How many runs have a thread or are about to get one.
static LIVE: AtomicUsize = AtomicUsize::new(0);
/// Up to this many live runs, the maps need not be counted again.
static UNTIL: AtomicUsize = AtomicUsize::new(FEW);

/// A run's permission to have a thread, from before the thread is created until it ends.
#[derive(Debug)]
pub(crate) struct ThreadPermit(());

impl ThreadPermit {
    pub(crate) fn new() -> io::Result<Self> {
        let live = LIVE.fetch_add(1, Ordering::Relaxed) + 1;
        // Created before the check, so that its drop takes the addition back if the check fails.
        let permit = Self(());
        if live > UNTIL.load(Ordering::Relaxed)
            && let Some(maps) = Maps::count()
        {
            UNTIL.store(maps.enough_until(live)?, Ordering::Relaxed);
        }
        Ok(permit)
    }
}

impl Drop for ThreadPermit {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The memory maps of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Maps {
    used: usize,
    limit: usize,
}

impl Maps {
    #[cfg(target_os = "linux")]
    fn count() -> Option<Self> {
        use std::io::Read;

        let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count").ok()?.trim().parse().ok()?;
        // One line a map: megabytes if there are many, so the file is not read as a whole.
        let mut lines = std::fs::File::open("/proc/self/maps").ok()?;
        let mut buffer = [0; 4096];
        let mut used = 0;
        loop {
            match lines.read(&mut buffer).ok()? {
                0 => return Some(Self { used, limit }),
                read => used += buffer[..read].iter().map(|byte| usize::from(*byte == b'\n')).sum::<usize>(),
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn count() -> Option<Self> {
        None
    }

    /// Returns up to how many live runs no other count is needed, or an error if there is no room for one more thread.
    /// There are `live` runs now, of which one has no thread yet.
    fn enough_until(self, live: usize) -> io::Result<usize> {
        let free = self.limit.saturating_sub(self.used + self.limit / RESERVE);
        if free < PER_THREAD {
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, NoMaps(self)));
        }
        Ok(live + free / PER_THREAD / 2)
    }
}

/// Why a thread was refused.
#[derive(Debug)]
struct NoMaps(Maps);

impl fmt::Display for NoMaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Maps { used, limit } = self.0;
        write!(
            f,
            "the process has {used} of the {limit} memory maps that the system allows it, and a thread takes \
             {PER_THREAD}: stop other workers, or raise vm.max_map_count with sysctl"
        )
    }
}

impl std::error::Error for NoMaps {}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 65_530;

    /// Starts workers in a process with `other` maps until a start is refused. Returns how many were started and how
    /// often the maps were counted.
    fn start_all(other: usize, mut until: usize) -> (usize, u32) {
        let mut counts = 0;
        for live in 1.. {
            if live > until {
                counts += 1;
                let used = other + (live - 1) * PER_THREAD;
                match (Maps { used, limit: LIMIT }).enough_until(live) {
                    Ok(more) => until = more,
                    Err(_) => return (live - 1, counts),
                }
            }
        }
        unreachable!("the limit is finite")
    }

    #[test]
    fn all_maps_but_the_reserve_are_used_with_few_counts() {
        let (threads, counts) = start_all(30, FEW);
        assert_eq!(threads, (LIMIT - LIMIT / RESERVE - 30) / PER_THREAD);
        assert!(counts < 20, "{counts}");
        // A process that has mapped a lot itself is refused sooner, and the limit is never passed.
        for other in [0, 10_000, 60_000, 64_000] {
            let (threads, _) = start_all(other, FEW);
            assert!(other + threads.max(FEW) * PER_THREAD <= LIMIT, "{threads} beside {other}");
        }
    }

    #[test]
    fn a_refusal_says_how_many_maps_are_used_and_what_to_do() {
        let error = Maps { used: 64_510, limit: LIMIT }.enough_until(16_000).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::QuotaExceeded);
        assert_eq!(
            error.to_string(),
            "the process has 64510 of the 65530 memory maps that the system allows it, and a thread takes 4: stop \
             other workers, or raise vm.max_map_count with sysctl"
        );
        assert!(Maps { used: 64_500, limit: LIMIT }.enough_until(16_000).is_ok());
        assert!(Maps { used: 70_000, limit: LIMIT }.enough_until(16_000).is_err());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_maps_of_this_process_are_counted() {
        let maps = Maps::count().unwrap();
        assert!(maps.used >= 4 && maps.used < maps.limit, "{maps:?}");
    }
}
