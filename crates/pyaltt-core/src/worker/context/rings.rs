//! What rings a worker from outside, and which waits a ring ends.

use std::sync::Arc;

use super::Context;
use crate::wait::Wait;
use crate::worker::ring::Ring;
use crate::worker::waker::Waker;

impl Context {
    /// Returns what rings this worker's inbox from outside: from a callback, or from a thread that waits for something
    /// else.
    ///
    /// It outlives the run, and rings the next one as well. [`Waker::wake`] says what a ring does.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundEventWorker, BoxError, Context, Flow, Inbox, Trigger, Turn, Waker, Worker};
    /// use std::sync::mpsc;
    /// use std::time::{Duration, Instant};
    ///
    /// /// Gives its waker away before its first turn.
    /// struct Door(mpsc::Sender<Waker>);
    ///
    /// impl Worker for Door {
    ///     type Task = Trigger;
    /// #   fn run(&mut self, _trigger: Trigger, _cx: &mut Context) -> Turn {
    /// #       Ok(Flow::Continue)
    /// #   }
    ///
    ///     fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
    ///         Ok(self.0.send(cx.waker())?)
    ///     }
    ///
    ///     fn r#loop(&mut self, inbox: &mut Inbox<Trigger>) -> Result<(), BoxError> {
    ///         let _ = inbox.next_deadline(Instant::now() + Duration::from_secs(3600));
    ///         println!("somebody has triggered or rung");
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let (sender, wakers) = mpsc::channel();
    /// let door = BackgroundEventWorker::builder(Door(sender)).start()?;
    /// wakers.recv()?.wake();
    /// door.wait()?; // does not take an hour
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use = "a waker does nothing until it is called"]
    pub fn waker(&self) -> Waker {
        self.make_ring().waker()
    }

    /// The ring of the worker's wakers, which is made now if there is none.
    pub(crate) fn make_ring(&self) -> &Arc<Ring> {
        self.bell.make_ring(self.id)
    }

    /// The ring of the worker's wakers, if anybody has asked for one and the wait is one that a ring ends.
    pub(crate) fn ring_of(&self, wait: Wait) -> Option<&Ring> {
        if matches!(wait, Wait::Until(_)) { self.bell.ring() } else { None }
    }

    /// Whether a waker has rung that ends this wait. Takes the ring.
    pub(crate) fn take_ring(&self, wait: Wait) -> bool {
        self.ring_of(wait).is_some_and(Ring::take)
    }

    /// Whether a wait is over, by the worker's clock or because a waker has rung. Sources ask after they have found no
    /// turn, and before they sleep.
    pub(crate) fn is_wait_over(&self, wait: Wait) -> bool {
        self.take_ring(wait) || wait.is_over(|| self.now())
    }
}
