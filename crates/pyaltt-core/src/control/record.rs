//! The data behind the lock of a worker's control.

use std::convert::Infallible;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use super::listeners::{Farewell, Listeners};
use super::state::State;
use super::stop_signal::StopSignal;
use crate::exit::Exit;
use crate::sync::MutexGuard;
use crate::sync::thread::JoinHandle;
use crate::wait::Wait;
use crate::wait::wait_list::{WaitList, Woken};
use crate::wait::waiter::Waiter;

/// The lifecycle of one worker, as its handles and its thread see it.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) state: State,
    /// The number of the latest life, from 1: the runs from a start to the end that no restart follows.
    pub(super) life: u64,
    /// The number of the latest run, from 1.
    pub(super) run: u64,
    /// The stop signal of the run in progress; `None` between runs.
    pub(super) signal: Option<Arc<StopSignal>>,
    pub(super) thread: Thread,
    /// How the latest run has ended; `None` before the end of the first.
    pub(super) exit: Option<Exit>,
    pub(super) daemon: bool,
    pub(super) handles: Handles,
    pub(super) outlook: Outlook,
    /// The worker was taken out with `into_inner`, so there will be no further run.
    pub(super) retired: bool,
    /// Whether the worker is paused, also between two runs.
    pub(super) paused: bool,
    /// The threads that wait for a change of the state or of the thread.
    pub(super) waiting: WaitList,
    /// Disconnects when the life in progress has ended. Created on first use.
    pub(super) ended: Option<(Sender<Infallible>, Receiver<Infallible>)>,
    /// What is called at the end of the life in progress.
    pub(super) listeners: Listeners,
}

/// The operating system's thread of the latest life.
#[derive(Debug)]
pub(super) enum Thread {
    /// There is no thread to join.
    Gone,
    /// It is being spawned.
    Spawning,
    /// It is waiting to be joined. The first caller to see this joins it.
    Joinable(JoinHandle<()>),
    /// A caller is joining it with the lock released.
    Joining,
}

/// What becomes of a life without its handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handles {
    /// There are handles. The drop of the last one ends the life.
    Held,
    /// The life goes on without them.
    Detached,
    /// There are none any more.
    Dropped,
}

/// What follows the run in progress, or the latest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outlook {
    /// That is for the restart policy to say.
    MayRestart,
    /// The group has ended the run, or ends it, to start the worker again with others.
    Held,
    /// Somebody has asked for the end of the life. A word of its own, because the worker's thread raises the signal too, at
    /// the end of every run.
    WillEnd,
    /// The life has ended, and its thread is telling those who wanted to know.
    Telling,
}

/// Threads that were told something under the lock, and have to be woken when it is released.
#[must_use = "the threads sleep until they are woken"]
#[derive(Debug, Default)]
pub(super) enum Unwoken {
    #[default]
    Nobody,
    /// A run that was told to end.
    Run(Arc<StopSignal>),
    /// The thread of a life that has ended between two runs, and whoever waited for that.
    Life(Woken),
}

impl Unwoken {
    /// Wakes them, once.
    pub(super) fn wake(&mut self) {
        match std::mem::take(self) {
            Self::Nobody => {}
            Self::Run(signal) => signal.wake(),
            Self::Life(woken) => woken.unpark(),
        }
    }

    pub(super) fn is_anybody(&self) -> bool {
        !matches!(self, Self::Nobody)
    }
}

impl Record {
    /// The record of a worker that was never started.
    pub(super) fn new(daemon: bool) -> Self {
        Self {
            state: State::Stopped,
            life: 0,
            run: 0,
            signal: None,
            thread: Thread::Gone,
            exit: None,
            daemon,
            handles: Handles::Held,
            outlook: Outlook::MayRestart,
            retired: false,
            paused: false,
            waiting: WaitList::default(),
            ended: None,
            listeners: Listeners::default(),
        }
    }

    /// Takes out who is to be told of the exit that is published in this step, outside the lock.
    pub(super) fn take_listeners(&mut self, worker: &Arc<str>) -> Farewell {
        let listeners = self.listeners.take();
        Farewell::new(listeners, || self.exit(worker))
    }

    /// How the latest run has ended.
    pub(super) fn exit(&self, worker: &Arc<str>) -> Exit {
        self.exit.clone().unwrap_or_else(|| Exit::never_started(worker))
    }

    /// Releases the lock and wakes whoever waits for a change.
    pub(super) fn notify_all(mut record: MutexGuard<'_, Self>) {
        let woken = record.waiting.take();
        drop(record);
        woken.unpark();
    }

    /// Joins the thread, which is joinable, and wakes it first if it was told to end.
    pub(super) fn join(record: &mut MutexGuard<'_, Self>, unwoken: &mut Unwoken) {
        let life = record.life;
        // `Joining` makes other callers wait for this one instead of joining a second time.
        let thread = std::mem::replace(&mut record.thread, Thread::Joining);
        MutexGuard::unlocked(record, || {
            unwoken.wake();
            thread.join();
        });
        // The thread may itself have started the next life, after the end of its own.
        if record.life == life {
            record.thread = Thread::Gone;
        }
        let woken = record.waiting.take();
        MutexGuard::unlocked(record, || woken.unpark());
    }

    /// Waits for a change of the record, and says whether the time is over.
    pub(super) fn wait_for_change(record: &mut MutexGuard<'_, Self>, waiter: &Waiter, wait: Wait) -> bool {
        let ticket = record.waiting.push(waiter.unparker());
        let is_over = MutexGuard::unlocked(record, || waiter.park(wait));
        record.waiting.remove(ticket);
        is_over
    }
}

impl Thread {
    /// Joins the thread, if there is one to join.
    pub(super) fn join(self) {
        if let Self::Joinable(thread) = self
            && let Err(payload) = thread.join()
        {
            // `user_code::call` catches every panic of user code, so this one can only come from a thread-local's
            // destructor. The payload is forgotten because its own destructor could panic again.
            std::mem::forget(payload);
        }
    }
}
