//! What a worker gives to code that must know of its stop.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::stop_signal::StopSignal;

/// Tells, from any thread, whether one run of a worker was told to stop, or has ended by itself.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// // A turn that waits for its own channel and for the stop at the same time.
/// let (lines, serial_port) = pyaltt::crossbeam_channel::unbounded();
/// let reader = pyaltt::looped(move |_tick, cx| {
///     pyaltt::crossbeam_channel::select! {
///         recv(serial_port) -> line => println!("read {line:?}"),
///         recv(cx.stop_token().receiver()) -> _ => {}
///     }
/// })
/// .start()?;
/// lines.send("G1 X10")?;
/// reader.stop()?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug)]
pub struct StopToken {
    signal: Arc<StopSignal>,
}

impl StopToken {
    pub(crate) fn new(signal: &Arc<StopSignal>) -> Self {
        Self { signal: Arc::clone(signal) }
    }

    /// Whether the run was told to stop or has ended. One atomic load. A drain is no stop until it is through.
    pub fn is_stopped(&self) -> bool {
        self.signal.is_stopped()
    }

    /// Waits until the run is told to stop, at most for `timeout`; says whether it was.
    pub fn wait(&self, timeout: Duration) -> bool {
        match self.signal.stopped().recv_timeout(timeout) {
            Err(RecvTimeoutError::Disconnected) => true,
            Err(RecvTimeoutError::Timeout) => self.is_stopped(),
            Ok(never) => match never {},
        }
    }

    /// A receiver for `crossbeam_channel::select!`: it becomes ready, disconnected, when the run is told to
    /// stop. Nothing is ever sent on it.
    pub fn receiver(&self) -> Receiver<Infallible> {
        self.signal.stopped().clone()
    }
}
