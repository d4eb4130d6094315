//! The type of a static collection.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use crate::collection::FunctionCollection;
use crate::statics::registration::register_all;

/// A [`FunctionCollection`] in a static, created on first use. [`collection!`](crate::collection) declares one.
///
/// The functions marked with `#[collect]` are in it from its first use on, except those of crates that the program never
/// names; see [`collection!`](crate::collection).
///
/// # Examples
///
/// ```
/// use pyaltt::StaticCollection;
///
/// static DUMP: StaticCollection<i32> = StaticCollection::new();
///
/// DUMP.add("cpu", || 42)?;
/// assert_eq!(DUMP.names(), ["cpu"]);
/// # Ok::<(), pyaltt::CollectionError>(())
/// ```
pub struct StaticCollection<T = ()> {
    collection: OnceLock<FunctionCollection<T>>,
}

impl<T: Send + 'static> StaticCollection<T> {
    /// Creates an empty collection.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::StaticCollection;
    ///
    /// static SHUTDOWN: StaticCollection = StaticCollection::new();
    ///
    /// assert!(SHUTDOWN.run().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { collection: OnceLock::new() }
    }

    /// Returns the collection without registering the marked functions first, for the registration itself.
    pub(crate) fn unregistered(&self) -> &FunctionCollection<T> {
        self.collection.get_or_init(FunctionCollection::new)
    }
}

impl<T: Send + 'static> Deref for StaticCollection<T> {
    type Target = FunctionCollection<T>;

    fn deref(&self) -> &FunctionCollection<T> {
        register_all();
        self.unregistered()
    }
}

impl<T: Send + 'static> Default for StaticCollection<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + 'static> fmt::Debug for StaticCollection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StaticCollection").field(&**self).finish()
    }
}
