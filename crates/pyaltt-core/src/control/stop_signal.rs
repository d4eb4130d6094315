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
//!
//! Every access to the words is sequentially consistent, so what the models check, which know no other ordering, is what
//! runs. A stop is rare and a read of the word costs the same in any ordering on x86 and one barrier on others.

use std::convert::Infallible;

use crossbeam_channel::Receiver;

use crate::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use crate::sync::{Mutex, OnceLock, Unparker};
use crate::wait::disconnect::Disconnect;
use crate::wait::interrupt::Interrupt;
use crate::wait::wait_list::{Ticket, WaitList};

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
    stopped: OnceLock<Disconnect>,
    /// Disconnects at a stop and at a drain. Created on first use.
    interrupted: OnceLock<Disconnect>,
    /// Disconnects at a terminate. Created on first use.
    terminated: OnceLock<Disconnect>,
    /// The level that cuts waits: a stop, and in the hooks after the last turn a terminate.
    cut_level: AtomicU8,
    /// The threads of this worker whose waits are to be cut.
    waiting: Mutex<WaitList>,
    /// Whether a wait was cut.
    was_cut: AtomicBool,
    /// How often the run was told to drain, also when something more urgent came after or before.
    drains: AtomicUsize,
}

impl StopSignal {
    pub(crate) fn new(unparker: Unparker) -> Self {
        Self {
            word: AtomicU8::new(StopLevel::Go as u8),
            unparker,
            stopped: OnceLock::new(),
            interrupted: OnceLock::new(),
            terminated: OnceLock::new(),
            cut_level: AtomicU8::new(StopLevel::Stop as u8),
            waiting: Mutex::default(),
            was_cut: AtomicBool::new(false),
            drains: AtomicUsize::new(0),
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
        if level == StopLevel::Drain {
            self.drains.fetch_add(1, Ordering::SeqCst);
        }
        self.word.fetch_max(level as u8, Ordering::SeqCst);
    }

    /// How often the run was told to drain.
    pub(crate) fn drains(&self) -> usize {
        self.drains.load(Ordering::SeqCst)
    }

    /// Whether a wait on a thread of this worker was cut.
    pub(crate) fn was_cut(&self) -> bool {
        self.was_cut.load(Ordering::SeqCst)
    }

    /// The last turn is over: from now on only a terminate cuts waits.
    pub(crate) fn begin_stop_hooks(&self) {
        self.cut_level.store(StopLevel::Terminate as u8, Ordering::SeqCst);
    }

    /// Wakes whatever waits for the word: receivers of the channels first, then the run's thread.
    pub(crate) fn wake(&self) {
        self.disconnect_channels();
        self.unparker.unpark();
        if self.is_cut() {
            // Cloned out, because an unpark is a system call and the list is needed to leave a wait.
            let waiting: Vec<_> = self.waiting.lock().unparkers().cloned().collect();
            for unparker in waiting {
                unparker.unpark();
            }
        }
    }

    /// A receiver that disconnects as soon as the run is told to stop.
    pub(crate) fn stopped(&self) -> &Receiver<Infallible> {
        self.channel(&self.stopped)
    }

    /// A receiver that disconnects as soon as the run is told to drain or to stop.
    pub(crate) fn interrupted(&self) -> &Receiver<Infallible> {
        self.channel(&self.interrupted)
    }

    fn channel<'a>(&self, channel: &'a OnceLock<Disconnect>) -> &'a Receiver<Infallible> {
        let channel = channel.get_or_init(Disconnect::new);
        // A raise that came before found no channel to disconnect, so the word is read again here. Either the thread
        // that raises the word sees the channel, or the thread that creates the channel sees the word.
        self.disconnect_channels();
        channel.receiver()
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
        if level >= StopLevel::Terminate
            && let Some(channel) = self.terminated.get()
        {
            channel.disconnect();
        }
    }
}

impl Interrupt for StopSignal {
    fn is_cut(&self) -> bool {
        self.word.load(Ordering::SeqCst) >= self.cut_level.load(Ordering::SeqCst)
    }

    // The word is raised before `wake` locks the list. So either `wake` finds the thread in the list, or the thread
    // finds the word raised when it checks after this.
    fn register(&self, unparker: &Unparker) -> Ticket {
        self.waiting.lock().push(unparker)
    }

    fn unregister(&self, ticket: Ticket) {
        self.waiting.lock().remove(ticket);
    }

    fn receiver(&self) -> Receiver<Infallible> {
        let in_hooks = self.cut_level.load(Ordering::SeqCst) == StopLevel::Terminate as u8;
        self.channel(if in_hooks { &self.terminated } else { &self.stopped }).clone()
    }

    fn record_cut(&self) {
        self.was_cut.store(true, Ordering::SeqCst);
    }
}
