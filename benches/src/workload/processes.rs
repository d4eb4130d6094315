//! The threads of this process, as the system counts them.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// How many threads this process has.
pub(super) fn threads() -> Result<usize, String> {
    let path = "/proc/self/status";
    let text = fs::read_to_string(path).map_err(|error| format!("reading {path}: {error}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Threads:"));
    line.and_then(|count| count.trim().parse().ok()).ok_or_else(|| format!("{path} has no Threads"))
}

/// The same, when it has come down to `wanted`, or has not for a second. The system counts a thread for some
/// microseconds after it was joined.
pub(super) fn settled_threads(wanted: usize) -> Result<usize, String> {
    let until = Instant::now() + Duration::from_secs(1);
    loop {
        let now = threads()?;
        if now <= wanted || Instant::now() > until {
            return Ok(now);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_counts_while_it_runs() {
        let (end, is_over) = std::sync::mpsc::channel::<()>();
        let thread = thread::spawn(move || is_over.recv());
        assert!(threads().unwrap() >= 2);
        drop(end);
        assert!(thread.join().unwrap().is_err());
    }
}
