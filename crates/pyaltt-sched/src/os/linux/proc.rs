//! What only files in `/proc` and `/sys` tell. Where they are not mounted or not readable, the answer is unknown.

use std::fs;

/// Returns the CPUs that are online, in the kernel's notation: `0-3,6`.
pub(super) fn online_cpus() -> Option<String> {
    Some(fs::read_to_string("/sys/devices/system/cpu/online").ok()?.trim().to_owned())
}

/// Returns a kernel setting, `kernel.{name}`.
pub(super) fn kernel(name: &str) -> String {
    fs::read_to_string(format!("/proc/sys/kernel/{name}"))
        .map_or_else(|_| "unknown".to_owned(), |value| value.trim().to_owned())
}

/// Returns a size of the process in KiB, by its name in the status file.
pub(super) fn memory(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// Returns the number of the calling thread's policy, and its real-time priority.
///
/// The C library keeps a copy of both for each thread. The copy is stale after a direct system call, so the kernel's
/// own file is read.
pub(super) fn policy() -> Option<(u32, u32)> {
    parse_policy(&fs::read_to_string("/proc/thread-self/stat").ok()?)
}

fn parse_policy(stat: &str) -> Option<(u32, u32)> {
    // The second field, the name, can hold anything, including parentheses and spaces.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(40 - 3);
    let priority = fields.next()?.parse().ok()?;
    Some((fields.next()?.parse().ok()?, priority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_of_a_thread_with_a_strange_name() {
        let fields: Vec<_> = (4..=52).map(|field| field.to_string()).collect();
        assert_eq!(parse_policy(&format!("7 (a) b (c) R {}\n", fields.join(" "))), Some((41, 40)));
        assert_eq!(parse_policy("7 (short) R 1"), None);
    }
}
