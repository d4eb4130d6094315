//! The part of a worker that starts, stops and waits: one lock, one state word, one condition.
//!
//! Nothing here knows the worker's type. No code of a user is called under the lock, and no other lock is
//! taken while it is held.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use crate::lifecycle::{Event, State};
use crate::signal::{Level, Signal};
use crate::stats::{Counters, TurnInHand};
use crate::sync::atomic::{AtomicU8, Ordering};
use crate::sync::thread::JoinHandle;
use crate::sync::{Condvar, Mutex, MutexGuard, thread_local};
use crate::{Exit, StartError, StopError};

thread_local! {
    /// The worker whose thread this is; 0 on others. It stays after the run, for a destructor of a thread-local
    /// may still call.
    static CURRENT: Cell<u64> = const { Cell::new(0) };
}

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

#[derive(Debug)]
struct Record {
    state: State,
    /// The number of the latest run, from 1.
    run: u64,
    signal: Option<Arc<Signal>>,
    thread: Thread,
    exit: Exit,
    daemon: bool,
    detached: bool,
    /// The worker was taken out, so there will be no further run.
    retired: bool,
}

/// The thread of the latest run, as the operating system has it.
#[derive(Debug)]
enum Thread {
    /// There is none to join.
    Gone,
    /// It is being made.
    Spawning,
    /// Somebody has to join it.
    Joinable(JoinHandle<()>),
    /// Somebody is joining it.
    Joining,
}

