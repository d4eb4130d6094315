//! Waiting for the ends of several workers.

use std::sync::Arc;
use std::time::Instant;

use super::arrivals::{Arrivals, Unmet};
use crate::control::state::State;
use crate::control::stats::CurrentTurn;
use crate::error::StopError;
use crate::exit::Exit;
use crate::handle::Handle;
use crate::handle::ending::failed_is_an_error;
use crate::wait::Wait;
use crate::wait::current_worker;

/// Waits until all of the workers have ended, until `deadline` at most; `None`: as long as it takes. It tells none of them
/// to stop.
///
/// Returns what [`Handle::wait_timeout`] would return for each, in the order of `handles`. All are waited for at the same
/// time, so one that hangs takes no time from the others. The lives that are in progress at the call are meant: a worker
/// that ends and is started again meanwhile is not waited for twice. One that is not running answers by its last exit.
///
/// Without a deadline it also waits until the threads of the workers are gone, as [`Handle::wait`] does.
///
/// # Errors
///
/// The result of each worker is one of these, or its exit:
///
/// - [`StopError::Failed`], with the exit in it: it has failed, now or before.
/// - [`StopError::Timeout`]: it has not ended by the deadline.
/// - [`StopError::FromWorker`]: this is its own thread. It is told to terminate, after the others have been waited for.
/// - [`StopError::Stopping`]: this is a turn of another worker that is told to stop meanwhile.
///
/// # Examples
///
/// ```
/// use pyaltt::{BoxError, Handle, StopError};
/// use std::time::{Duration, Instant};
///
/// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).name("mail").start()?;
/// let beat = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).start()?;
/// mail.put("dear Sir")?;
/// mail.signal_drain();
/// let workers = [Handle::from(&mail), Handle::from(&beat)];
/// let deadline = Instant::now() + Duration::from_secs(60);
/// for (worker, ended) in workers.iter().zip(pyaltt::wait_all(&workers, deadline)) {
///     match ended {
///         Ok(exit) => println!("{} took {} turns", worker.name(), exit.turns),
///         Err(StopError::Timeout { .. }) => println!("{} still runs", worker.name()),
///         Err(error) => return Err(error.into()),
///     }
/// }
/// # Ok::<(), BoxError>(())
/// ```
pub fn wait_all<H: AsRef<Handle>>(
    handles: &[H],
    deadline: impl Into<Option<Instant>>,
) -> Vec<Result<Exit, StopError>> {
    let wait = deadline.into().map_or(Wait::Forever, Wait::Until);
    let members: Vec<Member<'_>> = handles.iter().map(|handle| Member::new(handle.as_ref())).collect();
    let began = Instant::now();
    let arrivals = Arc::<Arrivals>::default();
    let mut listening = Vec::new();
    let others = || members.iter().enumerate().filter(|(_, member)| !member.is_own);
    for (index, member) in others() {
        match member.handle.control().listen(arrivals.listener(index)) {
            Ok(registered) => listening.push(registered),
            Err(over) => (over.listener)(&over.exit),
        }
    }
    // The first one that still runs stands for all of them.
    let runs = |(_, member): &(usize, &Member<'_>)| member.handle.state() != State::Stopped;
    let whom = others().find(runs).map(|(_, member)| member.handle.control().wait_slot());
    let unmet = arrivals.wait_for(others().count(), wait, whom).err();
    drop(listening);
    let mut exits: Vec<Option<Exit>> = members.iter().map(|_| None).collect();
    while let Some((index, exit)) = arrivals.take() {
        exits[index] = Some(exit);
    }
    members
        .iter()
        .zip(exits)
        .map(|(member, exit)| match exit {
            Some(exit) => {
                if wait == Wait::Forever {
                    member.handle.control().wait_until_gone();
                }
                failed_is_an_error(exit)
            }
            None if member.is_own => member.handle.control().wait(Wait::No),
            None if unmet == Some(Unmet::Cut) => {
                Err(StopError::Stopping { worker: Arc::clone(member.handle.shared_name()) })
            }
            None => Err(member.timeout(began)),
        })
        .collect()
}

/// A worker that is waited for.
struct Member<'a> {
    handle: &'a Handle,
    /// The calling thread is its own, which cannot wait for its end.
    is_own: bool,
    /// The turn that it was in when the wait began.
    turn: Option<CurrentTurn>,
}

impl<'a> Member<'a> {
    fn new(handle: &'a Handle) -> Self {
        let is_own = current_worker::is(handle.id()) && handle.state() != State::Stopped;
        Self { handle, is_own, turn: handle.control().counters().current_turn() }
    }

    /// The error of a wait that took too long. The turn is stuck if it was running when the wait began and still is.
    fn timeout(&self, began: Instant) -> StopError {
        let now = self.handle.control().counters().current_turn();
        StopError::Timeout {
            worker: Arc::clone(self.handle.shared_name()),
            waited: began.elapsed(),
            stuck_turn: self.turn.filter(|turn| now == Some(*turn)).map(|turn| turn.number),
            waiting_on: self.handle.waiting_on(),
        }
    }
}
