//! Telling a run to end, or to pause: the control half of the inbox.
//!
//! Control does not go through a queue. It is one word. So a stop overtakes any number of tasks, repeated stops coalesce,
//! and nothing can fill up. The signal belongs to one run. A late stop that was meant for an earlier run cannot stop the
//! next one; at most it wakes its thread for nothing.
//!
//! The word is a level, which only ever rises, with two bits below it that come and go:
//!
//! ```text
//!   bits 2 and 3: the level              bit 1: the worker rests          bit 0: it is paused
//!   0 Go, 1 Drain, 2 Stop, 3 Terminate
//! ```
//!
//! | word | read as | who makes it |
//! | --- | --- | --- |
//! | 0 | `Go` | a new run; `resume` from 1 and 3 |
//! | 1 | `Pause` | `pause` from 0 |
//! | 3 | `Pause`, and the worker has come to rest | the worker's thread from 1 |
//! | 4 and more | `Drain`, `Stop`, `Terminate` | `set` from whatever is lower |
//!
//! # Why no stop is missed
//!
//! A raise takes the maximum of the word and the bare level. Both bits are worth less than a step of the level, so the
//! maximum is never lower than the level that was asked for, nor than the one that was reached before. That it drops the
//! two bits of a lower level is no loss: a run that is to end has overtaken its pause, and the worker's own record keeps
//! whether the next run begins with one. The other three writers change nothing but the two bits: a pause and a resume
//! set and clear them, and the worker goes from 1 to 3 by a compare-and-swap, which a raise in between fails. So the
//! level never falls.
//!
//! The thread that raises the word always stores the word first and unparks the worker afterwards. The worker checks
//! the word after each park and before the next one. The parker remembers one unpark, so a park that comes after the
//! unpark returns at once. A park that has consumed the unpark is followed by a check, which sees the word. Others
//! unpark the same thread too (producers, events, a stop of an earlier run). That costs one check and hides nothing,
//! because every source checks everything it waits for after each park. A pause and a resume are stored and told in the
//! same way. They store the bits under the lock of the worker's record, so the word says what was said last.
//!
//! # Why a worker at rest takes no turn
//!
//! A source takes a task only after it has read `Go` or a level above `Pause`, and the worker rests only between two
//! takes. So while the word is 3 no turn begins, and none is in hand, unless a loop of the user's own has kept a task. To
//! go on, the worker has to read another word, and a resume that makes one clears both bits: a pause that follows begins
//! anew with 1, and whoever waits for that one waits until the worker rests again. It does not matter whether the worker
//! has seen the resume in between.
//!
//! Whoever waits for the rest looks at the word and puts itself on the list, both under the list's lock; what it waits for
//! is stored first, and the list is taken under its lock afterwards. So either the waiter sees the word, or it is woken.
//!
//! Every access to the words is sequentially consistent, so what the models check, which know no other ordering, is what
//! runs. A stop is rare and a read of the word costs the same in any ordering on x86 and one barrier on others.

use std::convert::Infallible;

use crossbeam_channel::{Receiver, Sender};

use crate::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, OnceLock, Unparker};
use crate::wait::Wait;
use crate::wait::disconnect::Disconnect;
use crate::wait::interrupt::Interrupt;
use crate::wait::wait_list::{Ticket, WaitList};
use crate::wait::waiter::Waiter;

/// How urgently a run has to end. A higher level overrides a lower one. The numbers are those of the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StopLevel {
    /// The run goes on.
    Go = 0,
    /// The run goes on, and takes no turns. This is no end.
    Pause = 1,
    /// End after everything that was queued.
    Drain = 4,
    /// End after the current turn.
    Stop = 8,
    /// End after the current turn, without the `before_stop` hook.
    Terminate = 12,
}

