//! Owners: who holds the tasks that are lent out.

use std::fmt;
use std::time::Duration;

/// The number of an owner. It is never used again.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::OwnerId;
///
/// assert_eq!(OwnerId::new(17).get(), 17);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerId(i64);

impl OwnerId {
    /// Makes the id of an owner, for engines.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::engine::OwnerId;
    /// assert!(OwnerId::new(1) < OwnerId::new(2));
    /// ```
    #[must_use]
    pub fn new(number: i64) -> Self {
        Self(number)
    }

    /// Returns the number.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::engine::OwnerId;
    /// assert_eq!(OwnerId::new(1).get(), 1);
    /// ```
    #[must_use]
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for OwnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who an owner is, for those who look at the queue.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::Who;
///
/// let who = Who::this_process("postman");
/// assert_eq!((who.name.as_str(), who.pid), ("postman", std::process::id()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Who {
    /// A name for people. Two owners may have the same.
    pub name: String,
    /// The number of the process.
    pub pid: u32,
    /// The name of the machine, where the system tells it.
    pub host: String,
}

impl Who {
    /// Describes this process.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::engine::Who;
    /// assert_ne!(Who::this_process("postman").pid, 0);
    /// ```
    #[must_use]
    pub fn this_process(name: impl Into<String>) -> Self {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self::new(name, std::process::id(), host.trim())
    }

    /// Describes any process, for engines.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::engine::Who;
    /// assert_eq!(Who::new("postman", 4711, "alpha").host, "alpha");
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>, pid: u32, host: impl Into<String>) -> Self {
        Self { name: name.into(), pid, host: host.into() }
    }

    /// Returns the text of the error that is kept with a task which was lost with its owner.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::engine::{OwnerId, Who};
    ///
    /// let text = Who::new("postman", 4711, "alpha").lost(OwnerId::new(17));
    /// assert_eq!(text, r#"lost with its process: owner 17, "postman", process 4711 on "alpha""#);
    /// ```
    #[must_use]
    pub fn lost(&self, owner: OwnerId) -> String {
        let Self { name, pid, host } = self;
        format!("lost with its process: owner {owner}, {name:?}, process {pid} on {host:?}")
    }
}

/// What happens to the tasks of a dead owner.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::Policy;
/// use std::time::Duration;
///
/// let policy = Policy::new(5, Duration::ZERO);
/// assert_eq!(policy.attempts, 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How many attempts a task has whose producer gave it no number. A lost one whose attempts are used up is dead.
    pub attempts: u32,
    /// How long a lost task waits; zero: it is ready at once, at its old place.
    pub delay: Duration,
}

impl Policy {
    /// Makes a policy.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::engine::Policy;
    /// assert!(Policy::new(5, std::time::Duration::ZERO).delay.is_zero());
    /// ```
    #[must_use]
    pub fn new(attempts: u32, delay: Duration) -> Self {
        Self { attempts, delay }
    }
}

/// What a sweep has found.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::Swept;
///
/// assert_eq!(Swept::default().owners, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// How many owners were dead.
    pub owners: u64,
    /// How many of their tasks have a further attempt.
    pub lost: u64,
    /// How many of their tasks are dead, because their attempts are used up.
    pub dead: u64,
}
