//! The plan of a program of workers.

use std::fmt;
use std::time::Duration;

use pyaltt_collection::{FunctionCollection, Outcome};
use pyaltt_core::Restart;

use crate::child::Child;
use crate::driver::thread;
use crate::error::GroupError;
use crate::event::GroupEvent;
use crate::machine::node::Strategy;
use crate::plan::{GROUP_STOP_WITHIN, GroupPlan, What};
use crate::report::Report;
use crate::supervision::Supervision;

/// The plan of a program of workers: who belongs to it, in which order, and what follows a failure.
///
/// [`start`](Self::start) starts the members in the order in which they were added, each when the one before is at work. A
/// member that runs already is taken as it is. If one does not start, those before it are stopped again. The end stops them
/// in reverse, each within its own limit and all within that of the group, and no member is told before those after it have
/// ended or exceeded their limit.
///
/// A supervisor can be a member of another one.
///
/// `pyaltt::exit` ends a group in order as well, within 1.5 s, also where its members are no daemons.
///
/// # Failures
///
/// A worker is restarted by its own [`Restart`] policy, and one without a policy by the group's. With
/// [`one_for_all`](Self::one_for_all) and [`rest_for_one`](Self::rest_for_one), one that would be restarted waits instead, and
/// the group restarts it together with others. A worker that was stopped by its own handle, or has finished, stays as it is
/// until somebody starts it again.
///
/// # Examples
///
/// ```
/// use pyaltt::{Child, Supervisor};
/// use std::time::Duration;
///
/// let bus = pyaltt::looped(|_tick, _cx| ()).name("bus").build()?;
/// let poller = pyaltt::looped(|_tick, _cx| ()).name("poller").build()?;
/// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).name("mail").build()?;
/// let report = Supervisor::new()
///     .name("gateway")
///     .add(Supervisor::new().name("io").one_for_all().add(&bus).add(&poller))
///     .add(Child::of(&mail).drain().stop_within(Duration::from_secs(10)))
///     .start()?
///     .stop();
/// assert_eq!(report.members[1].path, "io/poller");
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "a supervisor does nothing until it is started"]
pub struct Supervisor(pub(crate) GroupPlan);

impl Supervisor {
    /// A group without members, which restarts each member alone.
    ///
    /// # Examples
    ///
    /// [`Supervisor`] shows its use.
    ///
    /// ```
    /// let program = pyaltt::Supervisor::new().start()?;
    /// program.add(&pyaltt::looped(|_tick, _cx| ()).build()?)?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[expect(clippy::new_without_default, reason = "a plan is made by its methods")]
    pub fn new() -> Self {
        Self(GroupPlan {
            name: "group".to_owned(),
            strategy: Strategy::OneForOne,
            restart: Restart::on_failure(),
            max: None,
            children: Vec::new(),
            stop_within: GROUP_STOP_WITHIN,
            shutdown: Vec::new(),
            on_event: None,
            on_signal: Vec::new(),
            is_service: false,
        })
    }

