//! What the tests share.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};

/// Holds a worker in its turn: the turn calls `Turnstile::pass`, the test lets it go on.
#[derive(Clone)]
pub(crate) struct Turnstile {
    entered: (Sender<()>, Receiver<()>),
    released: (Sender<()>, Receiver<()>),
}

impl Turnstile {
    pub(crate) fn new() -> Self {
        Self { entered: crossbeam_channel::unbounded(), released: crossbeam_channel::unbounded() }
    }

    /// Called by the worker: says that it is here, and waits to be released.
    pub(crate) fn pass(&self) {
        self.entered.0.send(()).unwrap();
        self.released.1.recv().unwrap();
    }

    /// Waits until the worker is here.
    pub(crate) fn wait(&self) {
        self.entered.1.recv().unwrap();
    }

    /// Whether the worker is here: once for each time that it comes.
    pub(crate) fn is_taken(&self) -> bool {
        self.entered.1.try_recv().is_ok()
    }

    pub(crate) fn release(&self) {
        self.released.0.send(()).unwrap();
    }
}

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, entry: impl Into<String>) {
        self.0.lock().unwrap().push(entry.into());
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Collects values from a worker.
pub(crate) struct Sink<T>(Sender<T>, Receiver<T>);

impl<T> Clone for Sink<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), self.1.clone())
    }
}

impl<T> Sink<T> {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = crossbeam_channel::unbounded();
        Self(sender, receiver)
    }

    pub(crate) fn put(&self, value: T) {
        self.0.send(value).unwrap_or_else(|_| unreachable!("the sink has a receiver of its own"));
    }

    /// Waits for the next value.
    pub(crate) fn next(&self) -> T {
        self.1.recv().unwrap_or_else(|_| unreachable!("the sink has a sender of its own"))
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.1.try_iter().collect()
    }
}

/// Calls `f` on a thread of its own, and waits until that sleeps: until `f` waits for something, or has returned.
pub(crate) fn spawn_asleep<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    let id = Sink::new();
    let thread = std::thread::spawn({
        let id = id.clone();
        move || {
            id.put(own_thread_id());
            f()
        }
    });
    let id = id.next();
    while !thread.is_finished() && !is_asleep(id.as_deref()) {
        std::thread::yield_now();
    }
    thread
}

/// The number of the calling thread, where the system gives one.
pub(crate) fn own_thread_id() -> Option<String> {
    let link = std::fs::read_link("/proc/thread-self").ok()?;
    Some(link.file_name()?.to_str()?.to_owned())
}

/// Whether the system says that the thread sleeps; one that is gone does not. Where it says nothing, it is taken to.
pub(crate) fn is_asleep(thread: Option<&str>) -> bool {
    let Some(thread) = thread else { return true };
    let stat = std::fs::read_to_string(format!("/proc/self/task/{thread}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|fields| fields.trim_start().starts_with('S'))
}
