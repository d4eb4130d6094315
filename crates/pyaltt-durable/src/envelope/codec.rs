//! Payloads of tasks, as bytes.

use pyaltt_core::BoxError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Makes bytes of a task and a task of bytes. The default is [`Json`].
///
/// # Examples
///
/// ```
/// use pyaltt::BoxError;
/// use pyaltt_durable::Codec;
///
/// /// Stores text as it is.
/// struct Plain;
///
/// impl Codec<String> for Plain {
///     fn encode(&self, task: &String) -> Result<Vec<u8>, BoxError> {
///         Ok(task.clone().into_bytes())
///     }
///
///     fn decode(&self, bytes: &[u8]) -> Result<String, BoxError> {
///         Ok(String::from_utf8(bytes.to_vec())?)
///     }
/// }
///
/// let bytes = Plain.encode(&"dear Sir".to_owned())?;
/// assert_eq!(Plain.decode(&bytes)?, "dear Sir");
/// assert!(Plain.decode(&[0xff]).is_err());
/// # Ok::<(), BoxError>(())
/// ```
pub trait Codec<T>: Send + Sync + 'static {
    /// Returns the bytes that are stored.
    ///
    /// # Errors
    ///
    /// If the task cannot be written. The put is refused then.
    fn encode(&self, task: &T) -> Result<Vec<u8>, BoxError>;

    /// Returns the task that was stored.
    ///
    /// # Errors
    ///
    /// If the bytes are no task. It goes to the dead ones then, with the error and its bytes as they are.
    fn decode(&self, bytes: &[u8]) -> Result<T, BoxError>;
}

/// Stores tasks as JSON, by `serde_json`.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::{Codec, Json};
///
/// let bytes = Json.encode(&vec![1, 2])?;
/// assert_eq!(bytes, b"[1,2]");
/// let numbers: Vec<i32> = Json.decode(&bytes)?;
/// assert_eq!(numbers, [1, 2]);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl<T: Serialize + DeserializeOwned> Codec<T> for Json {
    fn encode(&self, task: &T) -> Result<Vec<u8>, BoxError> {
        Ok(serde_json::to_vec(task)?)
    }

    fn decode(&self, bytes: &[u8]) -> Result<T, BoxError> {
        Ok(serde_json::from_slice(bytes)?)
    }
}
