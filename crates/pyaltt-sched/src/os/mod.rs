//! The calls to the system: three implementations with the same functions.
//!
//! - `linux`: policies, CPUs, nice values, memory locks and the CPU latency.
//! - `priority`: systems that have thread priorities, and nothing else that this crate can ask for.
//! - `system`: systems that this crate can ask for nothing.

#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(
    any(
        windows,
        target_os = "android",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "ios",
        target_os = "macos",
        target_os = "netbsd",
        target_os = "openbsd",
    ),
    path = "priority.rs"
)]
mod system;

pub(crate) use system::{limit_cpu_latency, lock_memory, set_cpus, set_nice, set_policy};
