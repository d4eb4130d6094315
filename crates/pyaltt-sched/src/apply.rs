//! Makes the requests, one after another, for the calling thread.

use crate::item::RtFeature;
use crate::list::list;
use crate::os;
use crate::report::RtReport;
use crate::sched::Sched;
use crate::stack;

impl Sched {
    /// Asks the system for everything, for the calling thread.
    ///
    /// A refusal does not keep the rest from being asked for, and [`require`](Sched::require) makes no difference
    /// here. The order is: CPUs, memory lock, stack, CPU latency, nice value, policy. Before a switch to a real-time
    /// policy Linux is asked for a timer slack of 1 ns, because the kernel ignores that request afterwards.
    ///
    /// The size of the calling thread's stack is not known here, so a prefaulted stack is refused: see
    /// [`apply_on_stack`](Sched::apply_on_stack).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Sched, Ticker};
    /// use std::time::Duration;
    ///
    /// let control_loop = std::thread::spawn(|| {
    ///     let report = Sched::fifo(50).apply();
    ///     for item in report.refused() {
    ///         eprintln!("running without: {item}");
    ///     }
    ///     Ticker::interval(Duration::from_millis(1)).unwrap().take(3).count()
    /// });
    /// assert_eq!(control_loop.join().unwrap(), 3);
    /// ```
    pub fn apply(&self) -> RtReport {
        self.ask(None)
    }

    /// Asks for everything as [`apply`](Sched::apply) does, on a thread with a stack of `size` bytes, little of which
    /// is in use yet.
    ///
    /// If the stack is smaller than `size`, touching its pages ends the process, as any stack overflow does.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Sched;
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
            let asked = format!("{} µs", limit.as_micros());
            report.push(RtFeature::CpuLatency, &asked, os::limit_cpu_latency(limit));
        }
        if let Some(nice) = self.nice {
            report.push(RtFeature::Nice, &nice, os::set_nice(nice));
        }
        // After the nice value, which the ordinary policy keeps as it finds it.
        if let Some(policy) = self.policy {
            report.push(RtFeature::Policy, &policy, os::set_policy(policy));
        }
        report
    }
}
