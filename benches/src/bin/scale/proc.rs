//! What Linux shows of this process and its threads.

use std::fs;

/// The resident memory that is not backed by a file, in KiB.
pub(crate) fn anonymous_kib() -> Option<u64> {
    value(&fs::read_to_string("/proc/self/status").ok()?, "RssAnon:")
}

/// How often the threads whose names begin like this were switched to or from, and how many such threads there are.
pub(crate) fn context_switches(prefix: &str) -> (u64, usize) {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return (0, 0) };
    let statuses = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("status")).ok());
    let switches: Vec<u64> = statuses
        .filter(|status| {
            let name = status.lines().next().and_then(|line| line.strip_prefix("Name:"));
            name.is_some_and(|name| name.trim().starts_with(prefix))
        })
        .map(|status| {
            let count = |field| value(&status, field).unwrap_or(0);
            count("voluntary_ctxt_switches:") + count("nonvoluntary_ctxt_switches:")
        })
        .collect();
    (switches.iter().sum(), switches.len())
}

fn value(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_the_status_is_found() {
        let status = "Name:\tscale\nThreads:\t3\nRssAnon:\t  1234 kB\n";
        assert_eq!((value(status, "Threads:"), value(status, "RssAnon:")), (Some(3), Some(1234)));
        assert_eq!(value(status, "VmSwap:"), None);
    }
}
