//! Telling a run to end: the control half of the inbox.
//!
//! Control does not go through a queue. It is one word that only ever rises. So a stop overtakes any number of tasks,
//! repeated stops coalesce, and nothing can fill up. The signal belongs to one run. A late stop that was meant for an
//! earlier run cannot stop the next one; at most it wakes its thread for nothing.
//!
//! # Why no stop is missed
//!
//! The thread that raises the word always stores the word first and unparks the worker afterwards. The worker checks
//! the word after each park and before the next one. The parker remembers one unpark, so a park that comes after the
//! unpark returns at once. A park that has consumed the unpark is followed by a check, which sees the word. Others
//! unpark the same thread too (producers, events, a stop of an earlier run). That costs one check and hides nothing,
//! because every source checks everything it waits for after each park.

use std::convert::Infallible;

use crossbeam_channel::{Receiver, Sender};

use crate::sync::atomic::{AtomicU8, Ordering};
use crate::sync::{Mutex, OnceLock, Unparker};

/// How urgently a run has to end. A higher level overrides a lower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StopLevel {
    /// The run goes on.
    Go,
    /// End after everything that was queued.
    Drain,
    /// End after the current turn.
    Stop,
    /// End after the current turn, without the `before_stop` hook.
    Terminate,
}

/// The word that tells one run to end, with the means to wake the run's thread.
#[derive(Debug)]
pub(crate) struct StopSignal {
    word: AtomicU8,
    unparker: Unparker,
    /// Disconnects at a stop. Created on first use, because most runs need no channel.
    stopped: OnceLock<StopChannel>,
    /// Disconnects at a stop and at a drain. Created on first use.
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

    /// Whether the run has to end after the current turn. One atomic load.
    #[inline]
    pub(crate) fn is_stopped(&self) -> bool {
        self.word.load(Ordering::SeqCst) >= StopLevel::Stop as u8
    }

    /// Raises the word to `level`, unless it is that high already, and wakes the thread.
    pub(crate) fn raise(&self, level: StopLevel) {
        self.set(level);
        self.wake();
    }

    /// Raises the word. It takes no lock, so it can be called under one; [`wake`](Self::wake) has to follow.
    pub(crate) fn set(&self, level: StopLevel) {
        self.word.fetch_max(level as u8, Ordering::SeqCst);
    }

    /// Wakes whatever waits for the word: receivers of the channels first, then the run's thread.
    pub(crate) fn wake(&self) {
        self.disconnect_channels();
        self.unparker.unpark();
    }

    /// A receiver that disconnects as soon as the run is told to stop.
    pub(crate) fn stopped(&self) -> &Receiver<Infallible> {
        self.channel(&self.stopped)
    }

    /// A receiver that disconnects as soon as the run is told to drain or to stop.
    pub(crate) fn interrupted(&self) -> &Receiver<Infallible> {
        self.channel(&self.interrupted)
    }

    fn channel<'a>(&self, channel: &'a OnceLock<StopChannel>) -> &'a Receiver<Infallible> {
        let channel = channel.get_or_init(StopChannel::new);
        // A raise that came before found no channel to disconnect, so the word is read again here. Either the thread
        // that raises the word sees the channel, or the thread that creates the channel sees the word.
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
        // Dropping the sender wakes receivers, so it happens after the lock is released.
        let sender = self.sender.lock().take();
        drop(sender);
    }
}
