//! Programs that run until a signal.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use crossbeam_channel::Sender;

use crate::driver::thread;
use crate::error::GroupError;
use crate::message::Message;
use crate::report::{EndedBy, Report};
use crate::signals::{Listening, listen};
use crate::supervision::Supervision;
use crate::supervisor::Supervisor;

/// SIGINT and SIGTERM, which have the same numbers everywhere.
const ENDS: [i32; 2] = [2, 15];
/// What the second of them leaves.
const LEFT: Duration = Duration::from_secs(1);

/// Whether somebody waits. There is one process to be ended.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

impl Supervisor {
    /// Calls a function whenever the process gets a signal, on the thread of the group, from the start of the group until its
    /// end. Default: none. With the feature `signals`, a default one.
    ///
    /// The signal is given by its number, or as a `pyaltt::Signal`. Several functions for a signal are called in the order in
    /// which they were added. Handlers that the program has set for it before are called as well; while the group runs, it does
    /// not do what it does by default. Signals of the same number that come faster than the function returns may be told as
    /// one, as everywhere. The function must not block. A panic in it is logged. Only the outermost group calls its functions.
    ///
    /// On Windows, and everywhere else but on Unix, the start is a [`GroupError::NoSignals`] then.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # fn main() -> Result<(), pyaltt::BoxError> {
    /// use pyaltt::Signal;
    /// use pyaltt::Supervisor;
    ///
    /// let settings = pyaltt::event(|_trigger, _cx| println!("reading the settings")).build()?;
    /// let again = settings.event().clone();
    /// Supervisor::new().add(&settings).on_signal(Signal::Hangup, move || again.set()).start()?.stop();
    /// # Ok(())
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    pub fn on_signal(mut self, signal: impl Into<i32>, on_signal: impl FnMut() + Send + 'static) -> Self {
        self.0.on_signal.push((signal.into(), Box::new(on_signal)));
        self
    }

    /// Starts the members, and ends them in order when the process gets SIGINT (Ctrl-C) or SIGTERM. Returns when all have
    /// ended, because of that or otherwise. With the feature `signals`, a default one.
    ///
    /// A second signal tells all members to terminate, and leaves the end 1 s at most. A third one does what it would do
    /// without this call; by default it ends the process. A signal that comes during the start begins the end as well: then
    /// the report is that of the members that had started.
    ///
    /// Handlers that the program has set for the two signals before are called as well. When this returns, the signals do what
    /// they did before.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and those of [`Supervision::until_signal`].
    ///
    /// # Examples
    ///
    /// `main` can return the report, which makes the exit code: 0, 1 if a member failed, 3 if one was stuck.
    ///
    /// ```
    /// use pyaltt::{Report, Supervisor};
    ///
    /// fn main() -> Result<Report, pyaltt::BoxError> {
    ///     let once = pyaltt::looped(|_tick, _cx| false).name("once").build()?;
    ///     Ok(Supervisor::new().name("gateway").add(&once).run_until_signal()?)
    /// }
    /// ```
    pub fn run_until_signal(self) -> Result<Report, GroupError> {
        let mailbox = crossbeam_channel::unbounded();
        let until = UntilSignal::begin(&self.0.name, mailbox.0.clone())?;
        let (supervision, started) = thread::begin(self.0, mailbox)?;
        let report = match thread::wait_for_start(&supervision, started) {
            Ok(()) => supervision.wait(),
            Err(error) => match supervision.outcome() {
                Some(report) if matches!(report.ended_by, EndedBy::Signal(_)) => report,
                _ => return Err(error),
            },
        };
        drop(until);
        Ok(report)
    }
}

impl Supervision {
    /// Waits until the process gets SIGINT (Ctrl-C) or SIGTERM, and ends the group in order then; or until it has ended
    /// otherwise. With the feature `signals`, a default one.
    ///
    /// It does what [`Supervisor::run_until_signal`] does after the start. On a worker's thread the wait is cut by that
    /// worker's stop, as [`wait`](Self::wait) says.
    ///
    /// # Errors
    ///
    /// [`GroupError::TwoWaits`] if another call of the process waits already, for any group. [`GroupError::NoSignals`] if the
    /// process has no files or threads left, and always on Windows and everywhere else but on Unix.
    ///
    /// # Examples
    ///
    /// ```
    /// let once = pyaltt::looped(|_tick, _cx| false).build()?;
    /// let program = pyaltt::Supervisor::new().add(&once).start()?;
    /// let report = program.until_signal()?;
    /// println!("{report}");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn until_signal(&self) -> Result<Report, GroupError> {
        let _until = UntilSignal::begin(self.name(), self.mailbox())?;
        Ok(self.wait())
    }
}

/// While it exists, signals end the group.
struct UntilSignal {
    // Before the claim: whoever has that next finds the signals as they were.
    _listening: Listening,
    _claim: Claim,
}

impl UntilSignal {
    fn begin(group: &str, mailbox: Sender<Message>) -> Result<Self, GroupError> {
        let claim = Claim::new().ok_or_else(|| GroupError::TwoWaits { group: group.to_owned() })?;
        let came = AtomicU32::new(0);
        let heard = move |number| {
            let by = EndedBy::Signal(number);
            let is_first = came.fetch_add(1, Ordering::Relaxed) == 0;
            let message =
                if is_first { Message::Stop { by, total: None } } else { Message::Hurry { by, left: LEFT } };
            // The group may have ended.
            let _ = mailbox.send(message);
            if is_first { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let listening = listen(&ENDS, Arc::new(heard));
        let listening =
            listening.map_err(|error| GroupError::NoSignals { group: group.to_owned(), error })?;
        Ok(Self { _listening: listening, _claim: claim })
    }
}

struct Claim;

impl Claim {
    fn new() -> Option<Self> {
        (!IS_TAKEN.swap(true, Ordering::SeqCst)).then_some(Self)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        IS_TAKEN.store(false, Ordering::SeqCst);
    }
}
