//! What is stored of a task: its payload, and what says how to read it.
//!
//! - [`Envelope`]: kind, version, headers and the bytes of the payload.
//! - [`Codec`](codec::Codec): makes the bytes of a task, and the task of the bytes. [`fresh_id`]: the name of a new task.

pub(crate) mod codec;

use std::fmt;

use pyaltt_core::{Headers, TaskId};

/// The most bytes that the payload of a task has by default: 1 MiB.
///
/// # Examples
///
/// ```
/// assert_eq!(pyaltt_durable::DEFAULT_MAX_BODY, 1_048_576);
/// ```
pub const DEFAULT_MAX_BODY: usize = 1 << 20;

/// The most bytes that the names and values of all headers of a task have.
const MAX_HEADERS: usize = 64 << 10;

/// The most bytes that the name of a kind has.
const MAX_KIND: usize = 200;

/// A task as an engine stores it.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::{DEFAULT_MAX_BODY, Envelope};
///
/// let envelope = Envelope::new("letter", 2, r#"{"to":"Ann"}"#);
/// assert_eq!((envelope.kind.as_str(), envelope.version), ("letter", 2));
/// assert!(envelope.check(DEFAULT_MAX_BODY).is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope {
    /// What the payload is, such as `letter`. A worker takes only the kind that it knows.
    pub kind: String,
    /// The version of the kind. A worker takes no version that is newer than its own.
    pub version: u32,
    /// What the producer gave beside the task, such as a trace id.
    pub headers: Headers,
    /// The payload.
    pub body: Vec<u8>,
}

impl Envelope {
    /// Makes an envelope without headers.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::Envelope;
    ///
    /// assert!(Envelope::new("letter", 1, "{}").headers.is_empty());
    /// ```
    #[must_use]
    pub fn new(kind: impl Into<String>, version: u32, body: impl Into<Vec<u8>>) -> Self {
        Self { kind: kind.into(), version, headers: Headers::new(), body: body.into() }
    }

    /// Checks whether an engine can store it, with a payload of up to `max_body` bytes.
    ///
    /// # Errors
    ///
    /// If the payload is longer than `max_body`, the headers are longer than 64 KiB together or one of them has a NUL
    /// character, or the kind is empty, longer than 200 bytes, or has control characters.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::Envelope;
    ///
    /// let error = Envelope::new("letter", 1, [0; 11]).check(10).unwrap_err();
    /// assert_eq!(error.to_string(), "the payload has 11 bytes, and 10 are allowed");
    /// ```
    pub fn check(&self, max_body: usize) -> Result<(), InvalidEnvelope> {
        let invalid = |problem| Err(InvalidEnvelope { problem });
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if self.body.len() > max_body {
            return invalid(Problem::Body { has: self.body.len(), allowed: max_body });
        }
        if headers > MAX_HEADERS {
            return invalid(Problem::Headers { has: headers });
        }
        if self.kind.is_empty() || self.kind.len() > MAX_KIND || self.kind.chars().any(char::is_control) {
            return invalid(Problem::Kind(self.kind.clone()));
        }
        self.check_headers()
    }

    /// Checks that no header has a NUL character.
    pub(crate) fn check_headers(&self) -> Result<(), InvalidEnvelope> {
        self.headers.iter().try_for_each(|(name, value)| {
            no_nul("name of a header", name)?;
            no_nul("value of a header", value)
        })
    }
}

/// Not all engines can store a NUL character in a text, so none does.
pub(crate) fn no_nul(option: &'static str, given: &str) -> Result<(), InvalidEnvelope> {
    if given.contains('\0') {
        return Err(InvalidEnvelope { problem: Problem::Nul { option, given: given.to_owned() } });
    }
    Ok(())
}

/// The error of an [`Envelope`], or of the unique key of a task, that cannot be stored.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::Envelope;
///
/// let error = Envelope::new("", 1, "{}").check(10).unwrap_err();
/// assert_eq!(error.to_string(), r#"the kind "" is no name: 1 to 200 bytes without control characters are allowed"#);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidEnvelope {
    problem: Problem,
}

#[derive(Clone, PartialEq, Eq)]
enum Problem {
    Body { has: usize, allowed: usize },
    Headers { has: usize },
    Kind(String),
    Nul { option: &'static str, given: String },
}

impl fmt::Display for InvalidEnvelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Body { has, allowed } => {
                write!(f, "the payload has {has} bytes, and {allowed} are allowed")
            }
            Problem::Headers { has } => {
                write!(f, "the headers have {has} bytes together, and {MAX_HEADERS} are allowed")
            }
            Problem::Kind(kind) => write!(
                f,
                "the kind {kind:?} is no name: 1 to {MAX_KIND} bytes without control characters are allowed"
            ),
            Problem::Nul { option, given } => {
                write!(f, "the {option} is {given:?}, and any text without a NUL character is allowed")
            }
        }
    }
}

impl fmt::Debug for InvalidEnvelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for InvalidEnvelope {}

/// Makes the id of a new task: a UUID of version 7, so ids that are made later are greater.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::fresh_id;
///
/// assert_ne!(fresh_id(), fresh_id());
/// ```
#[must_use]
pub fn fresh_id() -> TaskId {
    TaskId::from_bytes(uuid::Uuid::now_v7().into_bytes())
}
