//! A life: the runs from a start to the end that no restart follows, on one thread.
//!
//! Between two runs of a life the state is `Waiting`, and the parts of the worker are in their place, as between two
//! lives. The thread waits for the end of its backoff, for a start that comes before it, and for the end of the life,
//! which any thread can publish then.

use std::sync::Arc;
use std::time::Instant;

use pyaltt_timing::Clock;

use super::Control;
use super::listeners::Farewell;
use super::record::{Handles, Outlook, Record, Thread, Unwoken};
use super::state::{State, Transition};
use super::stop_signal::{StopLevel, StopSignal};
use crate::error::StartError;
use crate::exit::{Exit, Then};
use crate::failure::Panic;
use crate::reply::unanswered::Unanswered;
use crate::sync::thread::JoinHandle;
use crate::sync::{self, Parker, Unparker};
use crate::user_code;
use crate::wait::Wait;
use crate::wait::current_worker::{self, CurrentWorker};
use crate::wait::waiter::Waiter;

/// A run that was claimed for a start.
#[derive(Debug)]
pub(crate) enum Claimed {
    /// The first run of a life. It needs a thread.
    Life { life: u64, run: u64 },
    /// A further run of a life, whose thread executes it.
    Early { run: u64 },
}

/// A further run of a life.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) number: u64,
    pub(crate) signal: Arc<StopSignal>,
}

impl Control {
    // ----- starting -----

    /// Claims the next run for the caller. By then the thread of the previous life is gone. Between two runs of a life it
    /// calls `early`, under the lock, which leaves what that run needs for its thread. `paused` pauses the worker or resumes
    /// it; `None` leaves it as it is.
    pub(crate) fn begin_start(
        &self,
        signal: &Arc<StopSignal>,
        daemon: bool,
        paused: Option<bool>,
        early: impl FnOnce(),
    ) -> Result<Claimed, StartError> {
        let mut record = self.record.lock();
        loop {
            if !matches!(record.state, State::Stopped | State::Waiting) {
                return Err(StartError::AlreadyRunning { worker: Arc::clone(&self.name) });
            }
            if record.retired {
                return Err(StartError::Taken { worker: Arc::clone(&self.name) });
            }
            // The lock is released to join or to wait. Another caller may have started the worker or taken it out
            // meanwhile, so only a thread that is gone after the two checks above claims the run.
            match &record.thread {
                Thread::Gone => break,
                // The life's own thread cannot wait until it is gone itself. After the end of the life it need not: all
                // that it has left to do is no part of the worker any more.
                _ if current_worker::is(self.id) => {
                    if record.outlook != Outlook::Telling {
                        return Err(StartError::FromWorker { worker: Arc::clone(&self.name) });
                    }
                    break;
                }
                _ if record.state == State::Waiting => {
                    early();
                    record.paused = paused.unwrap_or(record.paused);
                    self.claim(&mut record, Transition::Due, signal);
                    let run = record.run;
                    Record::notify_all(record);
                    return Ok(Claimed::Early { run });
                }
                Thread::Joinable(_) => Record::join(&mut record, &mut Unwoken::Nobody),
                Thread::Spawning | Thread::Joining => {
                    Record::wait_for_change(&mut record, &Waiter::new(), Wait::Forever);
                }
            }
        }
        record.paused = paused.unwrap_or(record.paused);
        self.claim(&mut record, Transition::Start, signal);
        record.life += 1;
        record.outlook = Outlook::MayRestart;
        record.thread = Thread::Spawning;
        record.daemon = daemon;
        let (life, run) = (record.life, record.run);
        drop(record);
        if let Some(readers) = self.readers.get() {
            readers.begin(self.id, life, &self.slot);
        }
        Ok(Claimed::Life { life, run })
    }

    fn claim(&self, record: &mut Record, transition: Transition, signal: &Arc<StopSignal>) {
        self.apply(record, transition);
        record.run += 1;
        if record.outlook == Outlook::Held {
            record.outlook = Outlook::MayRestart;
        }
        signal.set_paused(record.paused);
        record.signal = Some(Arc::clone(signal));
    }

    /// Stores the thread of a life, to be joined later.
    pub(crate) fn spawned(&self, life: u64, thread: JoinHandle<()>) {
        let mut record = self.record.lock();
        // The thread may have ended its life and begun the next one by now. Then there is another to be joined.
        if record.life == life {
            record.thread = Thread::Joinable(thread);
            Record::notify_all(record);
        }
    }