impl Control {
    pub(crate) fn new(id: u64, name: Arc<str>, daemon: bool, counters: Arc<Counters>) -> Self {
        let record = Record {
            state: State::Stopped,
            run: 0,
            signal: None,
            thread: Thread::Gone,
            exit: Exit::never_started(),
            daemon,
            detached: false,
            retired: false,
        };
        Self {
            id,
            name,
            state: AtomicU8::new(State::Stopped.to_word()),
            record: Mutex::new(record),
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
    pub(crate) fn begin_start(&self, signal: &Arc<Signal>, daemon: bool) -> Result<u64, StartError> {
        let mut record = self.record.lock();
        loop {
            if record.state != State::Stopped {
                return Err(StartError::AlreadyRunning);
            }
            if record.retired {
                return Err(StartError::Taken);
            }
            if self.is_reaped(&mut record, None, &mut None) == Reaped::Yes {
                break;
            }
        }
        self.apply(&mut record, Event::Start);
        record.run += 1;
        record.signal = Some(Arc::clone(signal));
        record.thread = Thread::Spawning;
        record.daemon = daemon;
        Ok(record.run)
    }

    /// Ends all starting, if no run is in progress, and lets `take` have the worker meanwhile.
    pub(crate) fn retire<R>(&self, take: impl FnOnce() -> Option<R>) -> Option<R> {
        let mut record = self.record.lock();
        if record.state != State::Stopped {
            return None;
        }
        record.retired = true;
        take()
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
        self.apply(&mut record, Event::NotStarted);
        record.signal = None;
        if !spawned {
            record.thread = Thread::Gone;
        }
        self.changed.notify_all();
    }

    /// The first act of a run's thread.
    pub(crate) fn thread_began(&self) {
        CURRENT.with(|current| current.set(self.id));
    }

    pub(crate) fn ready(&self) {
        let mut record = self.record.lock();
        let stopping = record.signal.as_ref().is_some_and(|signal| signal.level() > Level::Go);
        self.apply(&mut record, Event::Ready { stopping });
        self.counters.run_began();
    }

    // ----- ending -----

    pub(crate) fn loop_ended(&self) {
        let mut record = self.record.lock();
        self.apply(&mut record, Event::LoopEnded);
    }

    /// The last act of a run's thread that anybody sees.
    pub(crate) fn ended(&self, exit: Exit) {
        let old;
        {
            let mut record = self.record.lock();
            self.apply(&mut record, Event::Ended);
            record.signal = None;
            old = std::mem::replace(&mut record.exit, exit);
            self.changed.notify_all();
        }
        // Its error is a user's value, whose destructor must not run under the lock.
        crate::guard::discard(old);
    }

    /// Tells the run in progress, if there is one, to end.
    pub(crate) fn signal(&self, level: Level) {
        let told = self.tell(&mut self.record.lock(), level);
        if let Some(signal) = told {
            signal.wake();
        }
    }

    /// Raises the word of the run in progress and moves the state with it. What is left to do, outside the lock, is to
    /// wake its thread.
    fn tell(&self, record: &mut Record, level: Level) -> Option<Arc<Signal>> {
        if record.state == State::Active {
            self.apply(record, Event::Stop);
        }
        let signal = record.signal.clone()?;
        signal.set(level);
        Some(signal)
    }

    /// Tells the run in progress to end and waits until it has.
    pub(crate) fn stop(&self, level: Level, deadline: Option<Instant>) -> Result<Exit, StopError> {
        let from_worker = if level == Level::Stop { Level::Terminate } else { level };
        self.end(Some(level), from_worker, deadline)
    }

    /// Waits until the run in progress has ended.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Result<Exit, StopError> {
        self.end(None, Level::Terminate, deadline)
    }

    /// Waits for the end of the run in progress, after it was told to if `level` says so. A worker that waits
    /// for itself is told `from_worker` instead.
    fn end(
        &self,
        level: Option<Level>,
        from_worker: Level,
        deadline: Option<Instant>,
    ) -> Result<Exit, StopError> {
        let began = Instant::now();
        let turn = self.counters.turn_in_hand();
        let mut record = self.record.lock();
        if record.state != State::Stopped && self.is_current_thread() {
            drop(record);
            self.signal(from_worker);
            return Err(StopError::FromWorker);
        }
        let run = record.run;
        let mut told = level.and_then(|level| self.tell(&mut record, level));
        loop {
            match self.is_reaped(&mut record, deadline, &mut told) {
                _ if record.run != run => break,
                Reaped::Yes => break,
                Reaped::NotYet => {}
                Reaped::TimedOut => {
                    drop(record);
                    return Err(self.timeout(began, turn));
                }
            }
        }
        Ok(record.exit.clone())
    }

    /// One step towards a run that has ended and whose thread is gone: looks, and if it has not come to that,
    /// wakes the one who was `told` to end if there is one, and waits or joins.
    fn is_reaped(
        &self,
        record: &mut MutexGuard<'_, Record>,
        deadline: Option<Instant>,
        told: &mut Option<Arc<Signal>>,
    ) -> Reaped {
        let stopped = record.state == State::Stopped;
        match &record.thread {
            Thread::Gone if stopped => return Reaped::Yes,
            // A destructor of a thread-local may call from the very thread that is to be joined.
            Thread::Joinable(_) if self.is_current_thread() => return Reaped::Yes,
            // Without a deadline the thread itself can be waited for, which takes one wake-up and not two.
            Thread::Joinable(_) if stopped || deadline.is_none() => {
                let thread = std::mem::replace(&mut record.thread, Thread::Joining);
                MutexGuard::unlocked(record, || {
                    wake(told);
                    thread.join();
                });
                record.thread = Thread::Gone;
                self.changed.notify_all();
                return Reaped::NotYet;
            }
            _ => {}
        }
        if told.is_some() {
            MutexGuard::unlocked(record, || wake(told));
            return Reaped::NotYet;
        }
        match deadline {
            None => self.changed.wait(record),
            Some(deadline) => {
                if self.changed.wait_until(record, deadline).timed_out() && Instant::now() >= deadline {
                    let over = record.state == State::Stopped;
                    return if over { Reaped::Yes } else { Reaped::TimedOut };
                }
            }
        }
        Reaped::NotYet
    }

    fn timeout(&self, began: Instant, before: Option<TurnInHand>) -> StopError {
        let same = before.filter(|_| self.counters.turn_in_hand() == before);
        StopError::Timeout {
            worker: Arc::clone(&self.name),
            waited: began.elapsed(),
            stuck_turn: same.map(|turn| turn.0),
        }
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
        if self.is_current_thread() {
            return;
        }
        self.signal(Level::Stop);
        if !daemon {
            // It ends by itself in any case, and a drop has nobody to tell.
            let _ = self.wait(None);
        }
    }

    fn is_current_thread(&self) -> bool {
        CURRENT.with(Cell::get) == self.id
    }

    /// Moves the state; the table of the lifecycle says where to.
    fn apply(&self, record: &mut Record, event: Event) {
        match record.state.after(event) {
            Some(state) => {
                record.state = state;
                self.state.store(state.to_word(), Ordering::Release);
            }
            None => debug_assert!(false, "{event:?} is not allowed in {:?}", record.state),
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // The exit's error is a user's value.
        let exit = std::mem::replace(&mut self.record.get_mut().exit, Exit::never_started());
        crate::guard::discard(exit);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reaped {
    Yes,
    NotYet,
    TimedOut,
}

fn wake(told: &mut Option<Arc<Signal>>) {
    if let Some(signal) = told.take() {
        signal.wake();
    }
}

impl Thread {
    fn join(self) {
        if let Self::Joinable(thread) = self
            && let Err(payload) = thread.join()
        {
            // Everything of a user is called in the guard, so this is a thread-local's destructor at most; the
            // payload's own destructor could panic again.
            std::mem::forget(payload);
        }
    }
}
