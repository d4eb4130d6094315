//! The levels of what has levels.

use std::fmt;

/// How urgent something is: a task of a durable queue, for one. The default is [`Normal`](Self::Normal).
///
/// More urgent levels are greater, so a queue [by priority](crate::queue::builder::QueueBuilder) takes them first.
///
/// # Examples
///
/// ```
/// use pyaltt::Priority;
///
/// assert!(Priority::Urgent > Priority::High);
/// assert_eq!(Priority::default(), Priority::Normal);
/// assert_eq!(Priority::Low.to_string(), "low");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// What can wait.
    Low,
    /// The usual.
    #[default]
    Normal,
    /// Before the usual.
    High,
    /// Before everything else.
    Urgent,
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        })
    }
}
