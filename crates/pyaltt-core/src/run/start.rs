//! The start of a life, and of a run before its time.

use std::io;
use std::sync::Arc;

use super::awaited::Awaited;
use super::handshake::{StartNotifier, handshake};
use super::outcome::Life;
use super::shared::{EarlyStart, Shared};
use super::thread;
use crate::control::life::Claimed;
use crate::control::stop_signal::{StopLevel, StopSignal};
use crate::error::StartError;
use crate::exit::{Exit, ExitReason};
use crate::failure::{Place, WorkerError, WorkerErrorKind};
use crate::pace::TimingOptions;
use crate::platform::at_exit::ExitGuard;
use crate::platform::memory_maps::ThreadPermit;
use crate::start::Start;
use crate::sync::thread::Builder;
use crate::wait::waiting::Waiting;
use crate::wait::waiting_on::WaitsFor;
use crate::worker::context::run_data::RunData;

impl Shared {
    /// Starts a life, or the next run of one that waits for it, and returns when its `before_start` has returned. Without
    /// options, such a run begins with those that it would have begun with by itself.
    pub(crate) fn start(self: &Arc<Self>, start: Option<Start>) -> Result<(), StartError> {
        let (waiter, notifier) = handshake();
        self.begin(start, notifier)?;
        let _waiting = Waiting::on(WaitsFor::Start, self.control.wait_slot());
        waiter.wait().unwrap_or_else(|| {
            // Nobody waits for the answer any more, so the run that was to begin is told to end.
            self.control.signal(StopLevel::Stop);
            Err(StartError::Stopping { worker: Arc::clone(self.control.name()) })
        })
    }

    /// Begins a run and does not wait until it is ready. Returns its number.
    pub(crate) fn begin_start(
        self: &Arc<Self>,
        told: Box<dyn FnOnce(Result<(), StartError>) + Send>,
    ) -> Result<u64, StartError> {
        self.begin(None, StartNotifier::Told(told))
    }

    fn begin(self: &Arc<Self>, mut start: Option<Start>, notifier: StartNotifier) -> Result<u64, StartError> {
        let timing = self.timing(start.as_ref().map_or(&TimingOptions::default(), |start| &start.timing))?;
        let daemon = start.as_ref().and_then(|start| start.daemon).unwrap_or(self.options.daemon);
        // Taken out, because it holds from the claim on: whatever is said after that is not to be undone when the run begins.
        let paused = start.as_mut().and_then(|start| start.paused.take());
        let signal = Arc::new(StopSignal::new(self.unparker.clone()));
        let mut given = Some(EarlyStart { start, notifier });
        let early = || self.early.store(given.take().map(Box::new));
        let claimed = self.control.begin_start(&signal, daemon, paused, early)?;
        let (Claimed::Life { run, .. } | Claimed::Early { run }) = claimed;
        if let Claimed::Life { life, .. } = claimed
            && let Some(EarlyStart { start, notifier }) = given
        {
            let Start { name, object, args, timing: given, .. } = start.unwrap_or_default();
            let guard = (!daemon).then(|| ExitGuard::new(Awaited::new(self)));
            let own_timing = timing.clone().filter(|_| given.first_set().is_some());
            let life = Life::new(life, guard, self.may_restart(), own_timing);
            let data = RunData::new(self.name_of(name), run, signal, timing, object, args);
            self.spawn(life, data, notifier).map_err(|error| self.no_thread(run, error))?;
        }
        Ok(run)
    }

    /// Spawns the thread of a life.
    fn spawn(self: &Arc<Self>, life: Life, data: RunData, notifier: StartNotifier) -> io::Result<()> {
        let builder = thread_builder(&data.name, self.options.stack_size());
        let permit = ThreadPermit::new()?;
        let (shared, number) = (Arc::clone(self), life.number);
        let thread = builder.spawn(move || thread::run(shared, permit, life, data, notifier))?;
        self.control.spawned(number, thread);
        Ok(())
    }

    /// Gives up a claimed run because there is no thread for it.
    fn no_thread(&self, run: u64, error: io::Error) -> StartError {
        let name = self.control.name();
        let error = StartError::Spawn { worker: Arc::clone(name), error };
        let kind = WorkerErrorKind::Failed(error.to_string().into());
        let seen = Some(Arc::new(WorkerError::new(name, Place::Hook("start"), kind)));
        let exit = Exit { reason: ExitReason::Failed, error: seen, run, ..Exit::never_started(name) };
        self.control.not_started(false, exit);
        error
    }
}

fn thread_builder(name: &str, stack_size: Option<usize>) -> Builder {
    // A thread's name cannot contain a NUL. The worker's own name keeps it.
    let builder = Builder::new().name(name.replace('\0', "\u{FFFD}"));
    match stack_size {
        Some(size) => builder.stack_size(size),
        None => builder,
    }
}
