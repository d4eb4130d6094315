//! One function of a collection: how it is called, and what stops it from being called.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use pyaltt_core::BoxError;
use pyaltt_core::layer::{call, discard};

use crate::error::CollectionError;
use crate::inherited::Inherited;
use crate::reentry::{self, Id};

/// What a function does when it is called.
pub(crate) enum Body<T> {
    /// The same at every call.
    Always(Box<dyn Fn() -> Result<T, BoxError> + Send + Sync>),
    /// Nothing more after the first call.
    Once(Mutex<Option<FirstCall<T>>>),
}

pub(crate) type FirstCall<T> = Box<dyn FnOnce() -> Result<T, BoxError> + Send>;

/// A function in a collection, with its options.
pub(crate) struct Function<T> {
    pub(crate) name: String,
    pub(crate) priority: i32,
    limit: Option<Duration>,
    body: Body<T>,
    id: Id,
    /// One entry for each call that exceeded the limit, alive as long as the call is.
    overdue: Mutex<Vec<Weak<()>>>,
}

impl<T> Function<T> {
    pub(crate) fn new(name: String, priority: i32, limit: Option<Duration>, body: Body<T>) -> Self {
        Self { name, priority, limit, body, id: Id::new(), overdue: Mutex::default() }
    }
}

impl<T: Send + 'static> Function<T> {
    /// Calls the function, guarded, for no longer than its time limit.
    pub(crate) fn call(self: &Arc<Self>) -> Result<T, CollectionError> {
        let Some(_entered) = reentry::enter(self.id) else {
            return Err(CollectionError::Reentered { name: self.name.clone() });
        };
        match self.limit {
            None => self.call_here(),
            Some(limit) => self.call_on_own_thread(limit),
        }
    }

    fn call_here(&self) -> Result<T, CollectionError> {
        let called = match &self.body {
            Body::Always(body) => call(body),
            Body::Once(body) => {
                // A statement of its own, so that the lock is free while the function runs.
                let first = body.lock().take();
                let Some(first) = first else {
                    return Err(CollectionError::AlreadyRan { name: self.name.clone() });
                };
                call(first)
            }
        };
        match called {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(source)) => Err(CollectionError::Failed { name: self.name.clone(), source }),
            Err(panic) => Err(CollectionError::Panicked {
                name: self.name.clone(),
                message: panic.message().to_owned(),
            }),
        }
    }

    /// Calls the function on a thread of its own, which is abandoned when the limit expires.
    fn call_on_own_thread(self: &Arc<Self>, limit: Duration) -> Result<T, CollectionError> {
        // Only one abandoned thread per function, however often the collection runs.
        if self.is_overdue() {
            return Err(CollectionError::StillRunning { name: self.name.clone(), limit });
        }
        // Without a buffer, a result is either received here or handed back to the thread that made it, so a late
        // result is never dropped on the thread that runs the collection.
        let (send, receive) = mpsc::sync_channel(0);
        let alive = Arc::new(());
        let watch = Arc::downgrade(&alive);
        let function = Arc::clone(self);
        let inherited = Inherited::from_this_thread();
        let call = move || {
            let result = function.call_here();
            // Before the send, so that this thread runs no more user code once the result has been received.
            discard(function);
            if let Err(late) = send.send(result) {
                discard(late);
            }
            drop(alive);
        };
        let spawned = thread::Builder::new().name(self.thread_name()).spawn(move || inherited.run(call));
        if let Err(source) = spawned {
            return Err(CollectionError::NotStarted { name: self.name.clone(), source });
        }
        match receive.recv_timeout(limit) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => {
                self.overdue.lock().push(watch);
                Err(CollectionError::TimedOut { name: self.name.clone(), limit })
            }
            // User code is guarded, so the thread is not expected to end without a result.
            Err(RecvTimeoutError::Disconnected) => Err(CollectionError::Panicked {
                name: self.name.clone(),
                message: "its thread ended without a result".to_owned(),
            }),
        }
    }

    fn is_overdue(&self) -> bool {
        let mut overdue = self.overdue.lock();
        overdue.retain(|call| call.strong_count() > 0);
        !overdue.is_empty()
    }

    /// `thread::Builder` panics on a NUL in the name of a thread.
    fn thread_name(&self) -> String {
        self.name.replace('\0', "?")
    }
}
