//! The part of a worker that starts, stops and waits: one lock, one state word, one condition.
//!
//! Nothing here knows the worker's type. No user code is called under the lock, and no other lock is
//! taken while it is held.
//!
//! - [`state`]: the lifecycle, a pure state machine.
//! - [`record`]: what stands under the lock.
//! - [`join`]: waiting for the end of a run.
//! - [`stop_signal`], [`stop_token`]: how a run is told to end, and how other code learns of it.
//! - [`stats`]: what a worker counts.
//! - [`current_worker`]: which worker the calling thread belongs to.

mod current_worker;
mod join;
mod record;
pub(crate) mod state;
pub(crate) mod stats;
pub(crate) mod stop_signal;
pub(crate) mod stop_token;

use std::sync::Arc;

use crate::error::StartError;
use crate::exit::Exit;
use crate::sync::atomic::{AtomicU8, Ordering};
use crate::sync::thread::JoinHandle;
use crate::sync::{Condvar, Mutex};
use crate::user_code;
use record::{Record, Step, Thread};
use state::{State, Transition};
use stats::Counters;
use stop_signal::{StopLevel, StopSignal};

#[derive(Debug)]
pub(crate) struct Control {
    id: u64,
    name: Arc<str>,
    /// A copy of the record's state, written under the lock and read without it.
    state: AtomicU8,
    record: Mutex<Record>,
    changed: Condvar,
    counters: Arc<Counters>,
}

impl Control {
    pub(crate) fn new(id: u64, name: Arc<str>, daemon: bool, counters: Arc<Counters>) -> Self {
        Self {
            id,
            name,
            state: AtomicU8::new(State::Stopped.to_word()),
            record: Mutex::new(Record::new(daemon)),
            changed: Condvar::new(),
            counters,
        }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    pub(crate) fn state(&self) -> State {
        State::from_word(self.state.load(Ordering::Acquire))
    }

    pub(crate) fn last_exit(&self) -> Exit {
        self.record.lock().exit.clone()
    }

    pub(crate) fn detach(&self) {
        self.record.lock().detached = true;
    }

    // ----- starting -----

    /// Claims the next run for the caller and gives its number. The thread of the run before is gone by then.
    pub(crate) fn begin_start(&self, signal: &Arc<StopSignal>, daemon: bool) -> Result<u64, StartError> {
        let mut record = self.record.lock();
        loop {
            if record.state != State::Stopped {
                return Err(StartError::AlreadyRunning);
            }
            if record.retired {
                return Err(StartError::Taken);
            }
            if self.step_to_end(&mut record, None, &mut None) == Step::Ended {
                break;
            }
        }
        self.apply(&mut record, Transition::Start);
        record.run += 1;
        record.signal = Some(Arc::clone(signal));
        record.thread = Thread::Spawning;
        record.daemon = daemon;
        Ok(record.run)
    }

    /// Lets `take` have the worker, if no run is in progress. If it takes it, there are no further starts.
    pub(crate) fn retire<R>(&self, take: impl FnOnce() -> Option<R>) -> Option<R> {
        let mut record = self.record.lock();
        if record.state != State::Stopped {
            return None;
        }
        let taken = take();
        record.retired |= taken.is_some();
        taken
    }

    /// Keeps the new thread, to be joined later.
    pub(crate) fn spawned(&self, thread: JoinHandle<()>) {
        let mut record = self.record.lock();
        record.thread = Thread::Joinable(thread);
        self.changed.notify_all();
    }

    /// Takes a claimed run back: there is no thread, or it could not do its `before_start`.
    pub(crate) fn not_started(&self, spawned: bool) {
        let mut record = self.record.lock();
        self.apply(&mut record, Transition::NotStarted);
        record.signal = None;
        if !spawned {
            record.thread = Thread::Gone;
        }
        self.changed.notify_all();
    }

    /// The first act of a run's thread.
    pub(crate) fn thread_began(&self) {
        current_worker::set(self.id);
    }

    pub(crate) fn ready(&self) {
        let mut record = self.record.lock();
        let stopping = record.signal.as_ref().is_some_and(|signal| signal.level() > StopLevel::Go);
        self.apply(&mut record, Transition::Ready { stopping });
        self.counters.run_began();
    }

    // ----- ending -----

    pub(crate) fn loop_ended(&self) {
        let mut record = self.record.lock();
        self.apply(&mut record, Transition::LoopEnded);
    }

    /// The last act of a run's thread that anybody sees.
    pub(crate) fn ended(&self, exit: Exit) {
        let old;
        {
            let mut record = self.record.lock();
            self.apply(&mut record, Transition::Ended);
            record.signal = None;
            old = std::mem::replace(&mut record.exit, exit);
            self.changed.notify_all();
        }
        // Its error is a user's value, whose destructor must not run under the lock.
        user_code::discard(old);
    }

    /// Tells the run in progress, if there is one, to end.
    pub(crate) fn signal(&self, level: StopLevel) {
        let told = self.tell(&mut self.record.lock(), level);
        if let Some(signal) = told {
            signal.wake();
        }
    }

    /// Raises the word of the run in progress and moves the state with it. What is left to do, outside the lock, is to
    /// wake its thread.
    fn tell(&self, record: &mut Record, level: StopLevel) -> Option<Arc<StopSignal>> {
        if record.state == State::Active {
            self.apply(record, Transition::Stop);
        }
        let signal = record.signal.clone()?;
        signal.set(level);
        Some(signal)
    }

    // ----- the last handle -----

    /// What the drop of the last handle does: daemons are told to stop, others are waited for as well.
    pub(crate) fn abandon(&self) {
        let daemon = {
            let record = self.record.lock();
            if record.detached {
                return;
            }
            record.daemon
        };
        // A worker that drops its own last handle runs on without one.
        if current_worker::is(self.id) {
            return;
        }
        self.signal(StopLevel::Stop);
        if !daemon {
            // It ends by itself in any case, and a drop has nobody to tell.
            let _ = self.wait(None);
        }
    }

    /// Moves the state; the table in `state.rs` says where to.
    fn apply(&self, record: &mut Record, transition: Transition) {
        match record.state.after(transition) {
            Some(state) => {
                record.state = state;
                self.state.store(state.to_word(), Ordering::Release);
            }
            None => debug_assert!(false, "{transition:?} is not allowed in {:?}", record.state),
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // The exit's error is a user's value.
        let exit = std::mem::replace(&mut self.record.get_mut().exit, Exit::never_started());
        user_code::discard(exit);
    }
}