    /// Gives up the first run of a life: there is no thread, or what comes before the first turn failed. `exit` is what those
    /// see who have asked the worker since the start began; the worker's last exit is that of an earlier life.
    pub(crate) fn not_started(&self, spawned: bool, exit: Exit) {
        let mut record = self.record.lock();
        self.apply(&mut record, Transition::NotStarted { again: false });
        let signal = record.signal.take();
        // A thread that was spawned is still going and has to be joined like any other.
        if !spawned {
            record.thread = Thread::Gone;
        }
        let life = record.life;
        let ended = record.ended.take();
        let farewell = record.take_listeners(&self.name);
        Record::notify_all(record);
        drop(ended);
        if let Some(signal) = signal {
            signal.takes_no_turns();
        }
        self.tell_askers(life, exit);
        farewell.tell();
    }

    /// Called first in a run, on the life's thread, before anything there can call a handle.
    pub(crate) fn run_began(&self) {
        let signal = self.record.lock().signal.clone();
        if let Some(signal) = signal {
            CurrentWorker::new(self.id, signal, Arc::clone(&self.slot)).enter();
        }
    }

    /// Sets whether the worker is a daemon in the run that is starting.
    pub(crate) fn set_daemon(&self, daemon: bool) {
        self.record.lock().daemon = daemon;
    }

    // ----- ending -----

    /// Whether the end of the run is one that a restart may follow.
    pub(crate) fn may_restart(&self) -> bool {
        self.record.lock().may_restart()
    }

    /// Publishes the end of a run, and returns its exit, and who is to be told if the life has ended. No restart follows if
    /// somebody has asked for the end meanwhile.
    pub(crate) fn ended(&self, exit: Exit) -> (Exit, Farewell) {
        self.publish(exit, |again| Transition::Ended { again })
    }

    /// Publishes the end of a run that failed to start, after the first of a life.
    pub(crate) fn attempt_failed(&self, exit: Exit) -> (Exit, Farewell) {
        self.publish(exit, |again| Transition::NotStarted { again })
    }

    fn publish(&self, mut exit: Exit, transition: impl FnOnce(bool) -> Transition) -> (Exit, Farewell) {
        let mut record = self.record.lock();
        let mut again = matches!(exit.then, Then::Again { .. } | Then::Held);
        if again && !record.may_restart() {
            exit.then = Then::Rest;
            again = false;
        } else if again && (record.outlook == Outlook::Held || exit.then == Then::Held) {
            // It waits for its group in place of a backoff. Here, because the hold may have come after the verdict, and so
            // may the end of the group, which starts nothing again.
            again = self.is_in_group();
            exit.then = if again { Then::Held } else { Then::Rest };
        }
        self.apply(&mut record, transition(again));
        let signal = record.signal.take();
        let old = record.exit.replace(exit.clone());
        let (ended, farewell) = if again {
            drop(record);
            (None, Farewell::default())
        } else {
            let told = (record.ended.take(), record.take_listeners(&self.name));
            Record::notify_all(record);
            told
        };
        // Outside the lock, because it wakes the receivers.
        drop(ended);
        if let Some(signal) = signal {
            signal.takes_no_turns();
        }
        // The error in it is a user's value. Its destructor is user code and must not run under the lock.
        user_code::discard(old);
        (exit, farewell)
    }

    /// Ends a life that waits for its next run. The caller has to wake whom it returns, outside the lock.
    pub(super) fn end_between_runs(&self, record: &mut Record, level: StopLevel) -> Unwoken {
        self.apply(record, Transition::Stop);
        record.outlook = Outlook::WillEnd;
        if let Some(exit) = &mut record.exit {
            exit.then = Then::Rest;
            if level == StopLevel::Drain {
                // There is no run that could take them.
                exit.details_mut().left = exit.pending;
            }
        }
        Unwoken::Life(record.waiting.take())
    }

    /// Called on the life's thread when it has learned that its life was ended between two runs. Returns who is to be told.
    pub(crate) fn ended_between_runs(&self) -> Farewell {
        let mut record = self.record.lock();
        let ended = record.ended.take();
        let farewell = record.take_listeners(&self.name);
        drop(record);
        drop(ended);
        farewell
    }

    /// Ends a life that waits for a group. The group has let go of the worker, so nobody would start it again.
    pub(crate) fn end_held(&self) {
        let mut unwoken = {
            let mut record = self.record.lock();
            let is_held = record.exit.as_ref().is_some_and(|exit| exit.then == Then::Held);
            if record.state != State::Waiting || !is_held {
                return;
            }
            self.end_between_runs(&mut record, StopLevel::Stop)
        };
        unwoken.wake();
    }

    /// Ends the life at the next moment at which it takes no turns, without telling a run to stop: the process ends.
    pub(crate) fn end_backoffs(&self) {
        let mut unwoken = {
            let mut record = self.record.lock();
            if record.state == State::Waiting {
                self.end_between_runs(&mut record, StopLevel::Stop)
            } else {
                record.outlook = Outlook::WillEnd;
                Unwoken::Nobody
            }
        };
        unwoken.wake();
    }