/// The bit of a pause.
const PAUSED: u8 = 1;
/// The bits of a worker that is paused and has come to rest.
const RESTS: u8 = 3;

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
    /// The threads that wait until this worker rests.
    awaiting_rest: Mutex<WaitList>,
    /// Gets a message at each pause. Created on first use.
    pauses: OnceLock<(Sender<()>, Receiver<()>)>,
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
            awaiting_rest: Mutex::default(),
            pauses: OnceLock::new(),
            was_cut: AtomicBool::new(false),
            drains: AtomicUsize::new(0),
        }
    }

    #[inline]
    pub(crate) fn level(&self) -> StopLevel {
        match self.word.load(Ordering::SeqCst) {
            0 => StopLevel::Go,
            1..4 => StopLevel::Pause,
            4..8 => StopLevel::Drain,
            8..12 => StopLevel::Stop,
            _ => StopLevel::Terminate,
        }
    }

    /// Whether the run goes on and takes turns. One atomic load.
    #[inline]
    pub(crate) fn is_going(&self) -> bool {
        self.word.load(Ordering::SeqCst) == StopLevel::Go as u8
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
        if self.takes_no_more_turns() {
            self.wake_those_that_await_rest();
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

    // ----- pausing -----

    /// Sets or clears the pause. It takes no lock, so it can be called under one;
    /// [`wake_for_pause`](Self::wake_for_pause) has to follow.
    pub(crate) fn set_paused(&self, is_paused: bool) {
        if is_paused {
            self.word.fetch_or(PAUSED, Ordering::SeqCst);
        } else {
            self.word.fetch_and(!RESTS, Ordering::SeqCst);
        }
    }

    /// Wakes whatever waits for a pause or for its end.
    pub(super) fn wake_for_pause(&self) {
        if let Some((sender, _)) = self.pauses.get() {
            // A message that is there already will do.
            let _ = sender.try_send(());
        }
        self.unparker.unpark();
        self.wake_those_that_await_rest();
    }

    /// A receiver that gets a message at each pause, and may have one of an earlier pause. Whoever selects on it looks at
    /// the level afterwards.
    pub(crate) fn pauses(&self) -> &Receiver<()> {
        let (sender, receiver) = self.pauses.get_or_init(|| crossbeam_channel::bounded(1));
        // As with `channel`: either the pause sees the channel, or the word is seen here.
        if self.level() == StopLevel::Pause {
            let _ = sender.try_send(());
        }
        receiver
    }

    /// Called by a worker that has no turn in hand. Returns whether it is paused; then it counts as being at rest, until
    /// it is resumed or told to end.
    pub(crate) fn rest(&self) -> bool {
        loop {
            match self.word.compare_exchange(PAUSED, RESTS, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => {
                    self.wake_those_that_await_rest();
                    return true;
                }
                Err(RESTS) => return true,
                Err(PAUSED) => {}
                Err(_) => return false,
            }
        }
    }

    /// Waits until the worker rests, takes no more turns in this run, or is resumed. Returns `false` when the time is
    /// over, or the wait is cut.
    pub(super) fn await_rest(&self, waiter: &Waiter, wait: Wait) -> bool {
        let mut list = self.awaiting_rest.lock();
        let mut is_over = false;
        loop {
            let has_come = match self.word.load(Ordering::SeqCst) {
                PAUSED => self.takes_no_more_turns(),
                0..4 => true,
                _ => self.takes_no_more_turns(),
            };
            if has_come || is_over || waiter.is_cut_silently() {
                return has_come;
            }
            let ticket = list.push(waiter.unparker());
            is_over = MutexGuard::unlocked(&mut list, || waiter.park(wait));
            list.remove(ticket);
        }
    }

    /// The run ends before it has taken a turn.
    pub(super) fn takes_no_turns(&self) {
        self.begin_stop_hooks();
        self.wake_those_that_await_rest();
    }

    /// Whether the last turn of the run is over.
    fn takes_no_more_turns(&self) -> bool {
        self.cut_level.load(Ordering::SeqCst) == StopLevel::Terminate as u8
    }

    fn wake_those_that_await_rest(&self) {
        let woken = self.awaiting_rest.lock().take();
        woken.unpark();
    }

    // ----- channels -----

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
        self.channel(if self.takes_no_more_turns() { &self.terminated } else { &self.stopped }).clone()
    }

    fn record_cut(&self) {
        self.was_cut.store(true, Ordering::SeqCst);
    }
}
