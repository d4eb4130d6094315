//! Looped workers: their turns are due by the clock.

pub(crate) mod builder;
pub(crate) mod function;
pub(crate) mod handle;
mod source;
