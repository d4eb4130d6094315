//! Collections that are statics.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use crate::collection::FunctionCollection;
use crate::registry;

/// Holds a [`FunctionCollection`] in a static, made on first use; [`collection!`](crate::collection) declares
/// one.
///
/// The functions that `#[collect]` marks are in it from the first use on.
///
/// # Examples
///
/// ```
/// use pyaltt_collection::StaticCollection;
///
/// static DUMP: StaticCollection<i32> = StaticCollection::new();
///
/// DUMP.add("cpu", || 42)?;
/// assert_eq!(DUMP.names(), ["cpu"]);
/// # Ok::<(), pyaltt_collection::CollectionError>(())
/// ```
pub struct StaticCollection<T = ()> {
    collection: OnceLock<FunctionCollection<T>>,
}

impl<T: Send + 'static> StaticCollection<T> {
    /// Makes an empty collection.
    #[must_use]
    pub const fn new() -> Self {
        Self { collection: OnceLock::new() }
    }

    /// Returns the collection without registering anything first: it is what registration fills.
    pub(crate) fn unregistered(&self) -> &FunctionCollection<T> {
        self.collection.get_or_init(FunctionCollection::new)
    }
}

impl<T: Send + 'static> Deref for StaticCollection<T> {
    type Target = FunctionCollection<T>;

    fn deref(&self) -> &FunctionCollection<T> {
        registry::register_all();
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

/// Declares static collections, which `#[collect]` can fill from anywhere in the program.
///
/// Each is a [`StaticCollection<T>`](crate::StaticCollection), which derefs to the [`FunctionCollection<T>`]
/// that was asked for.
///
/// # Examples
///
/// ```
/// use pyaltt_collection::{FunctionCollection, collection};
///
/// collection! {
///     /// Stops everything.
///     pub static SHUTDOWN: FunctionCollection<()>;
///     static DUMP: FunctionCollection<Vec<u8>>;
/// }
///
/// SHUTDOWN.on_error(|error| eprintln!("{error}"));
/// SHUTDOWN.add("close the log", || ())?;
/// SHUTDOWN.run();
/// assert!(DUMP.run().is_empty());
/// # Ok::<(), pyaltt_collection::CollectionError>(())
/// ```
#[macro_export]
macro_rules! collection {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis static $name:ident : $($path:ident)::+ $(< $value:ty >)? ;
    )*) => {$(
        $(#[$attribute])*
        $visibility static $name: $crate::StaticCollection $(<$value>)? = $crate::StaticCollection::new();

        const _: () = $crate::__private::is_collection::<$($path)::+ $(<$value>)?>();
    )*};
    ($($other:tt)*) => {
        ::core::compile_error!(
            "`collection!` takes static collections without a value: `pub static NAME: FunctionCollection<T>;`"
        );
    };
}
