//! The type `!`, which has no stable name of its own.

/// The type `!`: what a function that never returns has for its return type.
pub(crate) type Never = <fn() -> ! as Returns>::Value;

/// Names the return type of a function. It is public because an impl of a public trait goes through it.
pub trait Returns {
    /// The return type.
    type Value;
}

impl<R> Returns for fn() -> R {
    type Value = R;
}
