//! What the tests share.

use std::sync::{Arc, Mutex};

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
