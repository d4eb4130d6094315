//! Starting, stopping and waiting for a worker: one lock, one state word, one condition variable.
//!
//! Nothing here knows the worker's type. No user code runs under the lock, and no other lock is taken while it is
//! held.
//!
//! - [`state`]: the lifecycle, a pure state machine.
//! - [`record`]: the data behind the lock.
//! - [`life`]: from a start to the end that no restart follows. [`join`]: waiting for that end.
//! - [`last_handle`]: what becomes of a worker that no handle is left of.
//! - [`listening`], [`listeners`]: being told of that end.
//! - [`pause`]: pausing it.
//! - [`stop_signal`], [`stop_token`]: telling a run to end, and telling other code that it was.
//! - [`stats`]: the counters of a worker.
//! - [`current_worker`]: the worker that the calling thread belongs to.

mod join;
mod last_handle;
pub(crate) mod life;
pub(crate) mod listeners;
pub(crate) mod listening;
mod pause;
mod record;
pub(crate) mod state;
pub(crate) mod stats;
pub(crate) mod stop_signal;
pub(crate) mod stop_token;

use std::convert::Infallible;
use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::exit::Exit;
use crate::reply::readers::{Era, Readers};
use crate::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use crate::sync::{Mutex, OnceLock};
use crate::user_code;
use crate::wait::Wait;
use crate::wait::wait_slot::WaitSlot;
use crate::wait::waiter::Waiter;
use crate::wait::waiting_on::WaitingOn;
use record::{Handles, Outlook, Record, Thread, Unwoken};
use state::{State, Transition};
use stats::Counters;
use stop_signal::StopLevel;

#[derive(Debug)]
pub(crate) struct Control {
    id: u64,
    name: Arc<str>,
    /// Where the worker's thread says whom it waits for.
    slot: Arc<WaitSlot>,
    /// A copy of the record's state, written under the lock and read without it, so that `state` never waits.
    state: AtomicU8,
    /// Whether the worker is a member of a group, which tells it to end when the process ends.
    in_group: AtomicBool,
    record: Mutex<Record>,
    counters: Arc<Counters>,
    /// The readers of its queue, which this worker is one of. Set when the worker is built; `None` if it has no queue.
    readers: OnceLock<Arc<Readers>>,
}

impl Control {
    pub(crate) fn new(id: u64, name: Arc<str>, daemon: bool, counters: Arc<Counters>) -> Self {
        let record = Mutex::new(Record::new(daemon));
        Self {
            id,
            slot: WaitSlot::new(&name),
            name,
            state: AtomicU8::new(State::Stopped.to_word()),
            in_group: AtomicBool::new(false),
            record,
            counters,
            readers: OnceLock::new(),
        }
    }

    /// The worker reads a queue, whose readers these are.
    pub(crate) fn set_readers(&self, readers: &Arc<Readers>) {
        self.readers.get_or_init(|| Arc::clone(readers));
    }

    /// The era of the worker's queue, if there is a life of any of its readers.
    pub(crate) fn era(&self) -> Option<Arc<Era>> {
        let is_stopped = self.state() == State::Stopped;
        self.readers.get()?.era(is_stopped.then_some(self.id))
    }

    pub(crate) fn set_in_group(&self, in_group: bool) {
        self.in_group.store(in_group, Ordering::Release);
    }

    fn is_in_group(&self) -> bool {
        self.in_group.load(Ordering::Acquire)
    }

    /// Tells the worker to end because the process does, unless that is for its group to do.
    pub(crate) fn process_ends(&self) {
        if !self.is_in_group() {
            self.signal(StopLevel::Stop);
        }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Where the worker's thread says whom it waits for. Who waits for this worker names it by this.
    pub(crate) fn wait_slot(&self) -> &Arc<WaitSlot> {
        &self.slot
    }

    /// Whom the worker's thread waits for now.
    pub(crate) fn waiting_on(&self) -> Option<WaitingOn> {
        self.slot.look()
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    pub(crate) fn state(&self) -> State {
        State::from_word(self.state.load(Ordering::Acquire))
    }

    pub(crate) fn last_exit(&self) -> Exit {
        self.record.lock().exit(&self.name)
    }

    pub(crate) fn set_detached(&self, detached: bool) {
        self.record.lock().handles = if detached { Handles::Detached } else { Handles::Held };
    }

    /// A receiver that disconnects at the end of the life in progress, at once if there is none.
    pub(crate) fn ended_receiver(&self) -> Receiver<Infallible> {
        let mut record = self.record.lock();
        if record.state == State::Stopped {
            // Its sender is gone already.
            return crossbeam_channel::bounded(0).1;
        }
        let (_, receiver) = record.ended.get_or_insert_with(|| crossbeam_channel::bounded(0));
        receiver.clone()
    }

    /// Calls `take`, which may take the worker out, if no life is in progress. If it does, the worker cannot be started
    /// again. `take` runs under the lock, so that no start can come in between; it must not run user code.
    pub(crate) fn retire<R>(&self, mut take: impl FnMut() -> TakeOut<R>) -> Option<R> {
        let mut record = self.record.lock();
        loop {
            if record.state != State::Stopped || record.retired {
                return None;
            }
            match take() {
                TakeOut::Out(taken) => {
                    record.retired = true;
                    return Some(taken);
                }
                TakeOut::No => return None,
                // The thread of a life that was ended between two runs has it for a moment.
                TakeOut::NotThere => match &record.thread {
                    Thread::Gone => return None,
                    Thread::Joinable(_) => Record::join(&mut record, &mut Unwoken::Nobody),
                    Thread::Spawning | Thread::Joining => {
                        Record::wait_for_change(&mut record, &Waiter::new(), Wait::Forever);
                    }
                },
            }
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

    pub(crate) fn loop_ended(&self) {
        let mut record = self.record.lock();
        if let Some(signal) = &record.signal {
            // The worker's thread raises the signal next, so this is the moment to see whether somebody else has.
            let was_raised = signal.level() >= StopLevel::Drain;
            signal.begin_stop_hooks();
            if was_raised && record.outlook != Outlook::Held {
                record.outlook = Outlook::WillEnd;
            }
        }
        self.apply(&mut record, Transition::LoopEnded);
    }

    /// Tells the life in progress, if there is one, to end.
    pub(crate) fn signal(&self, level: StopLevel) {
        let mut unwoken = self.set_level(&mut self.record.lock(), level);
        unwoken.wake();
    }

    /// Raises the word of the run in progress and moves the state with it; between two runs it ends the life. The caller
    /// has to wake whom it returns, outside the lock.
    fn set_level(&self, record: &mut Record, level: StopLevel) -> Unwoken {
        match record.state {
            State::Stopped => return Unwoken::Nobody,
            State::Waiting => return self.end_between_runs(record, level),
            State::Active => self.apply(record, Transition::Stop),
            // A worker that is starting stays so; `ready` will see the raised signal.
            State::Starting | State::Stopping => {}
        }
        record.outlook = Outlook::WillEnd;
        let Some(signal) = record.signal.clone() else { return Unwoken::Nobody };
        signal.set(level);
        Unwoken::Run(signal)
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

/// The answer of the function that [`Control::retire`] calls.
pub(crate) enum TakeOut<R> {
    Out(R),
    /// It is there, and is not to be taken.
    No,
    NotThere,
}

impl Drop for Control {
    fn drop(&mut self) {
        // The error in the exit is a user's value, whose destructor may panic.
        let exit = self.record.get_mut().exit.take();
        user_code::discard(exit);
    }
}
