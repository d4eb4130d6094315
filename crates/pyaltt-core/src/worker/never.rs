//! The type `!`, which cannot be named in stable Rust.

/// The type `!`, the return type of a function that never returns.
pub(crate) type Never = <fn() -> ! as Returns>::Value;

/// Names the return type of a function. It is public because the impl of a public trait mentions it.
pub trait Returns {
    /// The return type.
    type Value;
}

impl<R> Returns for fn() -> R {
    type Value = R;
}
