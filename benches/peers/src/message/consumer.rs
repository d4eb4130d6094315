//! A plain thread that takes from a channel.

use std::any::Any;
use std::thread::{self, JoinHandle};

use pyaltt_benches::handover::{Handler, Inbox};

/// The sender of a channel, and the thread behind it, which ends when the channel is closed.
pub(super) struct Consumer<S> {
    sender: S,
    thread: JoinHandle<()>,
}

impl<S> Consumer<S> {
    /// Starts a thread that handles what `receive` returns, until that is `None`.
    pub(super) fn start<T: 'static>(
        sender: S,
        mut receive: impl FnMut() -> Option<T> + Send + 'static,
        mut handler: impl Handler<T>,
    ) -> Self {
        let thread = thread::spawn(move || {
            while let Some(task) = receive() {
                handler(task);
            }
        });
        Self { sender, thread }
    }
}

/// How a sender sends.
pub(super) trait Sends<T>: Sync {
    fn send_task(&self, task: T);
}

impl<T, S: Sends<T>> Inbox<T> for Consumer<S> {
    fn put(&self, task: T) {
        self.sender.send_task(task);
    }

    fn stop(self) -> Option<Box<dyn Any>> {
        drop(self.sender);
        self.thread.join().expect("the consumer does not panic");
        None
    }
}
