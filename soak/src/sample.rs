//! What the process has of threads, descriptors and memory, as Linux and the allocator tell it.

use std::fs;

use cap::Cap;

/// Counts every byte that is allocated.
#[global_allocator]
static HEAP: Cap<std::alloc::System> = Cap::new(std::alloc::System, usize::MAX);

/// A look at the process, when nothing of a round is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Bytes that are allocated.
    pub(crate) heap: u64,
    /// `None` where there is no `/proc`.
    pub(crate) kernel: Option<Kernel>,
}

/// What only the kernel knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kernel {
    pub(crate) threads: u64,
    pub(crate) descriptors: u64,
    pub(crate) rss_kib: u64,
}

impl Sample {
    pub(crate) fn take() -> Self {
        Self { heap: HEAP.allocated() as u64, kernel: kernel() }
    }
}

fn kernel() -> Option<Kernel> {
    let descriptors = fs::read_dir("/proc/self/fd").ok()?.count() as u64;
    Some(Kernel { threads: threads()?, descriptors, rss_kib: status("VmRSS:")? })
}

/// How many threads the process has.
pub(crate) fn threads() -> Option<u64> {
    status("Threads:")
}

/// The resident memory that no file is behind, in KiB.
pub(crate) fn anonymous_kib() -> Option<u64> {
    status("RssAnon:")
}

fn status(field: &str) -> Option<u64> {
    value(&fs::read_to_string("/proc/self/status").ok()?, field)
}

fn value(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The names of all threads.
pub(crate) fn thread_names() -> Vec<String> {
    tasks("comm").iter().map(|name| name.trim().to_owned()).collect()
}

/// How often the threads whose names begin so were switched to or from; and how many such threads there are.
pub(crate) fn context_switches(prefix: &str) -> (u64, usize) {
    let statuses = tasks("status");
    let of_interest = statuses.iter().filter(|status| {
        status
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("Name:"))
            .is_some_and(|name| name.trim().starts_with(prefix))
    });
    let switches: Vec<u64> = of_interest
        .map(|status| {
            let count = |field| value(status, field).unwrap_or(0);
            count("voluntary_ctxt_switches:") + count("nonvoluntary_ctxt_switches:")
        })
        .collect();
    (switches.iter().sum(), switches.len())
}

/// One file of each thread.
fn tasks(file: &str) -> Vec<String> {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return Vec::new() };
    tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join(file)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_the_status_is_found() {
        let status = "Name:\tsoak\nThreads:\t3\nVmRSS:\t  1234 kB\n";
        assert_eq!((value(status, "Threads:"), value(status, "VmRSS:")), (Some(3), Some(1234)));
        assert_eq!(value(status, "VmSwap:"), None);
    }

    #[test]
    fn what_is_allocated_counts() {
        let before = Sample::take().heap;
        let bytes = vec![0_u8; 1 << 20];
        assert!(Sample::take().heap >= before + bytes.len() as u64);
    }
}