    /// Sets the name, for reports, errors and the log. Default: `group`. An empty name is left out.
    ///
    /// # Examples
    ///
    /// [`Supervisor`] shows its use.
    ///
    /// ```
    /// let report = pyaltt::Supervisor::new().name("gateway").start()?.stop();
    /// assert!(report.to_string().starts_with("gateway: asked to"));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if !name.is_empty() {
            self.0.name = name;
        }
        self
    }

    /// Restarts a member that fails, and no other. This is the default.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Supervisor;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// Supervisor::new().one_for_one().add(&worker).start()?.stop();
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn one_for_one(mut self) -> Self {
        self.0.strategy = Strategy::OneForOne;
        self
    }

    /// Restarts all members when one fails: they are stopped in reverse, and after the backoff of the group started in order.
    ///
    /// # Examples
    ///
    /// [`Supervisor`] shows its use.
    ///
    /// ```
    /// use pyaltt::Supervisor;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// Supervisor::new().one_for_all().add(&worker).start()?.stop();
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn one_for_all(mut self) -> Self {
        self.0.strategy = Strategy::OneForAll;
        self
    }

    /// Restarts the member that fails and those after it: they are stopped in reverse, and after the backoff of the group
    /// started in order.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Supervisor;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// Supervisor::new().rest_for_one().add(&worker).start()?.stop();
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn rest_for_one(mut self) -> Self {
        self.0.strategy = Strategy::RestForOne;
        self
    }

    /// Sets the policy of members that have none of their own, and of restarts of members together. Default:
    /// [`Restart::on_failure`]. When it gives up a restart together, the group fails: the outermost one ends, and for another
    /// one the policy of the group around it decides.
    ///
    /// A worker that was built with [`Restart::never`] has no policy; [`Child::restart`] sets that for good.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{Restart, Supervisor};
    /// use std::time::Duration;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// let policy = Restart::on_failure().backoff(Duration::from_millis(10)).max(5, Duration::from_secs(60));
    /// Supervisor::new().restart(policy).add(&worker).start()?.stop();
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn restart(mut self, policy: Restart) -> Self {
        self.0.restart = policy;
        self
    }

    /// Sets how many restarts there may be in any time of this length, of all members together. Then the group fails, as if its
    /// policy had given up. Default: no such limit. A member's own policy counts its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Supervisor;
    /// use std::time::Duration;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// Supervisor::new().max(10, Duration::from_secs(60)).add(&worker).start()?.stop();
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn max(mut self, restarts: u32, within: Duration) -> Self {
        self.0.max = Some((restarts, within));
        self
    }

    /// Adds a member at the end of the order: a reference to a worker, a supervisor, or a [`Child`] with its limits.
    ///
    /// # Examples
    ///
    /// [`Supervisor`] shows its use.
    ///
    /// ```
    /// use pyaltt::{Child, Supervisor};
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// Supervisor::new().add(Child::of(&worker).critical()).start()?.stop();
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[expect(clippy::should_implement_trait, reason = "nobody mistakes it for `+`")]
    pub fn add(mut self, child: impl Into<Child>) -> Self {
        self.0.children.push(child.into().0);
        self
    }

    /// Sets how long the end of the whole may take. Default: 25 s, which leaves a service manager that waits for 30 s some room.
    ///
    /// When it is over, those that were not reached are told to stop at once, and named in the report. Zero tells all at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Supervisor;
    /// use std::time::Duration;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// Supervisor::new().stop_within(Duration::from_secs(5)).add(&worker).start()?.stop();
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn stop_within(mut self, total: Duration) -> Self {
        self.0.stop_within = total;
        self
    }

    /// Runs these functions when the members have ended. What each came to is in the report. Default: none. It can be called
    /// more than once.
    ///
    /// The collection [includes its errors](FunctionCollection::include_errors) from then on, for the report. They have what is
    /// left of the limit for the whole, and at least 100 ms. A collection that takes longer is left alone. Only the outermost
    /// group calls them.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    /// use pyaltt::Supervisor;
    ///
    /// let at_the_end = FunctionCollection::new();
    /// at_the_end.add("flush", || println!("flushed"))?;
    /// let report = Supervisor::new().on_shutdown(&at_the_end).start()?.stop();
    /// assert_eq!(report.shutdown, [("flush".to_owned(), Ok(()))]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn on_shutdown<T: Send + 'static>(mut self, functions: &FunctionCollection<T>) -> Self {
        let functions = functions.include_errors(true);
        self.0.shutdown.push(Box::new(move || {
            let results = functions.run();
            let results = results.iter().map(|(name, outcome)| {
                let result = match outcome {
                    Outcome::Value(_) => Ok(()),
                    Outcome::Failed(Some(error)) => Err(error.to_string()),
                    Outcome::Failed(None) => Err("failed".to_owned()),
                };
                (name.to_owned(), result)
            });
            results.collect()
        }));
        self
    }

    /// Sets a function that is told what happens, on the thread of the group. Default: none. A second call replaces the first
    /// one's function.
    ///
    /// It must not block. A panic in it is logged. A stop of the group from it begins the end, and does not wait for it. Only
    /// the outermost group calls its function, for the events of all.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Supervisor;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// Supervisor::new().add(&worker).on_event(|event| eprintln!("{event}")).start()?.stop();
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn on_event(mut self, on_event: impl FnMut(&GroupEvent) + Send + 'static) -> Self {
        self.0.on_event = Some(Box::new(on_event));
        self
    }

    /// Tells systemd how the program stands, if it is a service of the type `notify`. Default: off. Linux only, with the
    /// feature `systemd`; elsewhere it does nothing.
    ///
    /// It is told when all members are at work, what the group is doing, that it reloads while a function of
    /// [`on_signal`](Self::on_signal) for SIGHUP runs, and that it stops. Where the unit has a watchdog, it is fed at half of
    /// its time, but not while a member is [stuck](Child::stuck_after) or the group ends because a critical one has failed.
    /// Idle members are fine. The guide's chapter on systemd has a unit to begin with.
    ///
    /// The environment is read once, at the start, and not changed. Without `NOTIFY_SOCKET` nothing is done. What cannot be
    /// sent is one warning in the log, and changes nothing else. Only the outermost group speaks.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Supervisor;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// Supervisor::new().add(&worker).systemd().start()?.stop();
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[cfg(feature = "systemd")]
    pub fn systemd(mut self) -> Self {
        self.0.is_service = true;
        self
    }

    /// Starts the members in order, and returns when all are at work.
    ///
    /// # Errors
    ///
    /// [`GroupError`] says which member has not started and why. Those before it were stopped again.
    ///
    /// # Examples
    ///
    /// [`Supervisor`] shows its use.
    ///
    /// ```
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// let program = pyaltt::Supervisor::new().add(&worker).start()?;
    /// assert!(worker.is_active());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn start(self) -> Result<Supervision, GroupError> {
        let (supervision, started) = thread::begin(self.0, crossbeam_channel::unbounded())?;
        thread::wait_for_start(&supervision, started)?;
        Ok(supervision)
    }

    /// Starts the members, and returns when all have ended: by themselves, or because somebody asked for it.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    ///
    /// # Examples
    ///
    /// ```
    /// let once = pyaltt::looped(|_tick, _cx| pyaltt::Flow::Stop).build()?;
    /// let report = pyaltt::Supervisor::new().add(&once).run()?;
    /// assert_eq!(report.exit_code(), 0);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn run(self) -> Result<Report, GroupError> {
        Ok(self.start()?.wait())
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("name", &self.0.name)
            .field("strategy", &self.0.strategy)
            .field("children", &self.0.children.len())
            .finish_non_exhaustive()
    }
}

impl From<Supervisor> for Child {
    fn from(supervisor: Supervisor) -> Self {
        Self::new(What::Group(Box::new(supervisor.0)))
    }
}
