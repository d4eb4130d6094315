//! How a program of workers has ended.

use std::fmt;
use std::process::{ExitCode, Termination};
use std::time::Duration;

use pyaltt_core::{Exit, ExitReason, State, WaitingOn};

/// How a group has ended, member by member, in the order of their start.
///
/// It prints as a table. `main` can return it: the exit code is 0 after a clean end, 1 if a member failed, and 3 if one was
/// stuck.
///
/// # Examples
///
/// ```
/// use pyaltt::Supervisor;
///
/// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).name("mail").build()?;
/// let report = Supervisor::new().add(&mail).start()?.stop();
/// println!("{report}");
/// assert_eq!((report.members[0].path.as_str(), report.exit_code()), ("mail", 0));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "it says whether anything went wrong"]
pub struct Report {
    /// The group's name.
    pub group: String,
    /// Why it ended.
    pub ended_by: EndedBy,
    /// How long the end took, from the moment it was asked for.
    pub took: Duration,
    /// How each member ended.
    pub members: Vec<MemberReport>,
    /// The functions of [`on_shutdown`](crate::Supervisor::on_shutdown), with what each failed with.
    pub shutdown: Vec<(String, Result<(), String>)>,
}

/// How one member has ended.
///
/// # Examples
///
/// ```
/// use pyaltt::group::{MemberOutcome, MemberReport};
///
/// fn is_stuck(member: &MemberReport) -> bool {
///     matches!(member.outcome, MemberOutcome::Stuck { .. })
/// }
/// # let _ = is_stuck;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MemberReport {
    /// The worker's name.
    pub name: String,
    /// The names of the groups around it below the outermost, and its own, with slashes between.
    pub path: String,
    /// How it ended.
    pub outcome: MemberOutcome,
}

/// Why a group has ended.
///
/// # Examples
///
/// ```
/// use pyaltt::{EndedBy, Supervisor};
///
/// let once = pyaltt::looped(|_tick, _cx| pyaltt::Flow::Stop).build()?;
/// assert_eq!(Supervisor::new().add(&once).run()?.ended_by, EndedBy::AllEnded);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndedBy {
    /// Somebody has asked for it.
    Asked,
    /// The process got this signal.
    Signal(i32),
    /// All members had ended by themselves.
    AllEnded,
    /// A critical member has failed for good.
    Critical {
        /// Its path.
        member: String,
    },
    /// The budget of restarts was spent, or a member hung when it was to be restarted.
    GaveUp {
        /// The path of the member because of which.
        member: String,
    },
    /// It has not ended yet: one of its members asked for the end, and cannot wait for itself; or the wait was cut by the stop
    /// of the worker that waits. The end goes on.
    NotYet,
}

/// How a member has ended.
///
/// # Examples
///
/// ```
/// use pyaltt::{MemberOutcome, Supervisor};
///
/// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
/// let report = Supervisor::new().add(&worker).start()?.stop();
/// assert!(matches!(&report.members[0].outcome, MemberOutcome::Stopped(exit) if exit.error.is_none()));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MemberOutcome {
    /// It has ended: this is how its last run did. A member that was never started has an exit that says so.
    Stopped(Exit),
    /// It was told to stop, and has not ended within its limit. It still runs.
    Stuck {
        /// Its state at the end of its limit.
        state: State,
        /// The turn in hand; `None` if it was not in a turn.
        turn: Option<u64>,
        /// How long it had been in that turn, at least: since it was told to stop.
        for_at_least: Duration,
        /// Whom its thread was waiting for at the end of its limit, or else in the same turn when it was told to stop, which
        /// cuts such waits. `None` if it did not wait for a worker.
        waiting_on: Option<WaitingOn>,
    },
    /// The limit for the whole was over before its turn came. It was told to stop with all that were left.
    NotReached,
}

impl Report {
    /// Returns the exit code for the process: 0 after a clean end, 1 if a member failed, 3 if one was stuck or not reached.
    ///
    /// # Examples
    ///
    /// [`Report`] shows its use.
    ///
    /// ```
    /// use pyaltt::Report;
    ///
    /// fn end(report: &Report) -> ! {
    ///     eprintln!("{report}");
    ///     std::process::exit(report.exit_code().into())
    /// }
    /// # let _ = end;
    /// ```
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let is_stuck = |member: &MemberReport| !matches!(member.outcome, MemberOutcome::Stopped(_));
        let has_failed = |member: &MemberReport| match &member.outcome {
            MemberOutcome::Stopped(exit) => exit.reason == ExitReason::Failed,
            _ => false,
        };
        if self.members.iter().any(is_stuck) {
            3
        } else {
            let has_given_up = matches!(self.ended_by, EndedBy::Critical { .. } | EndedBy::GaveUp { .. });
            (has_given_up || self.members.iter().any(has_failed)).into()
        }
    }
}

impl From<Report> for ExitCode {
    fn from(report: Report) -> Self {
        report.exit_code().into()
    }
}

impl Termination for Report {
    fn report(self) -> ExitCode {
        self.into()
    }
}

impl fmt::Display for EndedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => f.write_str("asked to"),
            // These two have the same numbers everywhere.
            Self::Signal(2) => f.write_str("SIGINT"),
            Self::Signal(15) => f.write_str("SIGTERM"),
            Self::Signal(number) => write!(f, "signal {number}"),
            Self::AllEnded => f.write_str("all members have ended"),
            Self::Critical { member } => write!(f, "critical member {member} failed"),
            Self::GaveUp { member } => write!(f, "gave up on {member}"),
            Self::NotYet => f.write_str("not yet"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, ended_by, took, members, shutdown } = self;
        write!(f, "{group}: {ended_by}; took {took:.3?}")?;
        let width = members.iter().map(|member| member.path.chars().count()).max().unwrap_or_default();
        for member in members {
            write!(f, "\n  {:width$}  {}", member.path, member.outcome)?;
        }
        for (function, result) in shutdown {
            match result {
                Ok(()) => write!(f, "\n  shutdown: {function}")?,
                Err(error) => write!(f, "\n  shutdown: {function} failed: {error}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for MemberOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(exit) => {
                write!(f, "{}, {} turns", exit.reason, exit.turns)?;
                if exit.restarts > 0 {
                    write!(f, ", {} restarts", exit.restarts)?;
                }
                if exit.pending > 0 {
                    write!(f, ", {} pending", exit.pending)?;
                }
                exit.error.as_ref().map_or(Ok(()), |error| write!(f, ": {error}"))
            }
            Self::Stuck { state, turn, for_at_least, waiting_on } => {
                match turn {
                    Some(turn) => write!(f, "STUCK in turn {turn} for at least {for_at_least:.3?}")?,
                    None => write!(f, "STUCK while {state:?}")?,
                }
                waiting_on.as_ref().map_or(Ok(()), |on| write!(f, "; it {on}"))
            }
            Self::NotReached => f.write_str("NOT REACHED before the limit"),
        }
    }
}
