//! What one start changes: overrides and arguments.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pyaltt_timing::MissedTick;

use crate::context::Object;
use crate::pace::PaceOptions;

/// Options and arguments of one run, for `start_with`. What is not set stays as it was built.
///
/// # Examples
///
/// ```
/// use pyaltt_core::{Start, looped};
/// use std::time::Duration;
///
/// let worker = looped(|_tick, cx| println!("{} of {:?}", cx.name(), cx.arg::<u32>()))
///     .delay(Duration::from_secs(1))
///     .build()?;
/// worker.start_with(Start::new().name("fast").interval(Duration::from_millis(5)).arg(7_u32))?;
/// worker.stop()?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Default)]
#[must_use = "give it to start_with"]
pub struct Start {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) daemon: Option<bool>,
    pub(crate) pace: PaceOptions,
    pub(crate) object: Option<Object>,
    pub(crate) args: Vec<Object>,
}

impl Start {
    /// No overrides and no arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the worker's name in this run.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into().into());
        self
    }

    /// Sets whether the worker is a daemon in this run.
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.daemon = Some(daemon);
        self
    }

    /// Sets the pause before each turn; looped workers only.
    pub fn delay_before(mut self, delay: Duration) -> Self {
        self.pace.delay_before = Some(delay);
        self
    }

    /// Sets the pause after each turn, in place of a delay or an interval; looped workers only.
    pub fn delay_after(mut self, delay: Duration) -> Self {
        self.pace.delay_after = Some(delay);
        self
    }

    /// The same as [`delay_after`](Start::delay_after).
    pub fn delay(self, delay: Duration) -> Self {
        self.delay_after(delay)
    }

    /// Sets the exact interval, in place of an interval or a delay; looped workers only.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.pace.interval = Some(interval);
        self
    }

    /// Sets the poll delay, and with it the strategy [`Poll`](crate::Poll); looped workers only.
    pub fn poll_delay(mut self, delay: Duration) -> Self {
        self.pace.poll_delay = Some(delay);
        self
    }

    /// Sets whether to wait by the strategy [`Realtime`](crate::Realtime); looped workers only.
    pub fn realtime(mut self, realtime: bool) -> Self {
        self.pace.realtime = Some(realtime);
        self
    }

    /// Sets what happens to missed ticks; looped workers only.
    pub fn missed(mut self, missed: MissedTick) -> Self {
        self.pace.missed = Some(missed);
        self
    }

    /// Gives the object that [`Context::o`](crate::Context::o) finds in this run.
    pub fn o<O: Send + 'static>(mut self, value: O) -> Self {
        self.object = Some(Box::new(value));
        self
    }

    /// Gives an argument that [`Context::arg`](crate::Context::arg) finds by its type; can be called for
    /// several types.
    pub fn arg<A: Send + 'static>(mut self, value: A) -> Self {
        self.args.push(Box::new(value));
        self
    }
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("name", &self.name)
            .field("daemon", &self.daemon)
            .field("pace", &self.pace)
            .field("args", &self.args.len())
            .finish_non_exhaustive()
    }
}
