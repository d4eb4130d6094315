//! What happens when a bounded queue is full.

/// What a put does when a bounded queue is full. The default is [`Overflow::Block`].
///
/// A task that a policy drops is given to the builder's `on_dropped`, and counted in
/// [`Stats::dropped`](crate::Stats::dropped).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// Waits until there is room.
    #[default]
    Block,
    /// Hands the new task back as an error.
    Reject,
    /// Drops the task that was put first of all that wait, to make room. From inside a comparison of two tasks of a
    /// queue by priority, where none can be taken out, it drops the new one.
    DropOldest,
    /// Drops the new task, and says that all is well.
    DropNewest,
}
