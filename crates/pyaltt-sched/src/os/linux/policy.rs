//! The scheduling policy of a thread.

use std::fmt;
use std::io;
use std::num::NonZeroU64;

use rustix::io::Errno;
use rustix::process::{Resource, getpriority_process};
use rustix::thread::CapabilitySet;
use thread_priority::{
    DeadlineFlags, Error, NormalThreadSchedulePolicy, RealtimeThreadSchedulePolicy, ThreadPriority,
    ThreadPriorityValue, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};

use super::{limits, proc};
use crate::answer::Answer;
use crate::policy::Policy;

pub(crate) fn set_policy(policy: Policy) -> Answer {
    if policy != Policy::Other {
        // Before the switch, because the kernel ignores the slack of a thread that is real-time already. A refusal
        // only leaves the default.
        let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
    }
    let set = set(policy);
    let actual = proc::policy().map(|(policy, priority)| Actual { policy, priority });
    match set {
        Err(error) => {
            let needs = needs(policy, &error);
            let answer = Answer::refused().error(error).has(actual);
            needs.map_or(answer.clone(), |needs| answer.needs(needs))
        }
        Ok(()) => match actual {
            Some(actual) if actual == Actual::of(policy) => Answer::granted(actual),
            Some(actual) => Answer::partial(actual),
            // Without /proc, the accepted call is all that is known.
            None => Answer::granted(policy),
        },
    }
}

fn set(policy: Policy) -> io::Result<()> {
    let (priority, policy) = match policy {
        Policy::Other => other(),
        Policy::Fifo(priority) => (at(priority)?, realtime(RealtimeThreadSchedulePolicy::Fifo)),
        Policy::RoundRobin(priority) => (at(priority)?, realtime(RealtimeThreadSchedulePolicy::RoundRobin)),
        Policy::Deadline { runtime, deadline, period } => {
            // Without this flag, a thread with this policy cannot start another thread.
            let flags = DeadlineFlags::RESET_ON_FORK;
            let priority = ThreadPriority::Deadline { runtime, deadline, period, flags };
            let policy = realtime(RealtimeThreadSchedulePolicy::Deadline);
            // The system call behind this takes a thread number, where 0 is the calling thread.
            return set_thread_priority_and_policy(0, priority, policy).map_err(io_error);
        }
    };
    set_thread_priority_and_policy(thread_native_id(), priority, policy).map_err(io_error)
}

fn realtime(policy: RealtimeThreadSchedulePolicy) -> ThreadSchedulePolicy {
    ThreadSchedulePolicy::Realtime(policy)
}

fn at(priority: u8) -> io::Result<ThreadPriority> {
    ThreadPriorityValue::try_from(priority)
        .map(ThreadPriority::Crossplatform)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

/// Returns the ordinary policy, with the priority that leaves the nice value unchanged: for this policy
/// `thread_priority` sets the nice value as well, and takes it as a share of its own scale.
fn other() -> (ThreadPriority, ThreadSchedulePolicy) {
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other);
    let nice = getpriority_process(None).unwrap_or(0);
    let same = (0..=99).filter_map(|share| at(share).ok()).find(|at| at.to_posix(policy) == Ok(nice));
    (same.unwrap_or(ThreadPriority::Min), policy)
}

fn io_error(error: Error) -> io::Error {
    match error {
        // For DEADLINE, `thread_priority` passes on the raw result of the call, and the code is in errno.
        Error::OS(-1) => io::Error::last_os_error(),
        Error::OS(code) => io::Error::from_raw_os_error(code),
        other => io::Error::new(io::ErrorKind::InvalidInput, other),
    }
}

/// Returns what would allow a policy that was refused with `error`.
fn needs(policy: Policy, error: &io::Error) -> Option<String> {
    let privileged = limits::has(CapabilitySet::SYS_NICE);
    let share = || proc::kernel("sched_rt_runtime_us");
    Some(match (policy, Errno::from_io_error(error)?) {
        (Policy::Fifo(priority) | Policy::RoundRobin(priority), Errno::PERM) => {
            let limit = limits::limit(Resource::Rtprio);
            if privileged || limit.is_none_or(|limit| limit >= priority.into()) {
                format!(
                    "CAP_SYS_NICE outside of a user namespace, a sandbox that allows the call, and, where cgroups \
                     divide real-time bandwidth, cpu.rt_runtime_us above 0 (kernel.sched_rt_runtime_us is {})",
                    share()
                )
            } else {
                let limit = limits::show(limit);
                format!("CAP_SYS_NICE, or an RLIMIT_RTPRIO of at least {priority} (now {limit})")
            }
        }
        (Policy::Deadline { .. }, Errno::PERM) if privileged => format!(
            "a thread that may run on all CPUs, CAP_SYS_NICE outside of a user namespace, and \
             kernel.sched_rt_runtime_us other than 0 (now {})",
            share()
        ),
        (Policy::Other, Errno::PERM) => {
            "CAP_SYS_NICE, or an RLIMIT_NICE that allows the nice value".to_owned()
        }
        (Policy::Deadline { .. }, Errno::PERM) => "CAP_SYS_NICE".to_owned(),
        (Policy::Deadline { .. }, Errno::BUSY) => format!(
            "less runtime in each period: all such threads together get kernel.sched_rt_runtime_us ({}) of every \
             kernel.sched_rt_period_us ({}) on each CPU",
            share(),
            proc::kernel("sched_rt_period_us")
        ),
        (Policy::Deadline { .. }, Errno::INVAL) => format!(
            "a period from kernel.sched_deadline_period_min_us ({}) to kernel.sched_deadline_period_max_us ({})",
            proc::kernel("sched_deadline_period_min_us"),
            proc::kernel("sched_deadline_period_max_us")
        ),
        _ => return None,
    })
}

/// A thread's policy as the kernel numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Actual {
    policy: u32,
    priority: u32,
}

impl Actual {
    fn of(policy: Policy) -> Self {
        let (policy, priority) = match policy {
            Policy::Other => (0, 0),
            Policy::Fifo(priority) => (1, priority.into()),
            Policy::RoundRobin(priority) => (2, priority.into()),
            Policy::Deadline { .. } => (6, 0),
        };
        Self { policy, priority }
    }
}

impl fmt::Display for Actual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.policy {
            0 => f.write_str("OTHER"),
            1 => write!(f, "FIFO {}", self.priority),
            2 => write!(f, "RR {}", self.priority),
            3 => f.write_str("BATCH"),
            5 => f.write_str("IDLE"),
            6 => f.write_str("DEADLINE"),
            7 => f.write_str("EXT"),
            number => write!(f, "policy {number}"),
        }
    }
}
