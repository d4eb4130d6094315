//! A program of workers as it runs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;
use parking_lot::Mutex;
use pyaltt_core::layer::{discard, is_current};
use pyaltt_core::{Exit, Handle, StopError, reply};

use crate::child::Child;
use crate::error::GroupError;
use crate::members::{MemberInfo, Members, Problem};
use crate::message::Message;
use crate::report::{EndedBy, MemberOutcome, MemberReport, Report};

/// A group that runs. Clones are of the same group; the drop of the last one ends it in order, and waits for that.
///
/// # Examples
///
/// ```
/// use pyaltt::Supervisor;
///
/// let uplink = pyaltt::looped(|_tick, _cx| ()).name("uplink").build()?;
/// let program = Supervisor::new().name("gateway").add(&uplink).start()?;
/// assert!(program.is_healthy());
/// println!("{}", program.stop());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone)]
#[must_use = "the drop of the last one ends the group"]
pub struct Supervision {
    inner: Arc<Inner>,
}

struct Inner {
    driver: Handle,
    mailbox: Sender<Message>,
    members: Arc<Members>,
    outcome: Arc<Mutex<Option<Report>>>,
    stop_within: Duration,
}

impl Supervision {
    pub(crate) fn new(
        driver: Handle,
        mailbox: Sender<Message>,
        members: Arc<Members>,
        outcome: Arc<Mutex<Option<Report>>>,
        stop_within: Duration,
    ) -> Self {
        Self { inner: Arc::new(Inner { driver, mailbox, members, outcome, stop_within }) }
    }

    /// Stops the members in reverse, each within its own limit and all within the [group's](crate::Supervisor::stop_within),
    /// and returns how each ended.
    ///
    /// From a member's own turn, and from `on_event`, it begins the end and returns at once:
    /// [`ended_by`](Report::ended_by) is [`NotYet`](EndedBy::NotYet) then.
    ///
    /// # Examples
    ///
    /// [`Supervision`] shows its use.
    ///
    /// ```
    /// let program = pyaltt::Supervisor::new().start()?;
    /// assert_eq!(program.stop().exit_code(), 0);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn stop(&self) -> Report {
        self.end(None)
    }

    /// As [`stop`](Self::stop), with another limit for the whole.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let program = pyaltt::Supervisor::new().start()?;
    /// assert_eq!(program.stop_within(Duration::from_secs(1)).exit_code(), 0);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn stop_within(&self, total: Duration) -> Report {
        self.end(Some(total))
    }

    fn end(&self, total: Option<Duration>) -> Report {
        self.inner.tell(Message::Stop { by: EndedBy::Asked, total });
        self.wait()
    }

    /// Tells all members at once to terminate, and does not wait. The group has a second to end then.
    ///
    /// # Examples
    ///
    /// ```
    /// let program = pyaltt::Supervisor::new().start()?;
    /// program.terminate();
    /// assert_eq!(program.wait().exit_code(), 0);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn terminate(&self) {
        self.inner.tell(Message::Hurry { by: EndedBy::Asked, left: Duration::from_secs(1) });
    }

    /// Waits for the end of the group, and returns how each member ended. It does not end it.
    ///
    /// On a worker's thread the wait is cut by that worker's stop: [`ended_by`](Report::ended_by) is
    /// [`NotYet`](EndedBy::NotYet) then. So it is on a member's own thread, at once.
    ///
    /// # Examples
    ///
    /// ```
    /// let once = pyaltt::looped(|_tick, _cx| pyaltt::Flow::Stop).build()?;
    /// let program = pyaltt::Supervisor::new().add(&once).start()?;
    /// assert_eq!(program.wait().ended_by, pyaltt::EndedBy::AllEnded);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn wait(&self) -> Report {
        if !self.inner.is_inside() {
            self.wait_for_driver();
        }
        self.inner.report()
    }

    /// Waits for the end of the group for at most this long. `None` if it has not ended then.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// let program = pyaltt::Supervisor::new().add(&worker).start()?;
    /// assert!(program.wait_timeout(Duration::from_millis(1)).is_none());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> Option<Report> {
        if !self.inner.is_inside() {
            // What it returns is in the report, or there is none.
            let _ = self.inner.driver.wait_timeout(timeout);
        }
        self.inner.outcome.lock().clone()
    }

    /// Adds a member at the end of the order and starts it.
    ///
    /// # Errors
    ///
    /// If it does not start, or belongs to a group already: it is no member then. [`GroupError::Ending`] if the group is
    /// ending; a member that was starting when the end came is in the [`Report`], as it may not have ended.
    ///
    /// # Examples
    ///
    /// ```
    /// let program = pyaltt::Supervisor::new().start()?;
    /// let late = pyaltt::looped(|_tick, _cx| ()).name("late").build()?;
    /// program.add(&late)?;
    /// assert!(late.is_active());
    /// assert_eq!(program.members()[0].path, "late");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn add(&self, child: impl Into<Child>) -> Result<(), GroupError> {
        let (to, reply) = reply();
        self.inner.tell(Message::Add { child: Box::new(child.into().0), to });
        if self.inner.is_inside() {
            // It is added, and nobody inside can wait for it.
            return Ok(());
        }
        reply
            .wait()
            .unwrap_or_else(|_| Err(GroupError::Ending { group: self.inner.driver.name().to_owned() }))
    }

    /// Stops a member within its limit, and takes it out of the group. Returns how it ended; `None` if it is no member, or the
    /// caller is one, which cannot wait for it.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// let other = pyaltt::queue(|_letter: String, _cx| ()).build()?;
    /// let program = pyaltt::Supervisor::new().add(&worker).add(&other).start()?;
    /// assert!(program.remove(&worker).is_some());
    /// assert!(program.remove(&worker).is_none());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn remove(&self, member: &Handle) -> Option<Exit> {
        let (to, reply) = reply();
        self.inner.tell(Message::Remove { worker: member.id(), to });
        if self.inner.is_inside() {
            return None;
        }
        reply.wait().ok().flatten()
    }

    /// Returns the members and how they stand, in the order in which they were added.
    ///
    /// # Examples
    ///
    /// ```
    /// let program = pyaltt::Supervisor::new().start()?;
    /// assert!(program.members().is_empty());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn members(&self) -> Vec<MemberInfo> {
        self.inner.members.infos()
    }

    /// Returns whether no member is down for good or stuck.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = pyaltt::looped(|_tick, _cx| ()).build()?;
    /// let program = pyaltt::Supervisor::new().add(&worker).start()?;
    /// assert!(program.is_healthy());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.problems().is_empty()
    }

    /// Returns what is wrong: members that have failed for good, and those that are
    /// [stuck](crate::Child::stuck_after).
    ///
    /// # Examples
    ///
    /// [`Problem`] shows its use.
    ///
    /// ```
    /// let program = pyaltt::Supervisor::new().start()?;
    /// for problem in program.problems() {
    ///     eprintln!("{problem}");
    /// }
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.inner.members.problems()
    }

    pub(crate) fn name(&self) -> &str {
        self.inner.driver.name()
    }

    #[cfg(feature = "signals")]
    pub(crate) fn mailbox(&self) -> Sender<Message> {
        self.inner.mailbox.clone()
    }

    #[cfg(feature = "signals")]
    pub(crate) fn outcome(&self) -> Option<Report> {
        self.inner.outcome.lock().clone()
    }

    /// Waits until the driver's thread is gone.
    pub(crate) fn wait_for_driver(&self) {
        // What it returns is in the report, or there is none.
        let _ = self.inner.driver.wait();
    }
}

