//! A handle that keeps no worker alive.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Weak};

use super::{Handle, Owner};

/// A handle that does not count as one: the worker is stopped when the last [`Handle`] is dropped, however many of
/// these there are.
///
/// For registries and caches, and for workers that refer to one another in a ring.
///
/// # Examples
///
/// ```
/// let beat = pyaltt::event(|_trigger, _cx| ()).name("beat").start()?;
/// let weak = beat.downgrade();
/// assert_eq!(weak.upgrade().as_ref().map(|handle| handle.name()), Some("beat"));
/// drop(beat);
/// assert!(weak.upgrade().is_none());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone)]
pub struct WeakHandle {
    owner: Weak<Owner>,
}

impl WeakHandle {
    /// Gives a handle, if there still is one.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = pyaltt::event(|_trigger, _cx| ()).build()?;
    /// let weak = worker.downgrade();
    /// if let Some(worker) = weak.upgrade() {
    ///     worker.start()?;
    /// }
    /// assert!(worker.is_active());
    /// # worker.stop()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn upgrade(&self) -> Option<Handle> {
        self.owner.upgrade().map(|owner| Handle { owner })
    }
}

impl Handle {
    /// Gives a handle of the same worker that does not keep it alive.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = pyaltt::event(|_trigger, _cx| ()).build()?;
    /// let weak = worker.downgrade();
    /// assert_eq!(weak.upgrade().as_ref(), Some(&*worker));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn downgrade(&self) -> WeakHandle {
        WeakHandle { owner: Arc::downgrade(&self.owner) }
    }
}

// For the reason that a `Handle` is.
impl UnwindSafe for WeakHandle {}
impl RefUnwindSafe for WeakHandle {}

impl fmt::Debug for WeakHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An upgrade could become the last handle, and its drop would stop the worker.
        f.debug_struct("WeakHandle").field("handles", &self.owner.strong_count()).finish()
    }
}
