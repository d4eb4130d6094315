//! A system that we can ask for nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use super::policy::Policy;
use super::report::Answer;

pub(super) fn set_policy(_policy: Policy) -> Answer {
    Answer::unsupported()
}

pub(super) fn set_cpus(_cpus: &BTreeSet<usize>) -> Answer {
    Answer::unsupported()
}

pub(super) fn set_nice(_nice: i8) -> Answer {
    Answer::unsupported()
}

pub(super) fn lock_memory() -> Answer {
    Answer::unsupported()
}

pub(super) fn limit_cpu_latency(_limit: Duration) -> Answer {
    Answer::unsupported()
}
