//! Starting, stopping and waiting for a worker: one lock, one state word, one condition variable.
//!
//! Nothing here knows the worker's type. No user code runs under the lock, and no other lock is taken while it is
//! held.
//!
//! - [`state`]: the lifecycle, a pure state machine.
//! - [`record`]: the data behind the lock.
//! - [`join`]: waiting for the end of a run. [`pause`]: pausing it.
//! - [`stop_signal`], [`stop_token`]: telling a run to end, and telling other code that it was.
//! - [`stats`]: the counters of a worker.
//! - [`current_worker`]: the worker that the calling thread belongs to.

mod join;
mod pause;
mod record;
pub(crate) mod state;
pub(crate) mod stats;
pub(crate) mod stop_signal;
pub(crate) mod stop_token;

use std::convert::Infallible;
use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::error::StartError;
use crate::exit::Exit;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU8, Ordering};
use crate::sync::thread::JoinHandle;
use crate::user_code;
use crate::wait::Wait;
use crate::wait::current_worker::{self, CurrentWorker};
use crate::wait::waiter::Waiter;
use record::{Record, Thread};
use state::{State, Transition};
use stats::Counters;
use stop_signal::{StopLevel, StopSignal};

#[derive(Debug)]
pub(crate) struct Control {
    id: u64,
    name: Arc<str>,
    /// A copy of the record's state, written under the lock and read without it, so that `state` never waits.
    state: AtomicU8,
    record: Mutex<Record>,
    counters: Arc<Counters>,
}

