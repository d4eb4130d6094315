//! What a handle does about the end of a life: stop, wait, watch, and let go.

use std::convert::Infallible;
use std::time::Duration;

use crossbeam_channel::Receiver;

use super::Handle;
use crate::control::stop_signal::StopLevel;
use crate::error::StopError;
use crate::exit::Exit;
use crate::wait::Wait;

impl Handle {
    /// Tells the worker to stop after the current turn, and waits until it has. Queued tasks stay queued. No restart follows
    /// a run that was told to stop, and a worker that is waiting for one is stopped at once. If no run is in progress, returns
    /// the last exit at once.
    ///
    /// What was asked for holds as soon as the worker is stopped, so the exit of a run that failed is no error here; look
    /// at its reason, or use [`Exit::into_result`].
    ///
    /// # Errors
    ///
    /// - [`StopError::FromWorker`] on the worker's own thread, where this acts as [`terminate`](Handle::terminate).
    /// - [`StopError::Stopping`] in a turn of another worker that is told to stop meanwhile.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::ExitReason;
    ///
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).start()?;
    /// assert_eq!(mail.stop()?.reason, ExitReason::Stopped);
    /// mail.put("dear Sir")?; // waits for the next run
    /// assert_eq!(mail.stop()?.turns, 0); // it is stopped already: the same exit again
    /// # mail.take_pending();
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn stop(&self) -> Result<Exit, StopError> {
        self.shared().control.stop(StopLevel::Stop, Wait::Forever)
    }

    /// Tells the worker to stop after the current turn, without waiting for it.
    ///
    /// # Examples
    ///
    /// ```
    /// let workers = [pyaltt::event(|_, _| ()).start()?, pyaltt::event(|_, _| ()).start()?];
    /// workers.iter().for_each(|worker| worker.signal_stop()); // both stop at the same time
    /// for worker in &workers {
    ///     worker.wait()?;
    /// }
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn signal_stop(&self) {
        self.shared().control.signal(StopLevel::Stop);
    }

    /// Like [`stop`](Handle::stop), but waits for at most `timeout`. It returns when the worker is stopped, and does not wait
    /// until its thread is gone.
    ///
    /// # Errors
    ///
    /// Those of [`stop`](Handle::stop), and [`StopError::Timeout`] if the run has not ended by then. The worker is still
    /// told to stop, so it ends after its current turn.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::StopError;
    /// use std::sync::mpsc;
    /// use std::time::Duration;
    ///
    /// let (finish, finished) = mpsc::channel::<()>();
    /// let slow = pyaltt::queue(move |_task: u8, _cx| drop(finished.recv())).name("slow").start()?;
    /// slow.put(1)?;
    /// if let Err(StopError::Timeout { worker, .. }) = slow.stop_timeout(Duration::from_millis(10)) {
    ///     println!("{worker} hangs in a turn");
    /// }
    /// drop(finish); // the turn can end now
    /// slow.wait()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn stop_timeout(&self, timeout: Duration) -> Result<Exit, StopError> {
        self.shared().control.stop(StopLevel::Stop, Wait::within(timeout))
    }

    /// Ends the run after the current turn, without calling `before_stop` and without waiting. No restart follows.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::ExitReason;
    ///
    /// let worker = pyaltt::event(|_trigger, _cx| ()).start()?;
    /// worker.terminate();
    /// assert_eq!(worker.wait()?.reason, ExitReason::Terminated);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn terminate(&self) {
        self.shared().control.signal(StopLevel::Terminate);
    }

    /// Waits until the worker has ended by itself, without telling it to, and returns the exit of its last run. If it is
    /// stopped already, answers by the last exit at once.
    ///
    /// A worker with a [`Restart`](crate::restart::Restart) policy ends when no restart follows any more, so this waits
    /// through its restarts, and through the backoffs before them.
    ///
    /// # Errors
    ///
    /// - [`StopError::Failed`], with the exit in it, if the last run failed, also if it failed before this call.
    /// - [`StopError::FromWorker`] on the worker's own thread, where this acts as [`terminate`](Handle::terminate).
    /// - [`StopError::Stopping`] in a turn of another worker that is told to stop meanwhile.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::ExitReason;
    ///
    /// let countdown = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).start()?;
    /// let exit = countdown.wait()?;
    /// assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 3));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn wait(&self) -> Result<Exit, StopError> {
        failed_is_an_error(self.shared().control.wait(Wait::Forever)?)
    }

    /// Like [`wait`](Handle::wait), but for at most `timeout`. It returns when the worker has ended, and does not wait until
    /// its thread is gone.
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Handle::wait), and [`StopError::Timeout`] if the worker has not ended by then.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::StopError;
    /// use std::time::Duration;
    ///
    /// let worker = pyaltt::event(|_trigger, _cx| ()).start()?;
    /// // Nobody tells it to stop, so it still runs.
    /// assert!(matches!(worker.wait_timeout(Duration::from_millis(5)), Err(StopError::Timeout { .. })));
    /// worker.stop()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> Result<Exit, StopError> {
        failed_is_an_error(self.shared().control.wait(Wait::within(timeout))?)
    }

    /// Lets the worker run on after its last handle is dropped, with all restarts that its policy lets follow.
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let reporter = pyaltt::event(move |_trigger, _cx| sender.send("still here").is_ok()).start()?;
    /// let event = reporter.event().clone();
    /// reporter.detach();
    /// drop(reporter);
    /// event.set();
    /// assert_eq!(receiver.recv()?, "still here");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn detach(&self) {
        self.shared().control.set_detached(true);
    }

    /// Takes a [`detach`](Handle::detach) back: the drop of the last handle tells the worker to stop again.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = pyaltt::event(|_trigger, _cx| ()).start()?;
    /// worker.detach(); // from here on it would run without a handle
    /// worker.attach();
    /// drop(worker); // and now it is stopped after all
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn attach(&self) {
        self.shared().control.set_detached(false);
    }

    /// A receiver that disconnects when the worker has ended, at once if it is stopped already. It does not between a run and
    /// its restart. Nothing is ever sent on it, so it is for `select!` in code of your own, which then asks
    /// [`last_exit`](Handle::last_exit).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::crossbeam_channel::{select, unbounded};
    ///
    /// let (orders, inbox) = unbounded::<&str>();
    /// let oven = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).start()?;
    /// let ended = oven.ended();
    /// loop {
    ///     select! {
    ///         recv(inbox) -> order => println!("{order:?}"),
    ///         recv(ended) -> _ => break,
    ///     }
    /// }
    /// assert_eq!(oven.last_exit().turns, 3);
    /// # drop(orders);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn ended(&self) -> Receiver<Infallible> {
        self.shared().control.ended_receiver()
    }

    pub(crate) fn drain_and_wait(&self, wait: Wait) -> Result<Exit, StopError> {
        drained(self.shared().control.stop(StopLevel::Drain, wait)?)
    }

    pub(crate) fn signal_drain(&self) {
        self.shared().control.signal(StopLevel::Drain);
    }
}

/// A drain that was overtaken is an error.
pub(crate) fn drained(exit: Exit) -> Result<Exit, StopError> {
    let exit = failed_is_an_error(exit)?;
    match exit.left {
        0 => Ok(exit),
        tasks => Err(StopError::Left { exit, tasks }),
    }
}

/// A wait for the end of a run that has failed is an error, as a join of a thread that has panicked is.
pub(crate) fn failed_is_an_error(exit: Exit) -> Result<Exit, StopError> {
    if exit.is_failed() { Err(StopError::Failed(exit)) } else { Ok(exit) }
}
