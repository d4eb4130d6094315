//! The name of a leased task.

use std::fmt;
use std::str::FromStr;

/// The name of a task of a leased queue: 128 bits, written like a UUID.
///
/// # Examples
///
/// ```
/// use pyaltt::TaskId;
///
/// let id: TaskId = "0190163d-8694-739b-aea5-966c26f8ad91".parse()?;
/// assert_eq!(id.to_string(), "0190163d-8694-739b-aea5-966c26f8ad91");
/// assert_eq!(TaskId::from_bytes(id.to_bytes()), id);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId([u8; 16]);

impl TaskId {
    /// Makes an id from its bytes, most significant first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt::TaskId;
    /// assert_eq!(TaskId::from_bytes([0; 16]).to_string(), "00000000-0000-0000-0000-000000000000");
    /// ```
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes of the id, most significant first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt::TaskId;
    /// assert_eq!(TaskId::from_bytes([7; 16]).to_bytes(), [7; 16]);
    /// ```
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TaskId {
    type Err = ParseTaskIdError;

    fn from_str(text: &str) -> Result<Self, ParseTaskIdError> {
        let error = || ParseTaskIdError { given: text.to_owned() };
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
        if digits.len() != 32 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(error());
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| error())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| error())?;
        }
        Ok(Self(bytes))
    }
}

/// The error of a text that is no [`TaskId`].
///
/// # Examples
///
/// ```
/// use pyaltt::TaskId;
///
/// let error = "17".parse::<TaskId>().unwrap_err();
/// assert_eq!(error.to_string(), r#"no task id: "17"; 32 hexadecimal digits are allowed, with or without hyphens"#);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ParseTaskIdError {
    given: String,
}

impl fmt::Display for ParseTaskIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = &self.given;
        write!(f, "no task id: {given:?}; 32 hexadecimal digits are allowed, with or without hyphens")
    }
}

impl fmt::Debug for ParseTaskIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ParseTaskIdError {}
