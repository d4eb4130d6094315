//! The threads, descriptors and memory of the process, as Linux and the allocator report them.

use std::fs;

use cap::Cap;
use testkit::os_thread::process_status;

/// Counts every byte that is allocated.
#[global_allocator]
static HEAP: Cap<std::alloc::System> = Cap::new(std::alloc::System, usize::MAX);

/// A look at the process at a point where nothing of a round is left.
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
    Some(Kernel { threads: threads()?, descriptors, rss_kib: process_status("VmRSS:")? })
}

/// How many threads the process has.
pub(crate) fn threads() -> Option<u64> {
    process_status("Threads:")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The count is the process's, and other tests free what they had: half of what is allocated is far more than that.
    #[test]
    fn what_is_allocated_counts() {
        let before = Sample::take().heap;
        let bytes = vec![0_u8; 64 << 20];
        assert!(Sample::take().heap >= before + bytes.len() as u64 / 2);
    }
}
