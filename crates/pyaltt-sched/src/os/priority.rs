//! A system that has thread priorities, and nothing else that this crate can ask for.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use thread_priority::{Error, ThreadPriority, ThreadPriorityValue};

use crate::answer::Answer;
use crate::policy::Policy;

/// Scales a real-time priority to the system's own range, under the policy that the thread already has.
pub(crate) fn set_policy(policy: Policy) -> Answer {
    let (Policy::Fifo(priority) | Policy::RoundRobin(priority)) = policy else {
        return Answer::unsupported();
    };
    let Ok(value) = ThreadPriorityValue::try_from(priority) else { return Answer::unsupported() };
    match ThreadPriority::Crossplatform(value).set_for_current() {
        Ok(()) => Answer::partial(format!("a thread priority of {priority} in 99"))
            .needs("a system that has this policy"),
        Err(Error::OS(code)) => Answer::refused().error(io::Error::from_raw_os_error(code)),
        Err(error) => Answer::refused().error(io::Error::new(io::ErrorKind::InvalidInput, error)),
    }
}

pub(crate) fn set_cpus(_cpus: &BTreeSet<usize>) -> Answer {
    Answer::unsupported()
}

pub(crate) fn set_nice(_nice: i8) -> Answer {
    Answer::unsupported()
}

pub(crate) fn lock_memory() -> Answer {
    Answer::unsupported()
}

pub(crate) fn limit_cpu_latency(_limit: Duration) -> Answer {
    Answer::unsupported()
}
