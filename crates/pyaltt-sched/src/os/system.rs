//! A system that this crate can ask for nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::answer::Answer;
use crate::policy::Policy;

pub(crate) fn set_policy(_policy: Policy) -> Answer {
    Answer::unsupported()
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
