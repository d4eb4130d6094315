//! How a run is told to end: the control part of the inbox.
//!
//! Control does not go through a queue. It is one word that only rises, so that a stop overtakes any number of
//! tasks, repeated stops are one, and nothing can fill up. The signal belongs to one run: a late stop that was
//! meant for an old run cannot reach the next one, whose thread it may wake for nothing.
//!
//! # Why no stop is slept through
//!
//! Whoever raises the word stores it first and unparks the thread then, always. The thread looks at the word after
//! each park and before the next one. The parker keeps one unpark, so a park that comes after the unpark returns at
//! once; and a park that has used the unpark up is followed by a look, which sees the word. Others unpark the same
//! thread (producers, events, a stop of the run before): that costs a look and can hide nothing, as every source
//! looks at all that it waits for after each park.

use std::convert::Infallible;

use crossbeam_channel::{Receiver, Sender};

use crate::sync::atomic::{AtomicU8, Ordering};
use crate::sync::{Mutex, OnceLock, Unparker};

/// How urgently a run is to end. A later one overrides an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StopLevel {
    /// It is not to end.
    Go,
    /// After everything that was queued.
    Drain,
    /// After the turn in hand.
    Stop,
    /// After the turn in hand, without the hook before the stop.
    Terminate,
}

/// The word that tells one run to end, and what wakes its thread.
#[derive(Debug)]
pub(crate) struct StopSignal {
    word: AtomicU8,
    unparker: Unparker,
    /// For those who wait in a `select!`: made when first asked for, as most runs need none.
    stopped: OnceLock<StopChannel>,
    interrupted: OnceLock<StopChannel>,
}

impl StopSignal {
    pub(crate) fn new(unparker: Unparker) -> Self {
        Self {
            word: AtomicU8::new(StopLevel::Go as u8),
            unparker,
            stopped: OnceLock::new(),
            interrupted: OnceLock::new(),
        }
    }

    #[inline]
    pub(crate) fn level(&self) -> StopLevel {
        match self.word.load(Ordering::SeqCst) {
            0 => StopLevel::Go,
            1 => StopLevel::Drain,
            2 => StopLevel::Stop,
            _ => StopLevel::Terminate,
        }
    }

    /// Whether the run is to end after the turn in hand: one atomic load.
    #[inline]
    pub(crate) fn is_stopped(&self) -> bool {
        self.word.load(Ordering::SeqCst) >= StopLevel::Stop as u8
    }

    /// Raises the word to `level`, if it is not as high already, and wakes the thread.
    pub(crate) fn raise(&self, level: StopLevel) {
        self.set(level);
        self.wake();
    }

    /// The first half of a raise, which takes no lock: the word. The other half has to follow.
    pub(crate) fn set(&self, level: StopLevel) {
        self.word.fetch_max(level as u8, Ordering::SeqCst);
    }

    /// The second half of a raise.
    pub(crate) fn wake(&self) {
        self.disconnect_channels();
        self.unparker.unpark();
    }

    /// A receiver that disconnects as soon as the run is told to stop.
    pub(crate) fn stopped(&self) -> &Receiver<Infallible> {
        self.channel(&self.stopped)
    }

    /// A receiver that disconnects as soon as the run is told anything.
    pub(crate) fn interrupted(&self) -> &Receiver<Infallible> {
        self.channel(&self.interrupted)
    }

    /// Makes the channel on first use. A raise before that found no channel to disconnect, so the word is read again
    /// here: either the thread that raises the word sees the channel, or the one that makes the channel sees the word.
    fn channel<'a>(&self, channel: &'a OnceLock<StopChannel>) -> &'a Receiver<Infallible> {
        let channel = channel.get_or_init(StopChannel::new);
        self.disconnect_channels();
        &channel.receiver
    }

    fn disconnect_channels(&self) {
        let level = self.level();
        if level >= StopLevel::Drain
            && let Some(channel) = self.interrupted.get()
        {
            channel.disconnect();
        }
        if level >= StopLevel::Stop
            && let Some(channel) = self.stopped.get()
        {
            channel.disconnect();
        }
    }
}

/// A channel that carries nothing but its own disconnection.
#[derive(Debug)]
struct StopChannel {
    sender: Mutex<Option<Sender<Infallible>>>,
    receiver: Receiver<Infallible>,
}

impl StopChannel {
    fn new() -> Self {
        let (sender, receiver) = crossbeam_channel::bounded(0);
        Self { sender: Mutex::new(Some(sender)), receiver }
    }

    fn disconnect(&self) {
        let sender = self.sender.lock().take();
        drop(sender);
    }
}
