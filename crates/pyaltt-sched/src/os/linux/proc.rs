//! What only the files of `/proc` and `/sys` tell. Where they are not mounted, or not readable, nothing is known.

use std::fs;

/// The processors that are online, as the kernel lists them: `0-3,6`.
pub(super) fn online_cpus() -> Option<String> {
    Some(fs::read_to_string("/sys/devices/system/cpu/online").ok()?.trim().to_owned())
}

/// A setting of the kernel: `kernel.{name}`.
pub(super) fn kernel(name: &str) -> String {
    fs::read_to_string(format!("/proc/sys/kernel/{name}"))
        .map_or_else(|_| "unknown".to_owned(), |value| value.trim().to_owned())
}

/// A size of the process in KiB, by its name in the status file.
pub(super) fn memory(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// The number of the policy of the calling thread, and its real-time priority.
///
/// The C library keeps a copy of both for each thread, which is not what the kernel has after a call besides it.
pub(super) fn policy() -> Option<(u32, u32)> {
    parse_policy(&fs::read_to_string("/proc/thread-self/stat").ok()?)
}

fn parse_policy(stat: &str) -> Option<(u32, u32)> {
    // The name, the second field, can have anything in it, parentheses and spaces as well.
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
