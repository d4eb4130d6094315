//! The check for values that no system could grant.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::error::SchedError;
use crate::policy::Policy;
use crate::sched::Sched;
use crate::stack;

/// The kernel accepts no shorter runtime.
const SHORTEST_RUNTIME: Duration = Duration::from_nanos(1024);
/// The kernel reserves the highest bit of the nanoseconds.
const LONGEST_PERIOD: Duration = Duration::from_nanos((1 << 63) - 1);

impl Sched {
    /// Checks the values without asking the system. The builder of a worker calls it.
    ///
    /// # Errors
    ///
    /// Refuses a priority outside 1 to 99, a nice value outside -20 to 19, an empty list of CPUs, DEADLINE times
    /// that are out of order or out of range, and a prefaulted part that is larger than any stack. Whether a CPU
    /// exists only the system can tell.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::Sched;
    ///
    /// assert!(Sched::fifo(99).nice(-20).check().is_ok());
    /// assert!(Sched::fifo(99).nice(-21).check().is_err());
    /// ```
    pub fn check(&self) -> Result<(), SchedError> {
        if let Some(policy) = self.policy {
            check_policy(policy)?;
        }
        if let Some(nice) = self.nice.filter(|nice| !(-20..=19).contains(nice)) {
            return Err(SchedError::new(format!("nice {nice}"), "a nice value from -20 to 19"));
        }
        if self.cpus.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err(SchedError::new("an empty list of CPUs", "a list of at least one CPU"));
        }
        if let Some(bytes) = self.prefault_stack.filter(|bytes| *bytes > stack::LARGEST) {
            let allowed = format!("up to {} bytes of stack", stack::LARGEST);
            return Err(SchedError::new(format!("prefault_stack of {bytes} bytes"), allowed));
        }
        Ok(())
    }
}

fn check_policy(policy: Policy) -> Result<(), SchedError> {
    let allowed = match policy {
        Policy::Other | Policy::Fifo(1..=99) | Policy::RoundRobin(1..=99) => return Ok(()),
        Policy::Fifo(_) | Policy::RoundRobin(_) => "a priority from 1 to 99",
        Policy::Deadline { runtime, deadline, period } => {
            let ordered = SHORTEST_RUNTIME <= runtime && runtime <= deadline && deadline <= period;
            if ordered && period <= LONGEST_PERIOD {
                return Ok(());
            }
            "1024 ns <= runtime <= deadline <= period < 2^63 ns"
        }
    };
    Err(SchedError::new(policy.to_string(), allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_at_the_edges() {
        let ns = Duration::from_nanos;
        let dl = |r, d, p| Sched::deadline(ns(r), ns(d), ns(p));
        for good in [
            Sched::new(),
            Sched::other().nice(-20),
            Sched::fifo(1).nice(19),
            Sched::rr(99).cpu(usize::MAX),
            dl(1024, 1024, 1024),
            dl(1024, 2048, (1 << 63) - 1),
            Sched::new().prefault_stack(stack::LARGEST),
        ] {
            assert_eq!(good.check(), Ok(()), "{good:?}");
        }
        for (bad, given) in [
            (Sched::fifo(0), "FIFO 0"),
            (Sched::rr(100), "RR 100"),
            (Sched::fifo(255), "FIFO 255"),
            (Sched::new().nice(-21), "nice -21"),
            (Sched::new().nice(20), "nice 20"),
            (Sched::new().cpus([]), "an empty list of CPUs"),
            (dl(1023, 2048, 4096), "DEADLINE 1.023µs within 2.048µs of every 4.096µs"),
            (dl(4096, 2048, 4096), "DEADLINE 4.096µs within 2.048µs of every 4.096µs"),
            (dl(2048, 8192, 4096), "DEADLINE 2.048µs within 8.192µs of every 4.096µs"),
            (dl(2048, 4096, 0), "DEADLINE 2.048µs within 4.096µs of every 0ns"),
            (dl(2048, 4096, 1 << 63), "DEADLINE 2.048µs within 4.096µs of every 9223372036.854775808s"),
        ] {
            let error = bad.check().unwrap_err();
            assert_eq!(error.given(), given);
            assert!(!error.allowed().is_empty());
        }
        assert!(Sched::new().prefault_stack(usize::MAX).check().is_err());
    }
}
