//! What happens when a bounded queue is full.

/// Decides what a put does when a bounded queue is full. The default is [`Overflow::Block`].
///
/// A task that a policy drops goes to the builder's
/// [`on_dropped`](crate::handle::builder::Builder::on_dropped) and is counted in
/// [`Stats::dropped`](crate::control::stats::Stats::dropped).
///
/// # Examples
///
/// A display that shows only the latest readings:
///
/// ```
/// use pyaltt::Overflow;
///
/// let display = pyaltt::queue(|reading: f64, _cx| println!("{reading} °C"))
///     .bounded(2)
///     .overflow(Overflow::DropOldest)
///     .build()?;
/// for reading in [20.1, 20.4, 20.9] {
///     display.put(reading)?;
/// }
/// assert_eq!(display.stats().dropped, 1);
/// assert_eq!(display.take_pending(), [20.4, 20.9]);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// Waits until there is room.
    #[default]
    Block,
    /// Hands the new task back as an error.
    Reject,
    /// Drops the task that has been in the queue for the longest time, to make room. If the put comes from inside a
    /// comparison of two tasks of a priority queue, where no task can be taken out, it drops the new task.
    DropOldest,
    /// Drops the new task. The put returns `Ok`.
    DropNewest,
}
