//! Being told of the end of a life.
//!
//! A listener is called once, at the end of the life in progress: on the thread that ends, outside the lock, after the
//! state and the exit are published. Until it returns, that thread is not gone, so it should not block.
//!
//! # Why each listener is called exactly once
//!
//! The listeners are taken out of the record in the step that publishes the end, and they are put into it under the same
//! lock, in a step that sees whether a life is in progress. So a registration comes either before the end, and the end
//! finds it, or after the end, and then it sees the exit and registers nothing. Taking a listener back is a step under
//! that lock as well: whoever finds it in the record has it. If it is not there, it is being called or was.

use std::sync::{Arc, Weak};

use super::Control;
use super::listeners::Listener;
use super::record::Unwoken;
use super::state::State;
use super::stop_signal::StopLevel;
use crate::exit::Exit;
use crate::user_code;

/// A registered listener. It is taken back when this is dropped, and told nothing after that unless it is being told.
#[derive(Debug)]
#[must_use = "its drop takes the listener back"]
pub(crate) struct Listening {
    /// A listener does not keep the worker alive that it listens to.
    control: Weak<Control>,
    number: u64,
    life: u64,
}

/// There is no life in progress to listen to.
pub(crate) struct NoLife {
    pub(crate) listener: Listener,
    /// How the last life ended.
    pub(crate) exit: Exit,
    /// Which one that was.
    pub(crate) life: u64,
}

impl Control {
    /// Registers a listener for the end of the life in progress, or gives it back with the last exit.
    pub(crate) fn listen(self: &Arc<Self>, listener: Listener) -> Result<Listening, Box<NoLife>> {
        self.listen_and_tell(listener, None)
    }

    /// Registers a listener and tells the same life to end, with a `level`.
    pub(crate) fn listen_and_tell(
        self: &Arc<Self>,
        listener: Listener,
        level: Option<StopLevel>,
    ) -> Result<Listening, Box<NoLife>> {
        let mut record = self.record.lock();
        let life = record.life;
        if record.state == State::Stopped {
            return Err(Box::new(NoLife { listener, exit: record.exit(&self.name), life }));
        }
        let number = record.listeners.add(listener);
        let mut unwoken = level.map_or(Unwoken::Nobody, |level| self.set_level(&mut record, level));
        drop(record);
        unwoken.wake();
        Ok(Listening { control: Arc::downgrade(self), number, life })
    }
}

impl Listening {
    /// Which of the worker's lives it listens to.
    pub(crate) fn life(&self) -> u64 {
        self.life
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let Some(control) = self.control.upgrade() else { return };
        let listener = control.record.lock().listeners.remove(self.number);
        user_code::discard(listener);
    }
}
