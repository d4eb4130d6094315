//! The tasks of a producer that waits for the connection, and the answer to it.

use std::sync::Arc;

use parking_lot::Mutex;
use pyaltt_core::layer::CutWaker;

use crate::engine::error::EngineError;
use crate::engine::put::{Placed, RawPut};

/// Why tasks were not put.
#[derive(Clone, Debug)]
pub(crate) enum PutFailure {
    /// They are not stored.
    NotSent(Arc<str>),
    /// They may be stored.
    NoAnswer(Arc<str>),
    /// They cannot be stored.
    Refused(Arc<str>),
    /// The worker whose turn puts was told to stop, before they were sent.
    Cut,
    /// The time was over, before they were sent.
    Timeout,
}

impl From<EngineError> for PutFailure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NotSent(error) => Self::NotSent(error.to_string().into()),
            EngineError::NoAnswer(error) => Self::NoAnswer(error.to_string().into()),
            EngineError::Refused(error) => Self::Refused(error.to_string().into()),
            EngineError::OwnerGone => Self::NotSent(error.to_string().into()),
        }
    }
}

pub(super) type Answer = Result<Vec<Placed>, PutFailure>;

/// The tasks of one put of a producer that waits: all or none of them are stored.
pub(super) struct Entry {
    len: usize,
    puts: Mutex<Vec<RawPut>>,
    answer: Mutex<Option<Answer>>,
    waker: CutWaker,
}

impl Entry {
    pub(super) fn new(puts: Vec<RawPut>, waker: CutWaker) -> Self {
        Self { len: puts.len(), puts: Mutex::new(puts), answer: Mutex::default(), waker }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Takes the tasks out, to put them.
    pub(super) fn take(&self) -> Vec<RawPut> {
        std::mem::take(&mut *self.puts.lock())
    }

    pub(super) fn take_answer(&self) -> Option<Answer> {
        self.answer.lock().take()
    }

    pub(super) fn answer(&self, answer: Answer) {
        *self.answer.lock() = Some(answer);
        self.waker.wake();
    }
}
