//! `collection!`, which declares static collections.

use crate::collection::FunctionCollection;

/// Declares static collections, which `#[collect]` can fill from anywhere in the program.
///
/// A crate that the program never names is no part of it, even as a dependency: the linker leaves it out, with the
/// functions that it collects and without a word. Write `use that_crate as _;`.
///
/// Each static is a [`StaticCollection<T>`](crate::StaticCollection), which derefs to the declared
/// [`FunctionCollection<T>`](crate::FunctionCollection).
///
/// # Examples
///
/// ```
/// use pyaltt::{FunctionCollection, collection};
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
/// # Ok::<(), pyaltt::CollectionError>(())
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

/// The types that `collection!` declares statics of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `FunctionCollection`",
    label = "a static collection is a `FunctionCollection<T>`"
)]
pub trait Collection {}

impl<T> Collection for FunctionCollection<T> {}

/// Compiles only if `C` is a collection.
pub const fn is_collection<C: Collection>() {}
