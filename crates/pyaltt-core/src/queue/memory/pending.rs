//! Who was woken for room and is not awake yet.

pub(super) const NONE: u8 = 0;
pub(super) const THREAD: u8 = 1;
/// A future, which may have been leaked: no other producer relies on it.
pub(super) const FUTURE: u8 = 2;
