//! How to wait for a deadline: the trait, and one strategy a file.
//!
//! - [`poll`]: deadlines rounded up, so that many sleepers share a wake-up.
//! - [`precise`]: the kernel's own timer, at its finest setting.
//! - [`realtime`]: the kernel's timer until shortly before the deadline, and spinning for the rest.

pub(crate) mod poll;
pub(crate) mod precise;
pub(crate) mod realtime;

use std::time::Instant;

use crate::wait::{WaitContext, Waited, park_until};

/// How to wait for a deadline.
///
/// # Examples
///
/// A strategy that wraps another one and counts its waits:
///
/// ```
/// use pyaltt::timing::{Precise, Strategy, Ticker, WaitContext, Waited};
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::{Duration, Instant};
///
/// struct Counted(Precise, Arc<AtomicU64>);
///
/// impl Strategy for Counted {
///     fn prepare(&mut self) {
///         self.0.prepare();
///     }
///
///     fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
///         self.1.fetch_add(1, Ordering::Relaxed);
///         self.0.wait_until(deadline, cx)
///     }
/// }
///
/// let waits = Arc::new(AtomicU64::new(0));
/// let counted = Counted(Precise::new(), Arc::clone(&waits));
/// assert_eq!(Ticker::interval(Duration::from_millis(1))?.strategy(counted).take(3).count(), 3);
/// assert_eq!(waits.load(Ordering::Relaxed), 3);
/// # Ok::<(), pyaltt::timing::TimingError>(())
/// ```
pub trait Strategy: Send {
    /// Prepares the calling thread. It is called once on the thread that will wait, before the first wait, and does
    /// nothing by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Precise, Strategy};
    ///
    /// let mut precise = Precise::new();
    /// precise.prepare(); // on Linux: this thread's timer slack is 1 ns now
    /// ```
    fn prepare(&mut self) {}

    /// Waits until `deadline` or until `cx` is interrupted; without a deadline, for the interruption alone.
    ///
    /// [`Waited::Due`] promises that `cx.now()` has reached the deadline, and [`Waited::Interrupted`] that `cx` was
    /// interrupted. Nothing relies on these promises. A wait that ends early, or for a reason of the strategy's own,
    /// makes no early tick and ends nothing: the rest of the time is waited out by a plain park until the deadline.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Precise, Realtime, Strategy, WaitContext, Waited};
    /// use std::time::{Duration, Instant};
    ///
    /// /// Exact where it matters, cheap for long waits.
    /// struct Mixed(Precise, Realtime);
    ///
    /// impl Strategy for Mixed {
    ///     fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
    ///         match deadline {
    ///             Some(at) if at < cx.now() + Duration::from_secs(1) => self.1.wait_until(deadline, cx),
    ///             _ => self.0.wait_until(deadline, cx),
    ///         }
    ///     }
    /// }
    /// ```
    fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited;
}

/// Waits by `strategy`, and returns when it woke: at the deadline or later. `None` means that `cx` was interrupted.
///
/// A strategy that returns early is not asked again for the same deadline, because it could go on returning early, and
/// that would be a busy loop.
#[doc(hidden)]
#[inline]
pub fn wait_out(
    strategy: &mut dyn Strategy,
    deadline: Option<Instant>,
    cx: &dyn WaitContext,
) -> Option<Instant> {
    let waited = strategy.wait_until(deadline, cx);
    let now = cx.now();
    if waited == Waited::Due && deadline.is_some_and(|deadline| now >= deadline) {
        return Some(now);
    }
    park_the_rest(deadline, cx)
}

#[cold]
fn park_the_rest(deadline: Option<Instant>, cx: &dyn WaitContext) -> Option<Instant> {
    match park_until(deadline, cx) {
        Waited::Due => Some(cx.now()),
        Waited::Interrupted => None,
    }
}

impl<S: Strategy + ?Sized> Strategy for Box<S> {
    fn prepare(&mut self) {
        (**self).prepare();
    }

    fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
        (**self).wait_until(deadline, cx)
    }
}
