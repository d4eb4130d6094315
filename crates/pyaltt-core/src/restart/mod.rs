//! Restarts: when a worker runs again by itself, and after how long a wait.
//!
//! - [`Restart`]: the policy, as a user gives it to a builder.
//! - [`backoff`]: the waits before restarts.
//! - [`verdict`]: what becomes of a worker whose run has ended, a pure function.

pub(crate) mod backoff;
pub(crate) mod verdict;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::BuildError;
use crate::exit::Exit;
use crate::failure::Panic;
use crate::start::Start;
use crate::user_code;
use backoff::Backoff;

/// When a worker runs again by itself: the policy that a builder's
/// [`restart`](crate::handle::builder::Builder::restart) takes.
///
/// The runs from a start to the end that no restart follows are a *life*. Between two runs of a life the worker is
/// [`Waiting`](crate::control::state::State::Waiting): its thread waits out a backoff and then runs again, so a restart
/// needs no second thread. The queue with its tasks, the object, the name and the handles stay; so do arguments and
/// options of [`start_with`](crate::handle::Handle::start_with), except arguments that were taken. A worker made by a
/// factory is a new one in each run, and one that was given by value runs again as it is, also after a panic that left
/// it half changed.
///
/// Only what was not asked to end restarts: never after a stop, a drain or a terminate, also if the run failed after
/// it. The first start of a life is not retried, it returns its error. A later start that fails (the factory,
/// `before_start`, scheduling) counts as a run that failed with no turns.
///
/// The defaults: each backoff twice as long as the one before, from 100 ms to 30 s, with 10 % of jitter, and no limit
/// to the number of restarts. In the long run that is one attempt in 30 s, so there is no hot loop. An outage of a few
/// seconds already takes more restarts than most limits would allow, which is why there is none by default.
///
/// # Examples
///
/// A serial port that comes and goes:
///
/// ```
/// use pyaltt::{BoxError, Context, Restart, Tick, looped_from};
/// use std::time::Duration;
///
/// # struct Port(std::sync::Arc<std::sync::atomic::AtomicU32>);
/// # impl Port {
/// #     fn open(n: &std::sync::Arc<std::sync::atomic::AtomicU32>) -> Result<Self, BoxError> {
/// #         if n.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1 { return Err("no such device".into()) }
/// #         Ok(Self(n.clone()))
/// #     }
/// #     fn read(&mut self) -> Result<u32, BoxError> {
/// #         let n = self.0.load(std::sync::atomic::Ordering::SeqCst);
/// #         if n == 1 { Err("unplugged".into()) } else { Ok(n) }
/// #     }
/// # }
/// # let plugs = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
/// let reader = looped_from(move || {
///     let mut port = Port::open(&plugs)?;
///     Ok(move |_tick: Tick, _cx: &mut Context| {
///         println!("{}", port.read()?);
///         Ok::<_, BoxError>(false)
///     })
/// })
/// .restart(Restart::on_failure().backoff(Duration::from_millis(1)))
/// .start()?;
/// let exit = reader.wait()?; // the end of the life
/// assert_eq!((exit.run, exit.restarts), (3, 2));
/// # Ok::<(), BoxError>(())
/// ```
#[derive(Clone, Default)]
pub struct Restart {
    after: After,
    backoff: Backoff,
    jitter: Option<f64>,
    budget: Option<Budget>,
    healthy_after: Option<Duration>,
    only: Option<Asked<bool>>,
    start: Option<Asked<Start>>,
}

/// A function of the user's that is asked about a run that has ended.
type Asked<R> = Arc<dyn Fn(&Exit) -> R + Send + Sync>;

/// After which ends a worker runs again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum After {
    #[default]
    Nothing,
    Failure,
    Everything,
}

/// At most so many restarts in any window of this length.
#[derive(Clone, Copy, Debug)]
struct Budget {
    restarts: u32,
    within: Duration,
}

const DEFAULT_JITTER: f64 = 0.1;

