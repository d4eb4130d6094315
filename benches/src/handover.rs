//! What a contender has to offer: a way to hand tasks to code that runs elsewhere.

use std::any::Any;

/// Something that can be handed over.
pub trait Task: Send + 'static {}

impl<T: Send + 'static> Task for T {}

/// What is done with a task on the other side.
pub trait Handler<T>: FnMut(T) + Send + Unpin + 'static {}

impl<T, F: FnMut(T) + Send + Unpin + 'static> Handler<T> for F {}

/// A way to hand tasks over: a channel with a thread behind it, an actor, a worker.
pub trait Handover: 'static {
    /// The sending end, with whatever keeps the other end running.
    type Inbox<T: Task, H: Handler<T>>: Inbox<T>;

    /// Why it cannot take any number of tasks, if it cannot.
    const NOT_UNBOUNDED: Option<&'static str> = None;

    /// Why it cannot hold producers back at a bound, if it cannot.
    const NOT_BOUNDED: Option<&'static str> = None;

    /// Starts a consumer that calls `handler` for every task, in their order.
    fn start<T: Task, H: Handler<T>>(bound: Option<usize>, handler: H) -> Self::Inbox<T, H>;
}

/// The sending end of a [`Handover`]. Producers share it by reference.
pub trait Inbox<T>: Sync {
    /// Hands a task over; waits while there is no room.
    fn put(&self, task: T);

    /// Ends the consumer by the quickest orderly way that its documentation gives, and waits until it has ended. What
    /// outlives the stop, such as tasks that are kept for a later run, is given back and not measured.
    fn stop(self) -> Option<Box<dyn Any>>;
}

/// The bound of bounded queues.
pub const BOUND: usize = 1_024;

/// A consumer without a bound, or with [`BOUND`] where there must be one.
pub fn start<P: Handover, T: Task, H: Handler<T>>(handler: H) -> P::Inbox<T, H> {
    P::start(P::NOT_UNBOUNDED.map(|_| BOUND), handler)
}