    /// Called last on the thread of a life, which has ended: tells those who have asked the worker, and those who listen for
    /// the end. These may start the next life, also on this thread, for there is nothing left of this one. `unanswered` is
    /// what the worker of the last run had kept, if that was made for the run.
    pub(crate) fn tell(&self, life: u64, unanswered: Unanswered, farewell: Farewell) {
        let set = |outlook| {
            let mut record = self.record.lock();
            if record.life == life {
                record.outlook = outlook;
            }
        };
        self.tell_askers(life, self.last_exit());
        drop(unanswered);
        set(Outlook::Telling);
        farewell.tell();
        set(Outlook::WillEnd);
    }

    /// Tells those who have asked this worker, if no other one reads its queue. A waker of theirs that starts the worker on the
    /// life's own thread gets `StartError::FromWorker`: what listens for the end comes after it and may.
    fn tell_askers(&self, life: u64, exit: Exit) {
        match self.readers.get().and_then(|readers| readers.end(self.id, life)) {
            Some(era) => era.end(exit),
            // It holds a user's error.
            None => user_code::discard(exit),
        }
    }

    // ----- between two runs -----

    /// Ends the run in progress as a stop does, but not the life: the worker is held until its group starts it again.
    /// Returns the state in which it was told, and the number of the run in progress, or of the latest one.
    pub(crate) fn hold(&self) -> (State, u64) {
        let told;
        let mut unwoken = {
            let mut record = self.record.lock();
            told = (record.state, record.run);
            match record.state {
                State::Stopped => return told,
                State::Active => self.apply(&mut record, Transition::Stop),
                State::Starting | State::Stopping | State::Waiting => {}
            }
            if record.outlook == Outlook::MayRestart {
                record.outlook = Outlook::Held;
            }
            let Some(signal) = record.signal.clone() else { return told };
            signal.set(StopLevel::Stop);
            Unwoken::Run(signal)
        };
        unwoken.wake();
        told
    }

    /// Whether the run in progress, or the latest one, was told to end by [`hold`](Self::hold).
    pub(crate) fn is_held(&self) -> bool {
        self.record.lock().outlook == Outlook::Held
    }

    /// Ends a life whose clock has failed in a backoff: without a clock it would restart in a hot loop, or never.
    pub(crate) fn end_without_clock(&self, panic: &Panic) {
        log!(error, worker = &*self.name, %panic, "a clock failed in a backoff; the worker is not restarted");
        self.signal(StopLevel::Stop);
    }

    /// Waits on the life's thread until `due` by the clock, which is user code, or until a start comes before that.
    /// Returns the run that is to begin, which `unparker` will wake, or `None` if the life has ended.
    pub(crate) fn wait_for_next_run(
        &self,
        clock: &dyn Clock,
        due: Option<Instant>,
        unparker: &Unparker,
    ) -> Option<Due> {
        let parker = Parker::new();
        loop {
            let is_due = user_code::call(|| due.is_some_and(|due| clock.now() >= due));
            let mut record = self.record.lock();
            match record.state {
                State::Waiting if !matches!(is_due, Ok(true)) || record.outlook == Outlook::Held => {}
                State::Stopped => return None,
                state => {
                    if state == State::Waiting {
                        self.claim(
                            &mut record,
                            Transition::Due,
                            &Arc::new(StopSignal::new(unparker.clone())),
                        );
                    }
                    let (number, signal) = (record.run, record.signal.clone()?);
                    return Some(Due { number, signal });
                }
            }
            let ticket = record.waiting.push(parker.unparker());
            // One that is held has no backoff any more: the end of it must not wake it again and again.
            let until = due.filter(|_| record.outlook != Outlook::Held);
            drop(record);
            let has_slept = is_due.and_then(|_| user_code::call(|| sync::park(clock, &parker, until)));
            self.record.lock().waiting.remove(ticket);
            if let Err(panic) = has_slept {
                self.end_without_clock(&panic);
            }
        }
    }
}

impl Record {
    fn may_restart(&self) -> bool {
        if self.outlook == Outlook::Held {
            return self.handles != Handles::Dropped;
        }
        let level = self.signal.as_ref().map_or(StopLevel::Go, |signal| signal.level());
        // At the end of a run that had begun, its thread has raised the signal to a stop itself.
        let least = if self.state == State::Stopping { StopLevel::Terminate } else { StopLevel::Drain };
        level < least && self.outlook == Outlook::MayRestart && self.handles != Handles::Dropped
    }
}
