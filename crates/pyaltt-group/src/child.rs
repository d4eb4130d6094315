//! A member of a group, as it is given to a supervisor.

use std::fmt;
use std::time::Duration;

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BuildError, Handle, Restart,
};

use crate::plan::{MemberPlan, START_WITHIN, What};

/// A member of a group: a worker of any kind, or a group of its own, with its limits.
///
/// [`Supervisor::add`](crate::Supervisor::add) takes a reference to a worker as well, and a supervisor, for a member with the
/// defaults.
///
/// # Examples
///
/// ```
/// use pyaltt::queue;
/// use pyaltt::{Child, Supervisor};
/// use std::time::Duration;
///
/// let mail = queue(|letter: &str, _cx| println!("{letter}")).name("mail").build()?;
/// let program = Supervisor::new()
///     .add(Child::of(&mail).drain().stop_within(Duration::from_secs(10)))
///     .start()?;
/// mail.put("dear Sir")?;
/// assert_eq!(program.stop().exit_code(), 0); // after the letter
/// assert_eq!(mail.last_exit().turns, 1);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "a child does nothing until it is added to a supervisor"]
pub struct Child(pub(crate) MemberPlan);

impl Child {
    /// A member with the defaults.
    ///
    /// # Examples
    ///
    /// [`Child`] shows its use.
    ///
    /// ```
    /// use pyaltt::{Child, Supervisor};
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// let io = Child::of(Supervisor::new().name("io").add(&worker)).critical();
    /// Supervisor::new().add(io).start()?.stop();
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn of(member: impl Into<Self>) -> Self {
        member.into()
    }

    /// A worker that cannot be built, because of which the group does not start. For what the attributes generate.
    #[doc(hidden)]
    pub fn not_built(name: &str, error: BuildError) -> Self {
        Self::new(What::NotBuilt(name.to_owned(), error))
    }

    pub(crate) fn new(what: What) -> Self {
        Self(MemberPlan {
            what,
            stop_within: None,
            start_within: START_WITHIN,
            drains: false,
            critical: false,
            stuck_after: None,
            restart: None,
            retry_start: false,
        })
    }

    /// Sets how long its end may take. Default: 5 s for a worker, and its own
    /// [`stop_within`](crate::Supervisor::stop_within) for a group.
    ///
    /// A worker is told to stop, and towards the end of the limit to terminate. One that has not ended then is reported as
    /// [stuck](crate::MemberOutcome::Stuck), and nobody waits for it any more.
    ///
    /// # Examples
    ///
    /// [`Child`] shows its use.
    ///
    /// ```
    /// use pyaltt::Child;
    /// use std::time::Duration;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// let child = Child::of(&worker).stop_within(Duration::from_millis(500));
    /// # drop(child);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn stop_within(mut self, limit: Duration) -> Self {
        self.0.stop_within = Some(limit);
        self
    }

    /// Sets how long its start may take, until it is ready for its first turn. Default: 30 s. For a worker; the members of a
    /// group have limits of their own.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Child;
    /// use std::time::Duration;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// let child = Child::of(&worker).start_within(Duration::from_secs(1));
    /// # drop(child);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn start_within(mut self, limit: Duration) -> Self {
        self.0.start_within = limit;
        self
    }

    /// Has it finish what is in its queue before it stops: it is told to drain for the first half of its limit. Default: it
    /// stops after its current turn. For a queue worker; others stop as always.
    ///
    /// # Examples
    ///
    /// [`Child`] shows its use.
    ///
    /// ```
    /// use pyaltt::Child;
    ///
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).build()?;
    /// let child = Child::of(&mail).drain();
    /// # drop(child);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn drain(mut self) -> Self {
        self.0.drains = true;
        self
    }

    /// Has the group end when this member has failed for good. Default: the member stays down, and is one of the
    /// [problems](crate::Supervision::problems).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Child, EndedBy, Supervisor};
    ///
    /// let uplink = pyaltt::looped(|_tick, _cx| Err::<(), _>("no carrier"))
    ///     .name("uplink")
    ///     .on_error(|_| false)
    ///     .build()?;
    /// let never = pyaltt::Restart::never();
    /// let report = Supervisor::new().add(Child::of(&uplink).critical().restart(never)).run()?;
    /// assert_eq!(report.ended_by, EndedBy::Critical { member: "uplink".into() });
    /// assert_eq!(report.exit_code(), 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn critical(mut self) -> Self {
        self.0.critical = true;
        self
    }

    /// Sets how long a turn may last before the member counts as stuck. Default: for ever.
    ///
    /// It is looked at from outside, four times in this time, so that it costs the member nothing. A member that is stuck is
    /// told of as an [event](crate::GroupEvent), and is one of the [problems](crate::Supervision::problems). It is not
    /// stopped. An idle member is never stuck.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Child;
    /// use std::time::Duration;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// let child = Child::of(&worker).stuck_after(Duration::from_secs(10));
    /// # drop(child);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn stuck_after(mut self, limit: Duration) -> Self {
        self.0.stuck_after = Some(limit);
        self
    }

    /// Sets the policy of this member in this group, in place of its own and of the group's. Default: a worker's own policy,
    /// and for one that has none the [group's](crate::Supervisor::restart).
    ///
    /// # Examples
    ///
    /// [`critical`](Self::critical) shows its use.
    ///
    /// ```
    /// use pyaltt::Child;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// let child = Child::of(&worker).restart(pyaltt::Restart::always());
    /// # drop(child);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn restart(mut self, policy: Restart) -> Self {
        self.0.restart = Some(policy);
        self
    }

    /// Makes its first start an attempt like others: one that fails neither fails the group nor holds it up, and is tried
    /// again by the policy. Default: a first start that fails fails the start of the group.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Child;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// let child = Child::of(&worker).retry_start();
    /// # drop(child);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn retry_start(mut self) -> Self {
        self.0.retry_start = true;
        self
    }
}

impl From<&Handle> for Child {
    fn from(handle: &Handle) -> Self {
        Self::new(What::Worker(handle.clone(), None))
    }
}

impl From<&BackgroundWorker> for Child {
    fn from(worker: &BackgroundWorker) -> Self {
        Self::new(What::Worker(worker.into(), None))
    }
}

impl From<&BackgroundEventWorker> for Child {
    fn from(worker: &BackgroundEventWorker) -> Self {
        Self::new(What::Worker(worker.into(), None))
    }
}

impl<T: Send + 'static> From<&BackgroundQueueWorker<T>> for Child {
    fn from(worker: &BackgroundQueueWorker<T>) -> Self {
        let drained = worker.clone();
        Self::new(What::Worker(worker.into(), Some(Box::new(move || drained.signal_drain()))))
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.0.what {
            What::Worker(handle, _) => handle.name(),
            What::Group(group) => &group.name,
            What::NotBuilt(name, _) => name,
        };
        f.debug_struct("Child").field("name", &name).finish_non_exhaustive()
    }
}
