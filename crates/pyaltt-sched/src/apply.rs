//! The requests, one after another, on the calling thread.

use std::fmt::Display;

use crate::report::{RtFeature, RtReport};
use crate::sched::Sched;
use crate::{os, stack};

impl Sched {
    /// Asks the system for everything, for the calling thread. What is refused keeps nothing else from being
    /// asked for; whether everything was required makes no difference here.
    ///
    /// The processors come first, then the memory, the stack, the latency of the processors and the nice value, and the policy last. Before a
    /// switch to a real-time policy the timer slack is set to 1 ns, since the kernel ignores it after.
    ///
    /// How large the stack of the calling thread is, is not known here, so nothing of it is touched: see
    /// [`apply_on_stack`](Sched::apply_on_stack).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_sched::Sched;
    ///
    /// let control_loop = std::thread::spawn(|| {
    ///     let report = Sched::fifo(50).apply();
    ///     for item in report.refused() {
    ///         eprintln!("goes on without: {item}");
    ///     }
    ///     (0..3).count()
    /// });
    /// assert_eq!(control_loop.join().unwrap(), 3);
    /// ```
    pub fn apply(&self) -> RtReport {
        self.ask(None)
    }

    /// As [`apply`](Sched::apply), on a thread that has a stack of `size` bytes of which little is in use yet.
    ///
    /// On a stack that is smaller than that, the touching of its pages ends the process as any overflow of a
    /// stack does.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_sched::Sched;
    ///
    /// let sched = Sched::new().prefault_stack(256 * 1024);
    /// let size = sched.stack_size().unwrap();
    /// let thread = std::thread::Builder::new().stack_size(size);
    /// let report = thread.spawn(move || sched.apply_on_stack(size))?.join().unwrap();
    /// assert!(report.is_complete());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn apply_on_stack(&self, size: usize) -> RtReport {
        self.ask(Some(size))
    }

    fn ask(&self, stack_size: Option<usize>) -> RtReport {
        let mut report = RtReport::default();
        if let Some(cpus) = &self.cpus {
            report.push(RtFeature::Cpus, &list(cpus), os::set_cpus(cpus));
        }
        if self.lock_memory {
            report.push(RtFeature::MemoryLock, &"all memory of the process", os::lock_memory());
        }
        if let Some(bytes) = self.prefault_stack {
            report.push(RtFeature::Stack, &format!("{bytes} bytes"), stack::prefault(bytes, stack_size));
        }
        if let Some(limit) = self.cpu_latency {
            report.push(
                RtFeature::CpuLatency,
                &format!("{} µs", limit.as_micros()),
                os::limit_cpu_latency(limit),
            );
        }
        if let Some(nice) = self.nice {
            report.push(RtFeature::Nice, &nice, os::set_nice(nice));
        }
        if let Some(policy) = self.policy {
            report.push(RtFeature::Policy, &policy, os::set_policy(policy));
        }
        report
    }
}

/// Numbers with commas between them.
pub(crate) fn list(numbers: impl IntoIterator<Item = impl Display>) -> String {
    let mut text = String::new();
    for number in numbers {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&number.to_string());
    }
    text
}