impl Inner {
    /// Tells the driver. If the group has ended, nobody is there to answer, and whoever waits for that learns of it here.
    fn tell(&self, message: Message) {
        let unsent = {
            let outcome = self.outcome.lock();
            // Under the lock: what is sent before the end is answered, or dropped by the driver after it.
            if outcome.is_none() {
                self.mailbox.send(message).err().map(|unsent| unsent.0)
            } else {
                Some(message)
            }
        };
        // It may be made of a user's values.
        discard(unsent);
    }

    /// Whether the calling thread is one that the end of the group waits for.
    fn is_inside(&self) -> bool {
        is_current(self.driver.id()) || self.members.any(|handle| is_current(handle.id()))
    }

    fn report(&self) -> Report {
        self.outcome.lock().clone().unwrap_or_else(|| Report {
            group: self.driver.name().to_owned(),
            ended_by: EndedBy::NotYet,
            took: Duration::ZERO,
            members: self
                .members
                .infos()
                .into_iter()
                .map(|MemberInfo { name, path, last_exit, .. }| MemberReport {
                    name,
                    path,
                    outcome: MemberOutcome::Stopped(last_exit),
                })
                .collect(),
            shutdown: Vec::new(),
        })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.outcome.lock().is_some() {
            return;
        }
        self.tell(Message::Stop { by: EndedBy::Asked, total: Some(self.stop_within) });
        // The drop of its handle would wait for it, or hurry it.
        if self.is_inside() || matches!(self.driver.wait(), Err(StopError::Stopping { .. })) {
            self.driver.detach();
        }
    }
}

impl fmt::Debug for Supervision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervision")
            .field("name", &self.inner.driver.name())
            .field("members", &self.inner.members)
            .finish_non_exhaustive()
    }
}