impl Control {
    pub(crate) fn new(id: u64, name: Arc<str>, daemon: bool, counters: Arc<Counters>) -> Self {
        let record = Mutex::new(Record::new(&name, daemon));
        Self { id, name, state: AtomicU8::new(State::Stopped.to_word()), record, counters }
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

    pub(crate) fn set_detached(&self, detached: bool) {
        self.record.lock().detached = detached;
    }

    /// A receiver that disconnects at the end of the run in progress, at once if there is none.
    pub(crate) fn ended_receiver(&self) -> Receiver<Infallible> {
        let mut record = self.record.lock();
        if record.state == State::Stopped {
            // Its sender is gone already.
            return crossbeam_channel::bounded(0).1;
        }
        let (_, receiver) = record.ended.get_or_insert_with(|| crossbeam_channel::bounded(0));
        receiver.clone()
    }

    // ----- starting -----

    /// Claims the next run for the caller and returns its number. By then the thread of the previous run is gone.
    /// `paused` pauses the worker or resumes it; `None` leaves it as it is.
    pub(crate) fn begin_start(
        &self,
        signal: &Arc<StopSignal>,
        daemon: bool,
        paused: Option<bool>,
    ) -> Result<u64, StartError> {
        let mut record = self.record.lock();
        loop {
            if record.state != State::Stopped {
                return Err(StartError::AlreadyRunning { worker: Arc::clone(&self.name) });
            }
            if record.retired {
                return Err(StartError::Taken { worker: Arc::clone(&self.name) });
            }
            // The lock is released to join or to wait. Another caller may have started the worker or taken it out
            // meanwhile, so only a thread that is gone after the two checks above claims the run.
            match &record.thread {
                Thread::Gone => break,
                // The thread of the run before cannot wait until it is gone itself.
                _ if current_worker::is(self.id) => {
                    return Err(StartError::FromWorker { worker: Arc::clone(&self.name) });
                }
                Thread::Joinable(_) => Record::join(&mut record, &mut None),
                Thread::Spawning | Thread::Joining => {
                    Record::wait_for_change(&mut record, &Waiter::new(), Wait::Forever);
                }
            }
        }
        self.apply(&mut record, Transition::Start);
        record.run += 1;
        record.paused = paused.unwrap_or(record.paused);
        signal.set_paused(record.paused);
        record.signal = Some(Arc::clone(signal));
        record.thread = Thread::Spawning;
        record.daemon = daemon;
        Ok(record.run)
    }

    /// Calls `take`, which may take the worker out, if no run is in progress. If it does, the worker cannot be started
    /// again. `take` runs under the lock, so that no start can come in between; it must not run user code.
    pub(crate) fn retire<R>(&self, take: impl FnOnce() -> Option<R>) -> Option<R> {
        let mut record = self.record.lock();
        if record.state != State::Stopped {
            return None;
        }
        let taken = take();
        record.retired |= taken.is_some();
        taken
    }

    /// Stores the new thread, to be joined later.
    pub(crate) fn spawned(&self, thread: JoinHandle<()>) {
        let mut record = self.record.lock();
        record.thread = Thread::Joinable(thread);
        Record::notify_all(record);
    }

    /// Gives up a claimed run: there is no thread, or what comes before the first turn failed.
    pub(crate) fn not_started(&self, spawned: bool) {
        let mut record = self.record.lock();
        self.apply(&mut record, Transition::NotStarted);
        let signal = record.signal.take();
        // A thread that was spawned is still going and has to be joined like any other.
        if !spawned {
            record.thread = Thread::Gone;
        }
        let ended = record.ended.take();
        Record::notify_all(record);
        drop(ended);
        if let Some(signal) = signal {
            signal.takes_no_turns();
        }
    }

    /// Called first on a run's thread, before anything there can call a handle.
    pub(crate) fn thread_began(&self) {
        let signal = self.record.lock().signal.clone();
        if let Some(signal) = signal {
            CurrentWorker::new(self.id, signal).enter();
        }
    }

    /// Called when `before_start` has succeeded.
    pub(crate) fn ready(&self) {
        let mut record = self.record.lock();
        // A stop that came during the start only raised the signal. Going straight to `Stopping` keeps a worker that
        // was told to stop from ever being seen as active.
        let stopping = record.signal.as_ref().is_some_and(|signal| signal.level() >= StopLevel::Drain);
        self.apply(&mut record, Transition::Ready { stopping });
        self.counters.run_began();
    }

    // ----- ending -----

    pub(crate) fn loop_ended(&self) {
        let mut record = self.record.lock();
        if let Some(signal) = &record.signal {
            signal.begin_stop_hooks();
        }
        self.apply(&mut record, Transition::LoopEnded);
    }

    /// Publishes the end of a run. Called last on its thread, after all hooks.
    pub(crate) fn ended(&self, exit: Exit) {
        let mut record = self.record.lock();
        self.apply(&mut record, Transition::Ended);
        record.signal = None;
        let old = std::mem::replace(&mut record.exit, exit);
        let ended = record.ended.take();
        Record::notify_all(record);
        // Outside the lock, because it wakes the receivers.
        drop(ended);
        // The error in it is a user's value. Its destructor is user code and must not run under the lock.
        user_code::discard(old);
    }

    /// Tells the run in progress, if there is one, to end.
    pub(crate) fn signal(&self, level: StopLevel) {
        let unwoken = self.set_level(&mut self.record.lock(), level);
        if let Some(signal) = unwoken {
            signal.wake();
        }
    }

    /// Raises the word of the run in progress and moves the state with it. Returns the signal, whose `wake` the caller
    /// has to call outside the lock.
    fn set_level(&self, record: &mut Record, level: StopLevel) -> Option<Arc<StopSignal>> {
        // A worker that is starting stays so; `ready` will see the raised signal.
        if record.state == State::Active {
            self.apply(record, Transition::Stop);
        }
        let signal = record.signal.clone()?;
        signal.set(level);
        Some(signal)
    }

    // ----- the last handle -----

    /// Called when the last handle is dropped. Tells the worker to stop, and waits for it unless it is a daemon.
    pub(crate) fn abandon(&self) {
        let daemon = {
            let record = self.record.lock();
            if record.detached {
                return;
            }
            record.daemon
        };
        // A worker that drops its own last handle goes on without one: it could not wait for itself.
        if current_worker::is(self.id) {
            return;
        }
        self.signal(StopLevel::Stop);
        if !daemon {
            // `FromWorker` was ruled out above. A failure is in the log, and a wait that the stop of the dropping
            // thread's own worker has cut leaves this worker to end by itself.
            let _ = self.wait(Wait::Forever);
        }
    }

    /// Moves the state, as the table in `state.rs` says.
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
        // The error in the exit is a user's value, whose destructor may panic.
        let exit = std::mem::replace(&mut self.record.get_mut().exit, Exit::never_started(&self.name));
        user_code::discard(exit);
    }
}
