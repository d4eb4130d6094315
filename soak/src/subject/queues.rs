//! Queues from outside: channels, queues of the soak's own, and queues that several workers take from.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use pyaltt::Queue;
use testkit::DequeQueue;

use crate::account::queue_account::QueueAccount;
use crate::account::task::Task;

#[derive(Clone, Copy, Debug)]
pub(crate) enum External {
    Channel,
    BoundedChannel,
    ReceiverOnly,
    Custom,
    BoundedCustom,
}

impl External {
    /// The queue, and its sender if the worker does not have it.
    pub(crate) fn make(self, bound: usize) -> (Queue<Task>, Option<Sender<Task>>) {
        match self {
            Self::Channel => (Queue::from(crossbeam_channel::unbounded()), None),
            Self::BoundedChannel => (Queue::from(crossbeam_channel::bounded(bound)), None),
            Self::ReceiverOnly => {
                let (sender, receiver): (_, Receiver<Task>) = crossbeam_channel::unbounded();
                (Queue::from(receiver), Some(sender))
            }
            Self::Custom => (Queue::from(DequeQueue::unbounded()), None),
            Self::BoundedCustom => (Queue::from(DequeQueue::bounded(bound)), None),
        }
    }
}

/// A queue that several workers take from.
#[derive(Clone, Debug)]
pub(crate) struct SharedQueue {
    pub(crate) queue: Queue<Task>,
    pub(crate) account: Arc<QueueAccount>,
    /// Whether a put into the full queue waits.
    pub(crate) blocks: bool,
}
