//! Looped workers, which take their turns by the clock.

pub(crate) mod builder;
mod context;
pub(crate) mod function;
pub(crate) mod handle;
mod source;
