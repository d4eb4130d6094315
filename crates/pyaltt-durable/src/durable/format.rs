//! How tasks become bytes, and bytes tasks.

use pyaltt_core::BoxError;
use pyaltt_core::layer;

use crate::envelope::Envelope;
use crate::envelope::codec::Codec;

/// Makes JSON of the current version of that of an older one.
pub(super) type Upgrade = dyn Fn(u32, serde_json::Value) -> Result<serde_json::Value, BoxError> + Send + Sync;

pub(super) struct TaskFormat<T> {
    pub(super) codec: Box<dyn Codec<T>>,
    pub(super) upgrade: Option<Box<Upgrade>>,
}

impl<T: 'static> TaskFormat<T> {
    pub(super) fn encode(&self, task: &T) -> Result<Vec<u8>, BoxError> {
        layer::call(|| self.codec.encode(task)).unwrap_or_else(|panic| Err(panic.into()))
    }

    /// Reads a task, by way of `version`, the current one.
    pub(super) fn decode(&self, envelope: &Envelope, version: u32) -> Result<T, BoxError> {
        let upgraded;
        let body = match &self.upgrade {
            Some(upgrade) if envelope.version < version => {
                let json = serde_json::from_slice(&envelope.body)?;
                let json = layer::call(|| upgrade(envelope.version, json))
                    .unwrap_or_else(|panic| Err(panic.into()))?;
                upgraded = serde_json::to_vec(&json)?;
                &upgraded
            }
            _ => &envelope.body,
        };
        layer::call(|| self.codec.decode(body)).unwrap_or_else(|panic| Err(panic.into()))
    }
}
