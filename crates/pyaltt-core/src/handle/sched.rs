//! Scheduling (the feature `sched`): an option of all builders, and the report of a handle.

use pyaltt_sched::{RtReport, Sched};

use super::Handle;
use super::builder::Builder;

impl<T: Send + 'static, K> Builder<T, K> {
    /// Sets what the worker's thread requests from the system at the start of each run, before its factory and
    /// `before_start`: a scheduling policy, processors, a nice value, locked memory. Default: nothing.
    ///
    /// [`rt_report`](crate::handle::Handle::rt_report) tells what was granted. What was not granted is logged, and the
    /// worker runs without it, unless [`Sched::require`] is set: then the start fails with
    /// [`StartError::Sched`](crate::error::StartError::Sched). A value that no system could grant, or a stack that is
    /// too small for its prefaulted part, is a [`BuildError`](crate::error::BuildError).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Sched, looped};
    /// use std::time::Duration;
    ///
    /// let control = looped(|_tick, _cx| ())
    ///     .interval(Duration::from_millis(1))
    ///     .realtime(true)
    ///     .sched(Sched::fifo(80).cpu(0).prefault_stack(64 * 1024))
    ///     .start()?;
    /// println!("{}", control.rt_report().unwrap());
    /// control.stop()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn sched(mut self, sched: Sched) -> Self {
        self.common.scheduling.set(sched);
        self
    }
}

impl Handle {
    /// Returns what the system granted of the worker's [`sched`](crate::handle::builder::Builder::sched) in its latest
    /// run, or `None` before the first run and for a worker without that option. It is available as soon as `start`
    /// returns, even if the start failed because of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Sched, StartError, looped};
    ///
    /// let pinned = looped(|_tick, _cx| ()).sched(Sched::new().cpu(100_000).require()).build()?;
    /// assert!(matches!(pinned.start(), Err(StartError::Sched { .. })));
    /// let report = pinned.rt_report().unwrap();
    /// assert!(!report.is_complete());
    /// assert!(report.to_string().starts_with("CPUs: asked 100000, "));
    /// # Ok::<(), pyaltt::BuildError>(())
    /// ```
    pub fn rt_report(&self) -> Option<RtReport> {
        self.shared().options.scheduling.report()
    }
}
