//! The errors that are kept with a task.

use std::time::SystemTime;

/// The most bytes of an error's text that are kept.
const MOST_TEXT: usize = 4 << 10;

/// One failed attempt of a task. The last ten are kept.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::ErrorEntry;
/// use std::time::SystemTime;
///
/// let entry = ErrorEntry::new(SystemTime::UNIX_EPOCH, 2, "no such address");
/// assert_eq!((entry.attempt, entry.text.as_str()), (2, "no such address"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorEntry {
    /// When it failed, by the clock of the engine.
    pub at: SystemTime,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// What it failed with, or how it was lost.
    pub text: String,
}

impl ErrorEntry {
    /// How many are kept of a task: the last ones.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(pyaltt_durable::ErrorEntry::KEPT, 10);
    /// ```
    pub const KEPT: usize = 10;

    /// Makes an entry, for engines. Of a text, the first 4 KiB are kept.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::ErrorEntry;
    ///
    /// let entry = ErrorEntry::new(std::time::SystemTime::UNIX_EPOCH, 1, "é".repeat(3_000));
    /// assert!(entry.text.ends_with("..") && entry.text.len() < 4_200);
    /// ```
    #[must_use]
    pub fn new(at: SystemTime, attempt: u32, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.len() > MOST_TEXT {
            let end = (0..=MOST_TEXT).rev().find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or(0));
            text.push_str("..");
        }
        Self { at, attempt, text }
    }
}
