//! A token that tells other code about the stop of a run.

use std::convert::Infallible;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::stop_signal::StopSignal;

/// Tells any thread whether one run of a worker was told to stop or has ended by itself.
///
/// [`Context::stop_token`](crate::worker::context::Context::stop_token) gives it. It belongs to the run that it was
/// taken in and says nothing about later runs.
///
/// # Examples
///
/// A turn that waits for its own channel and for the stop at the same time:
///
/// ```
/// use pyaltt::crossbeam_channel::{select, unbounded};
/// use pyaltt::looped;
///
/// let (lines, serial_port) = unbounded();
/// let reader = looped(move |_tick, cx| {
///     select! {
///         recv(serial_port) -> line => println!("read {line:?}"),
///         recv(cx.stop_token().receiver()) -> _ => {}
///     }
/// })
/// .start()?;
/// lines.send("G1 X10")?;
/// reader.stop()?; // also when no line comes
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone)]
pub struct StopToken {
    signal: Arc<StopSignal>,
}

impl StopToken {
    pub(crate) fn new(signal: &Arc<StopSignal>) -> Self {
        Self { signal: Arc::clone(signal) }
    }

    /// Whether the run was told to stop or has ended. One atomic load.
    ///
    /// A drain counts as a stop only when it is complete.
    ///
    /// # Examples
    ///
    /// A thread that helps a worker, and ends with it:
    ///
    /// ```
    /// use std::thread;
    /// use std::time::Duration;
    ///
    /// use pyaltt::event;
    ///
    /// let miner = event(|_trigger, cx| {
    ///     let token = cx.stop_token();
    ///     let helper = thread::spawn(move || {
    ///         let mut hashes = 0_u64;
    ///         while !token.is_stopped() {
    ///             hashes += 1;
    ///             thread::sleep(Duration::from_millis(1));
    ///         }
    ///         hashes
    ///     });
    ///     println!("{:?} hashes", helper.join());
    /// })
    /// .start()?;
    /// miner.trigger();
    /// miner.stop()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn is_stopped(&self) -> bool {
        self.signal.is_stopped()
    }

    /// Waits until the run is told to stop, for at most `timeout`, and returns whether it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use std::time::Duration;
    ///
    /// use pyaltt::event;
    ///
    /// let (tokens, token) = mpsc::channel();
    /// let worker = event(move |_trigger, cx| tokens.send(cx.stop_token())).start()?;
    /// worker.trigger();
    /// let token = token.recv()?;
    /// assert!(!token.wait(Duration::from_millis(1)));
    /// worker.signal_stop();
    /// assert!(token.wait(Duration::from_secs(3600))); // at once
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn wait(&self, timeout: Duration) -> bool {
        match self.signal.stopped().recv_timeout(timeout) {
            Err(RecvTimeoutError::Disconnected) => true,
            // The word rises before the channel disconnects, so it may have risen already.
            Err(RecvTimeoutError::Timeout) => self.is_stopped(),
            Ok(never) => match never {},
        }
    }

    /// Returns a receiver for `crossbeam_channel::select!` that disconnects when the run is told to stop.
    ///
    /// Nothing is ever sent on it.
    ///
    /// # Examples
    ///
    /// A pause that ends with the run, in code that knows the receiver and no worker:
    ///
    /// ```
    /// use std::convert::Infallible;
    /// use std::time::Duration;
    ///
    /// use pyaltt::crossbeam_channel::{Receiver, RecvTimeoutError};
    /// use pyaltt::looped;
    ///
    /// fn pause(stopped: &Receiver<Infallible>) -> bool {
    ///     stopped.recv_timeout(Duration::from_secs(3600)) == Err(RecvTimeoutError::Disconnected)
    /// }
    ///
    /// let worker = looped(|_tick, cx| pause(&cx.stop_token().receiver())).start()?;
    /// worker.stop()?; // does not take an hour
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn receiver(&self) -> Receiver<Infallible> {
        self.signal.stopped().clone()
    }
}

/// Takes no lock: what it writes to is user code.
impl fmt::Debug for StopToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopToken").field("is_stopped", &self.is_stopped()).finish_non_exhaustive()
    }
}

// No user code runs under a lock of a stop signal, so a panic never leaves one in a broken state.
impl UnwindSafe for StopToken {}
impl RefUnwindSafe for StopToken {}
