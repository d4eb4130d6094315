//! What is the same in all engines that store tasks in columns: numbers of levels and states, headers and errors as JSON.

use pyaltt_core::{Headers, Priority};
use serde::{Deserialize, Serialize};

use super::entry::ErrorEntry;
use super::view::TaskState;
use crate::clock::{from_millis, to_millis};

/// Returns the number of a level: 0 is taken first.
///
/// # Examples
///
/// ```
/// use pyaltt::Priority;
/// use pyaltt_durable::engine::stored::{level, priority};
///
/// assert_eq!(level(Priority::Urgent), 0);
/// assert_eq!(priority(level(Priority::Low).into()), Priority::Low);
/// ```
#[must_use]
pub fn level(priority: Priority) -> u8 {
    match priority {
        Priority::Urgent => 0,
        Priority::High => 1,
        Priority::Normal => 2,
        Priority::Low => 3,
    }
}

/// Returns the level of a number.
///
/// # Examples
///
/// [`level`] shows its use.
///
/// ```
/// assert_eq!(pyaltt_durable::engine::stored::priority(2), pyaltt::Priority::Normal);
/// ```
#[must_use]
pub fn priority(level: i64) -> Priority {
    match level {
        0 => Priority::Urgent,
        1 => Priority::High,
        2 => Priority::Normal,
        _ => Priority::Low,
    }
}

/// Returns the number of a state.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::TaskState;
/// use pyaltt_durable::engine::stored::{state, state_number};
///
/// assert_eq!(state_number(TaskState::Dead), 3);
/// assert_eq!(state(state_number(TaskState::Running).into()), TaskState::Running);
/// ```
#[must_use]
pub fn state_number(state: TaskState) -> u8 {
    match state {
        TaskState::Ready => 0,
        TaskState::Delayed => 1,
        TaskState::Running => 2,
        TaskState::Dead => 3,
    }
}

/// Returns the state of a number.
///
/// # Examples
///
/// [`state_number`] shows its use.
///
/// ```
/// assert_eq!(pyaltt_durable::engine::stored::state(1), pyaltt_durable::TaskState::Delayed);
/// ```
#[must_use]
pub fn state(number: i64) -> TaskState {
    match number {
        0 => TaskState::Ready,
        1 => TaskState::Delayed,
        2 => TaskState::Running,
        _ => TaskState::Dead,
    }
}

/// Returns headers as JSON; none if there are none.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::Envelope;
/// use pyaltt_durable::engine::stored::{headers_of, headers_text};
///
/// let mut headers = Envelope::new("letter", 1, "{}").headers;
/// assert_eq!(headers_text(&headers), None);
/// headers.insert("trace".into(), "17".into());
/// assert_eq!(headers_of(headers_text(&headers).as_deref()), headers);
/// ```
#[must_use]
pub fn headers_text(headers: &Headers) -> Option<String> {
    // A map of text to text can always be written.
    if headers.is_empty() { None } else { serde_json::to_string(headers).ok() }
}

/// Returns the headers that are stored as JSON. What cannot be read is none.
///
/// # Examples
///
/// [`headers_text`] shows its use.
///
/// ```
/// assert!(pyaltt_durable::engine::stored::headers_of(None).is_empty());
/// ```
#[must_use]
pub fn headers_of(text: Option<&str>) -> Headers {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// An error as it is stored.
#[derive(Deserialize, Serialize)]
struct Stored {
    at: i64,
    attempt: u32,
    text: String,
}

/// Returns the errors that are stored as JSON: a list of objects with `at`, in milliseconds since 1970, `attempt` and `text`.
/// What cannot be read is none.
///
/// # Examples
///
/// ```
/// let errors = pyaltt_durable::engine::stored::errors_of(r#"[{"at":0,"attempt":1,"text":"no such address"}]"#);
/// assert_eq!((errors[0].attempt, errors[0].text.as_str()), (1, "no such address"));
/// ```
#[must_use]
pub fn errors_of(text: &str) -> Vec<ErrorEntry> {
    let stored: Vec<Stored> = serde_json::from_str(text).unwrap_or_default();
    let entry = |error: Stored| ErrorEntry::new(from_millis(error.at), error.attempt, error.text);
    stored.into_iter().map(entry).collect()
}

/// Returns errors that are stored as JSON with one more. The last ones are kept.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::ErrorEntry;
/// use pyaltt_durable::engine::stored::with_error;
/// use std::time::SystemTime;
///
/// let error = ErrorEntry::new(SystemTime::UNIX_EPOCH, 1, "no such address");
/// assert_eq!(with_error("[]", &error), r#"[{"at":0,"attempt":1,"text":"no such address"}]"#);
/// ```
#[must_use]
pub fn with_error(text: &str, entry: &ErrorEntry) -> String {
    let mut stored: Vec<Stored> = serde_json::from_str(text).unwrap_or_default();
    stored.push(Stored { at: to_millis(entry.at), attempt: entry.attempt, text: entry.text.clone() });
    stored.drain(..stored.len().saturating_sub(ErrorEntry::KEPT));
    serde_json::to_string(&stored).unwrap_or_else(|_| "[]".to_owned())
}