impl Restart {
    /// Never restarts: a life is one run. The default of a builder.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Restart, StopError, looped};
    ///
    /// let worker = looped(|_tick, _cx| Err::<(), _>("no paper")).restart(Restart::never()).start()?;
    /// assert!(matches!(worker.wait(), Err(StopError::Failed(exit)) if exit.run == 1));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn never() -> Self {
        Self::default()
    }

    /// Restarts after a run that failed: [`ExitReason::Failed`](crate::exit::ExitReason::Failed).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Restart, queue};
    /// use std::time::Duration;
    ///
    /// let mail = queue(|n: u32, _cx| if n == 0 { Err("no address") } else { Ok(n < 3) })
    ///     .restart(Restart::on_failure().backoff(Duration::from_millis(1)))
    ///     .start()?;
    /// for n in [1, 0, 2, 3] {
    ///     mail.put(n)?; // what is queued stays for the next run
    /// }
    /// let exit = mail.wait()?; // it finished at 3
    /// assert_eq!((exit.run, exit.turns), (2, 2));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn on_failure() -> Self {
        Self { after: After::Failure, ..Self::default() }
    }

    /// Restarts after a run that failed or finished. A queue worker whose queue is closed and empty ends all the same,
    /// because no turn could ever come.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Restart, State, looped};
    /// use std::time::Duration;
    ///
    /// let (runs, seen) = std::sync::mpsc::channel();
    /// let worker = looped(move |_tick, cx| {
    ///     let _ = runs.send(cx.run_number());
    ///     false // it has finished
    /// })
    /// .restart(Restart::always().backoff(Duration::from_millis(1)))
    /// .start()?;
    /// assert_eq!(seen.iter().take(3).collect::<Vec<_>>(), [1, 2, 3]);
    /// worker.stop()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn always() -> Self {
        Self { after: After::Everything, ..Self::default() }
    }

    /// Sets the waits before restarts: a `Duration` for waits that are all as long as that, also zero, or a range
    /// `shortest..longest` for waits that double. Default: 100 ms to 30 s.
    ///
    /// A range whose start is zero or not less than its end is a [`BuildError`] when the worker is built.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Restart;
    /// use std::time::Duration;
    ///
    /// let second = Duration::from_secs(1);
    /// let steady = Restart::on_failure().backoff(second);
    /// let doubling = Restart::on_failure().backoff(second..60 * second); // 1 s, 2 s, 4 s, .. 60 s
    /// # drop((steady, doubling));
    /// ```
    #[must_use]
    pub fn backoff(mut self, backoff: impl Into<Backoff>) -> Self {
        self.backoff = backoff.into();
        self
    }

    /// Sets how far a backoff may differ from its nominal length, as a fraction from 0 to 1. Default: 0.1, for 0.9 to
    /// 1.1 times as long. Zero is for exact waits.
    ///
    /// It spreads the restarts of many workers that failed in the same instant. Anything else than 0 to 1 is a
    /// [`BuildError`] when the worker is built.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Restart, looped};
    ///
    /// let exact = looped(|_tick, _cx| ()).restart(Restart::on_failure().jitter(0.0)).build();
    /// assert!(exact.is_ok());
    /// let error = looped(|_tick, _cx| ()).restart(Restart::on_failure().jitter(2.0)).build().unwrap_err();
    /// assert!(error.to_string().contains("jitter"));
    /// ```
    #[must_use]
    pub fn jitter(mut self, fraction: f64) -> Self {
        self.jitter = Some(fraction);
        self
    }

    /// Sets a budget: at most `restarts` in any time of the length `within`. Default: none.
    ///
    /// When it is spent, the life ends, with [`Then::GaveUp`](crate::exit::Then::GaveUp) in the exit. Tasks stay queued.
    /// Neither a start that succeeds nor a run that is healthy for a while gives anything back, so a crash every few
    /// seconds is noticed. The next start begins a life with a full budget. A `within` of zero is a [`BuildError`] when
    /// the worker is built.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Restart, StopError, Then, looped};
    /// use std::time::Duration;
    ///
    /// let worker = looped(|_tick, _cx| Err::<(), _>("no paper"))
    ///     .restart(Restart::on_failure().backoff(Duration::ZERO).max(3, Duration::from_secs(60)))
    ///     .start()?;
    /// let Err(StopError::Failed(exit)) = worker.wait() else { panic!("it does not fail") };
    /// assert_eq!(exit.restarts, 3);
    /// assert_eq!(exit.then, Then::GaveUp { restarts: 3, within: Duration::from_secs(60) });
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn max(mut self, restarts: u32, within: Duration) -> Self {
        self.budget = Some(Budget { restarts, within });
        self
    }

    /// Sets after how long a run the doubling of the backoff begins anew. Default: the longest backoff.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Restart;
    /// use std::time::Duration;
    ///
    /// // An hour of work, and the next failure is followed by the shortest backoff again.
    /// let policy = Restart::on_failure().healthy_after(Duration::from_secs(3600));
    /// # drop(policy);
    /// ```
    #[must_use]
    pub fn healthy_after(mut self, run: Duration) -> Self {
        self.healthy_after = Some(run);
        self
    }

    /// Sets a further condition: only runs whose exit it says yes to are followed by a restart. It is called on the
    /// worker's thread, outside all locks; a panic in it counts as no.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Restart, StopError, queue};
    /// use std::time::Duration;
    ///
    /// let policy = Restart::on_failure().backoff(Duration::ZERO);
    /// let mail = queue(|n: u32, _cx| Err::<(), _>(if n == 0 { "fatal" } else { "try again" }))
    ///     .restart(policy.only(|exit| exit.error.as_ref().is_some_and(|error| !error.to_string().contains("fatal"))))
    ///     .start()?;
    /// mail.put(1)?;
    /// mail.put(0)?;
    /// assert!(matches!(mail.wait(), Err(StopError::Failed(exit)) if exit.run == 2));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn only(mut self, condition: impl Fn(&Exit) -> bool + Send + Sync + 'static) -> Self {
        self.only = Some(Arc::new(condition));
        self
    }

    /// Sets what makes fresh options and arguments for each further run, in place of those of the start. It is called on
    /// the worker's thread when the backoff is over, also when a [`start`](crate::handle::Handle::start) ends it before its
    /// time; one with options of its own stands in for it. If it panics, the run begins with the options that are there.
    ///
    /// An option that is invalid fails that attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BoxError, Restart, Start, looped};
    /// use std::time::Duration;
    ///
    /// struct Attempt(u64);
    ///
    /// let policy = Restart::on_failure().backoff(Duration::ZERO);
    /// let worker = looped(|_tick, cx| match cx.take_arg::<Attempt>() {
    ///     Some(Attempt(3)) => Ok(false),
    ///     _ => Err("not yet"),
    /// })
    /// .restart(policy.start(|exit| Start::new().arg(Attempt(exit.restarts + 1))))
    /// .start()?;
    /// assert_eq!(worker.wait()?.restarts, 3);
    /// # Ok::<(), BoxError>(())
    /// ```
    #[must_use]
    pub fn start(mut self, options: impl Fn(&Exit) -> Start + Send + Sync + 'static) -> Self {
        self.start = Some(Arc::new(options));
        self
    }

    pub(crate) fn is_never(&self) -> bool {
        self.after == After::Nothing
    }

    /// Checks the values of the options.
    pub(crate) fn check(&self, worker: &Arc<str>) -> Result<(), BuildError> {
        let error = |given: String, allowed| Err(BuildError::new(worker, "restart", given, allowed));
        let Backoff { shortest, longest, .. } = self.backoff;
        if shortest > longest || shortest.is_zero() && !longest.is_zero() || self.backoff.is_empty_range() {
            return error(
                format!("backoff {shortest:?}..{longest:?}"),
                "a duration, or a range that begins above zero and ends later",
            );
        }
        if let Some(jitter) = self.jitter
            && !(0.0..=1.0).contains(&jitter)
        {
            return error(format!("jitter {jitter}"), "a fraction from 0 to 1");
        }
        if let Some(budget) = &self.budget
            && budget.within.is_zero()
        {
            return error(format!("max {} within {:?}", budget.restarts, budget.within), "a time above zero");
        }
        Ok(())
    }

    /// Asks the user's condition.
    pub(crate) fn allows(&self, exit: &Exit) -> Result<bool, Panic> {
        let Some(only) = &self.only else { return Ok(true) };
        user_code::call(|| only(exit))
    }

    /// Asks for the options of the next run; `None` to keep those that are there.
    pub(crate) fn next_start(&self, exit: &Exit) -> Result<Option<Start>, Panic> {
        self.start.as_ref().map(|start| user_code::call(|| start(exit))).transpose()
    }
}

impl fmt::Debug for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restart")
            .field("after", &self.after)
            .field("backoff", &self.backoff)
            .field("jitter", &self.jitter)
            .field("max", &self.budget)
            .field("healthy_after", &self.healthy_after)
            .finish_non_exhaustive()
    }
}
