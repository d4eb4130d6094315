//! The Linux calls. Each makes the call first, reads back what is set now, and only then looks for the reason of a
//! refusal.
//!
//! - [`policy`]: the scheduling policy.
//! - [`latency`]: how long a CPU may take to leave an idle state.
//! - [`limits`]: the limits and the capabilities of the process.
//! - [`proc`]: what only files in `/proc` and `/sys` tell.

mod latency;
mod limits;
mod policy;
mod proc;

use std::collections::BTreeSet;

use rustix::io::Errno;
use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{Resource, getpriority_process, setpriority_process};
use rustix::thread::{CapabilitySet, CpuSet, sched_getaffinity, sched_setaffinity};

use crate::answer::Answer;
use crate::list::list;

pub(crate) use latency::limit_cpu_latency;
pub(crate) use policy::set_policy;

pub(crate) fn set_cpus(cpus: &BTreeSet<usize>) -> Answer {
    let mut wanted = CpuSet::new();
    // A CPU beyond the set cannot exist. If nothing else was asked, the set stays empty, which the kernel refuses.
    for cpu in cpus.iter().filter(|cpu| **cpu < CpuSet::MAX_CPU) {
        wanted.set(*cpu);
    }
    let set = sched_setaffinity(None, &wanted);
    let actual = sched_getaffinity(None)
        .map(|set| (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect::<BTreeSet<_>>());
    let answer = match (set, &actual) {
        (Err(error), _) => Answer::refused().error(error),
        // The kernel silently leaves out CPUs that it does not have.
        (Ok(()), Ok(actual)) if actual != cpus => Answer::partial(list(actual)),
        (Ok(()), Ok(actual)) => return Answer::granted(list(actual)),
        (Ok(()), Err(error)) => return Answer::granted(not_read_back(*error)),
    };
    let online = proc::online_cpus().map_or(String::new(), |online| format!(" ({online})"));
    answer
        .has(actual.ok().map(list))
        .needs(format!("CPUs that are online{online} and in the thread's cpuset"))
}

pub(crate) fn set_nice(nice: i8) -> Answer {
    // On Linux the process 0 is the calling thread.
    let set = setpriority_process(None, nice.into());
    let actual = getpriority_process(None);
    match (set, actual) {
        (Ok(()), Ok(actual)) if actual == i32::from(nice) => Answer::granted(actual),
        // The kernel clamps a value out of range instead of refusing it.
        (Ok(()), Ok(actual)) => Answer::partial(actual),
        (Ok(()), Err(error)) => Answer::granted(not_read_back(error)),
        (Err(error), actual) => {
            let least = 20 - i32::from(nice);
            let limit = limits::limit(Resource::Nice);
            Answer::refused().error(error).has(actual.ok()).needs(format!(
                "CAP_SYS_NICE, or an RLIMIT_NICE of at least {least} (now {})",
                limits::show(limit)
            ))
        }
    }
}

pub(crate) fn lock_memory() -> Answer {
    match mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE) {
        Ok(()) => Answer::granted(proc::memory("VmLck").map_or_else(
            || "all memory of the process".to_owned(),
            |locked| format!("{locked} KiB locked, and all future memory"),
        )),
        Err(error) => {
            let limit = limits::limit(Resource::Memlock).map(|bytes| bytes / 1024);
            let mapped = proc::memory("VmSize");
            let locked = proc::memory("VmLck").map(|locked| format!("{locked} KiB locked"));
            let within = limit.is_none_or(|limit| mapped.is_some_and(|mapped| mapped <= limit));
            let mapped =
                mapped.map_or_else(|| "all mapped memory".to_owned(), |mapped| format!("{mapped} KiB"));
            // Neither the limit nor a missing capability explains the refusal, so the memory or a sandbox must.
            let needs = if within || limits::has(CapabilitySet::IPC_LOCK) {
                format!("free RAM for all mapped memory, {mapped}, and a sandbox that allows mlockall")
            } else {
                let limit = limits::show(limit);
                format!("CAP_IPC_LOCK, or an RLIMIT_MEMLOCK of more than {mapped} (now {limit} KiB)")
            };
            Answer::refused().error(error).has(locked).needs(needs)
        }
    }
}

/// Describes a request that the system accepted, when the result could not be read.
fn not_read_back(error: Errno) -> String {
    format!("what could not be read back ({error})")
}
