//! Waiting for the first of several workers that ends.

use std::sync::Arc;
use std::time::Duration;

use super::arrivals::{Arrivals, Unmet};
use super::wait_error::WaitError;
use crate::exit::Exit;
use crate::handle::Handle;
use crate::wait::Wait;

/// The worker that ended first, as [`wait_any`] returns it.
///
/// # Examples
///
/// ```
/// use pyaltt::{Ended, ExitReason};
///
/// let beat = pyaltt::looped(|_tick, _cx| false).name("beat").start()?;
/// let Ended { index, name, exit, .. } = pyaltt::wait_any(&[&beat], None)?;
/// assert_eq!((index, &*name, exit.reason), (0, "beat", ExitReason::Finished));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Ended {
    /// Its place in the list of workers.
    pub index: usize,
    /// The name that it was built with.
    pub name: Arc<str>,
    /// How it ended.
    pub exit: Exit,
}

/// Waits until any of the workers has ended, for at most `timeout`; `None`: as long as it takes.
///
/// Returns at once if some of them are not running: the first of these in the list, by its last exit, which is
/// [`NeverStarted`](crate::exit::ExitReason::NeverStarted) if there was none. A worker that failed has ended like any
/// other, and its exit says so. The thread of that worker may take a moment longer to be gone; [`Handle::wait`] waits
/// for that too.
///
/// The calling thread sleeps until the first end and is woken once, however many workers there are. To be told of all
/// ends one after the other, use [`Exits`](super::exits::Exits).
///
/// # Errors
///
/// - [`WaitError::NoWorkers`]: the list is empty.
/// - [`WaitError::Timeout`]: none of them has ended in time.
/// - [`WaitError::Stopping`]: this is a turn of a worker that is told to stop meanwhile. That is also how a turn ends that
///   waits for its own worker, which cannot end before the turn.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).name("mail").start()?;
/// let beat = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).name("beat").start()?;
/// let first = pyaltt::wait_any(&[&mail, &beat], Some(Duration::from_secs(60)))?; // workers of any kind
/// assert_eq!((first.index, &*first.name, first.exit.turns), (1, "beat", 3));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn wait_any(handles: &[&Handle], timeout: Option<Duration>) -> Result<Ended, WaitError> {
    if handles.is_empty() {
        return Err(WaitError::NoWorkers);
    }
    let wait = timeout.map_or(Wait::Forever, Wait::within);
    let arrivals = Arc::<Arrivals>::default();
    let mut listening = Vec::new();
    for (index, handle) in handles.iter().enumerate() {
        match handle.control().listen(arrivals.listener(index)) {
            Ok(registered) => listening.push(registered),
            Err(over) => {
                // It has ended, so the rest makes no difference. Where one of those before it has ended meanwhile, that
                // one has arrived first.
                (over.listener)(&over.exit);
                break;
            }
        }
    }
    let names = || handles.iter().map(|handle| Arc::clone(handle.shared_name())).collect();
    let (index, exit) =
        arrivals.first(wait, Some(handles[0].control().wait_slot())).map_err(|unmet| {
            match (unmet, timeout) {
                (Unmet::Over, Some(timeout)) => WaitError::Timeout { workers: names(), timeout },
                _ => WaitError::Stopping { workers: names() },
            }
        })?;
    Ok(Ended { index, name: Arc::clone(handles[index].shared_name()), exit })
}
