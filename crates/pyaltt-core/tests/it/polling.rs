//! Futures on threads of their own, and wakers that count.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle};

use testkit::block_on;

pub(crate) fn spawn<R: Send + 'static>(future: impl Future<Output = R> + Send + 'static) -> JoinHandle<R> {
    thread::spawn(move || block_on(future))
}

/// Counts its calls. The count of references says who has it.
#[derive(Default)]
pub(crate) struct Calls(AtomicUsize);

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Calls {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Polls a future with this one as its waker.
    pub(crate) fn poll<F: Future + Unpin>(self: &Arc<Self>, future: &mut F) -> Poll<F::Output> {
        let waker = Waker::from(Arc::clone(self));
        Pin::new(future).poll(&mut Context::from_waker(&waker))
    }
}

/// A waker that does something when it is woken or dropped.
pub(crate) struct OnWake<F: Fn() + Send + Sync>(pub(crate) F);

impl<F: Fn() + Send + Sync> Wake for OnWake<F> {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}
