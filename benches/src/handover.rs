//! What a contender of the messages report offers: a way to hand tasks to code that runs elsewhere.

use std::any::Any;

/// Something that can be handed over.
pub trait Task: Send + 'static {}

impl<T: Send + 'static> Task for T {}

/// What the other side does with a task.
pub trait Handler<T>: FnMut(T) + Send + Unpin + 'static {}

impl<T, F: FnMut(T) + Send + Unpin + 'static> Handler<T> for F {}

/// A way to hand tasks over: a channel with a thread behind it, an actor, a worker.
pub trait Handover: 'static {
    /// The sending end, and whatever keeps the other end running.
    type Inbox<T: Task, H: Handler<T>>: Inbox<T>;

    /// Why it cannot be unbounded, if it cannot.
    const NOT_UNBOUNDED: Option<&'static str> = None;

    /// Why it cannot make producers wait at a bound, if it cannot.
    const NOT_BOUNDED: Option<&'static str> = None;

    /// Starts a consumer that calls `handler` for every task, in order.
    fn start<T: Task, H: Handler<T>>(bound: Option<usize>, handler: H) -> Self::Inbox<T, H>;
}

/// The sending end of a [`Handover`]. Producers share it by reference.
pub trait Inbox<T>: Sync {
    /// Hands a task over, and waits while there is no room.
    fn put(&self, task: T);

    /// Ends the consumer in the quickest orderly way that its documentation gives, and waits until it has ended. Returns
    /// what outlives the stop, such as tasks kept for a later run: their drop is not measured.
    fn stop(self) -> Option<Box<dyn Any>>;
}

/// The bound of bounded queues.
pub const BOUND: usize = 1_024;

/// Starts a consumer without a bound, or with [`BOUND`] if it cannot be unbounded.
pub fn start<P: Handover, T: Task, H: Handler<T>>(handler: H) -> P::Inbox<T, H> {
    P::start(P::NOT_UNBOUNDED.map(|_| BOUND), handler)
}
