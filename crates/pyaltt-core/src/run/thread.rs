//! One run, on the worker's own thread, from its first instruction to its last.

use std::any::{Any, TypeId};
use std::sync::Arc;

use super::handshake::StartNotifier;
use super::shared::{AnyParts, Shared};
use crate::control::stop_signal::StopLevel;
use crate::error::StartError;
use crate::exit::{Exit, ExitReason};
use crate::failure::{BoxError, Panic, Place, WorkerErrorKind};
use crate::platform::at_exit::ExitGuard;
use crate::platform::memory_maps::ThreadPermit;
use crate::platform::sys;
use crate::user_code;
use crate::wait::current_worker;
use crate::worker::bell::Bell;
use crate::worker::context::Context;
use crate::worker::context::run_data::{Object, RunData};
use crate::worker::flow::Flow;
use crate::worker::inbox::{ErrorHandler, Inbox};
use crate::worker::provider::{DynWorker, Provider};
use crate::worker::source::Source;

/// What is passed to the thread of one run.
pub(super) struct Run {
    pub(super) data: RunData,
    pub(super) notifier: StartNotifier,
    pub(super) permit: ThreadPermit,
    /// Keeps the process alive until the run of a non-daemon worker has ended.
    pub(super) guard: Option<ExitGuard>,
}

/// The parts that outlive a run, while no run is in progress.
pub(crate) struct Parts<T> {
    pub(crate) provider: Box<dyn Provider<T>>,
    pub(crate) source: Box<dyn Source<T>>,
    pub(crate) on_error: Option<ErrorHandler>,
    pub(crate) object: Option<Object>,
    pub(crate) bell: Bell,
}

/// The thread's function.
pub(super) fn run(shared: Arc<Shared>, run: Run) {
    let Run { data, notifier, permit, guard } = run;
    shared.control.thread_began();
    sys::name_thread(&data.name);
    // The run was claimed while no other was in progress, so the parts are there.
    if let Some(parts) = shared.take_parts() {
        parts.run(&shared, data, notifier);
    }
    // This thread may be the worker's last owner. The process must not end before the worker's destructors have run.
    drop(shared);
    drop(permit);
    drop(guard);
}

// Idle threads are counted by the page of stack that they have ever touched. So the inbox is on the heap, and what comes
// before and after a wait is not inlined into the frames below it.
impl<T: Send + 'static> Parts<T> {
    #[expect(clippy::boxed_local, reason = "the caller would hold it on its stack during the run")]
    #[inline(never)]
    fn open(self: Box<Self>, shared: &Shared, data: RunData) -> (Box<dyn Provider<T>>, Box<Inbox<T>>) {
        let Self { provider, source, on_error, object, bell } = *self;
        let counters = Arc::clone(shared.control.counters());
        let cx = Context::new(shared.id, Arc::clone(&shared.clock), counters, bell, object, data);
        (provider, Box::new(Inbox::new(cx, source, on_error)))
    }
}

impl<T: Send + 'static> AnyParts for Parts<T> {
    fn run(self: Box<Self>, shared: &Shared, data: RunData, notifier: StartNotifier) {
        let (mut provider, mut inbox) = self.open(shared, data);

        // Taken when the start succeeds, because that is what its caller waits for. Still there if the start fails.
        let mut notifier = Some(notifier);
        let mut end = None;
        let ended = prepare(shared, &mut inbox).and_then(|()| {
            let mut run = |worker: &mut dyn DynWorker<T>| {
                end = Some(run_worker(shared, worker, &mut inbox, &mut notifier));
            };
            let result = provider.provide(&mut run);
            result.map_err(|kind| StartError::Factory(inbox.context().error(Place::Hook("factory"), kind)))
        });
        let end = match ended {
            Ok(()) => end.unwrap_or_else(|| unreachable!("a provider calls `run` or fails")),
            Err(error) => Err(error),
        };
        let failed = end.as_ref().is_ok_and(Exit::is_failed);
        put_back(shared, provider, inbox, failed);
        match end {
            Ok(exit) => shared.control.ended(exit),
            Err(error) => {
                shared.control.not_started(true);
                if let Some(notifier) = notifier {
                    notifier.notify(Err(error));
                }
            }
        }
        current_worker::leave();
    }

    fn worker_type(&self) -> Option<TypeId> {
        self.provider.worker_type()
    }

    fn into_worker(self: Box<Self>) -> Option<Box<dyn Any + Send>> {
        let Self { provider, source, on_error, object, .. } = *self;
        let worker = provider.into_worker();
        let mut source = source;
        source.retire();
        user_code::discard(on_error);
        user_code::discard(object);
        user_code::discard(source);
        worker
    }

    fn discard(self: Box<Self>) {
        let Self { provider, source, on_error, object, .. } = *self;
        user_code::discard(provider);
        user_code::discard(on_error);
        user_code::discard(object);
        user_code::discard(source);
    }
}

/// The part of a run before there is a worker. It opens the source, where a user's own queue may panic.
#[inline(never)]
fn prepare<T: Send + 'static>(shared: &Shared, inbox: &mut Inbox<T>) -> Result<(), StartError> {
    call_hook(|| {
        let (cx, source) = inbox.source();
        source.open(cx);
        Ok(())
    })
    .map_err(|kind| StartError::Hook(inbox.context().error(Place::Hook("open"), kind)))?;
    let run = inbox.context().run_number();
    shared.options.scheduling.apply(shared.control.name(), run, shared.options.stack_size())
}

/// The part of a run with a worker, from `before_start` to `after_stop`.
fn run_worker<T: Send + 'static>(
    shared: &Shared,
    worker: &mut dyn DynWorker<T>,
    inbox: &mut Inbox<T>,
    notifier: &mut Option<StartNotifier>,
) -> Result<Exit, StartError> {
    let number = inbox.context().run_number();
    begin(worker, inbox)
        .map_err(|kind| StartError::Hook(inbox.context().error(Place::Hook("before_start"), kind)))?;
    log!(debug, worker = inbox.context().name(), run = number, "started");
    shared.control.ready();
    if let Some(notifier) = notifier.take() {
        notifier.notify(Ok(()));
    }
    let mut exit = take_turns(worker, inbox);
    shared.control.loop_ended();
    // Holders of a stop token also learn of a run that ends by itself, and of the end of a drain.
    inbox.context().signal().raise(StopLevel::Stop);
    stop(worker, inbox, &mut exit);
    let (reason, turns) = (exit.reason, exit.turns);
    log!(debug, worker = inbox.context().name(), run = number, ?reason, turns, "stopped");
    Ok(exit)
}

/// The part of a run with a worker that `start` waits for. Besides `before_start`, the user's strategy and clock are
/// called here and may panic.
#[inline(never)]
fn begin<T: Send + 'static>(
    worker: &mut dyn DynWorker<T>,
    inbox: &mut Inbox<T>,
) -> Result<(), WorkerErrorKind> {
    call_hook(|| {
        worker.before_start(inbox.context())?;
        let (cx, source) = inbox.source();
        source.begin(cx);
        Ok(())
    })
}

/// The part of a run in which the worker takes turns.
fn take_turns<T: Send + 'static>(worker: &mut dyn DynWorker<T>, inbox: &mut Inbox<T>) -> Exit {
    if let Err(panic) = user_code::call(|| worker.after_start(inbox.context())) {
        let error = inbox.context().error(Place::Hook("after_start"), WorkerErrorKind::Panicked(panic));
        if inbox.report(worker, &error) == Flow::Stop {
            inbox.fail(error);
        } else {
            user_code::discard(error);
            run_loop(worker, inbox);
        }
    } else {
        run_loop(worker, inbox);
    }
    let outcome = inbox.outcome();
    let (errors, panics, finished, error) =
        (outcome.errors, outcome.panics, outcome.finished, outcome.failure.clone());
    let cx = inbox.context();
    let reason = match cx.level() {
        _ if error.is_some() => ExitReason::Failed,
        _ if finished => ExitReason::Finished,
        StopLevel::Go | StopLevel::Pause => ExitReason::Finished,
        StopLevel::Drain | StopLevel::Stop => ExitReason::Stopped,
        StopLevel::Terminate => ExitReason::Terminated,
    };
    let (run, turns, worker) = (cx.run_number(), cx.turn_number(), Arc::clone(cx.shared_name()));
    let left = left_of_drain(inbox);
    Exit { reason, error, run, turns, errors, panics, left, worker }
}

/// How many tasks are left of those that the run was to drain. The length of a user's own queue is user code.
#[inline(never)]
fn left_of_drain<T: Send + 'static>(inbox: &mut Inbox<T>) -> usize {
    let (cx, source) = inbox.source();
    if cx.signal().drains() == 0 {
        return 0;
    }
    user_code::call(|| source.left_of_drain(cx)).unwrap_or_else(|panic| {
        log!(error, worker = cx.name(), %panic, "a queue's len failed");
        0
    })
}

fn run_loop<T: Send + 'static>(worker: &mut dyn DynWorker<T>, inbox: &mut Inbox<T>) {
    match call_hook(|| worker.run_loop(inbox)) {
        Ok(()) => {}
        Err(kind @ WorkerErrorKind::Failed(_)) if inbox.context().signal().was_cut() => {
            inbox.interrupted(kind);
        }
        Err(kind) => {
            let error = inbox.context().error(Place::Hook("loop"), kind);
            // The loop has ended, so it does not matter whether the handler wants to go on.
            inbox.report(worker, &error);
            inbox.fail(error);
        }
    }
}

/// Calls the hooks after the last turn. A panic in one of them is reported and recorded in the exit, and goes no
/// further.
#[inline(never)]
fn stop<T: Send + 'static>(worker: &mut dyn DynWorker<T>, inbox: &mut Inbox<T>, exit: &mut Exit) {
    if exit.reason == ExitReason::Stopped
        && let Err(panic) = user_code::call(|| worker.before_stop(inbox.context()))
    {
        hook_failed(worker, inbox, exit, "before_stop", panic);
    }
    if let Err(panic) = user_code::call(|| worker.after_stop(exit)) {
        hook_failed(worker, inbox, exit, "after_stop", panic);
    }
}

fn hook_failed<T: Send + 'static>(
    worker: &mut dyn DynWorker<T>,
    inbox: &mut Inbox<T>,
    exit: &mut Exit,
    hook: &'static str,
    panic: Panic,
) {
    let error = inbox.context().error(Place::Hook(hook), WorkerErrorKind::Panicked(panic));
    inbox.report(worker, &error);
    // The error handler may have panicked as well.
    exit.panics = inbox.outcome().panics;
    inbox.log_error(&error, "a stop hook failed");
    exit.error.get_or_insert_with(|| Arc::new(error));
}

/// Puts everything that outlives the run back into `shared`.
#[inline(never)]
fn put_back<T: Send + 'static>(
    shared: &Shared,
    provider: Box<dyn Provider<T>>,
    mut inbox: Box<Inbox<T>>,
    failed: bool,
) {
    let (cx, source) = inbox.source();
    // A strategy that was made for this run is dropped here, and its destructor may panic.
    if let Err(panic) = user_code::call(|| source.close(cx, failed)) {
        log!(error, worker = cx.name(), %panic, "the end of a run failed");
    }
    let (cx, source, on_error, _) = inbox.into_parts();
    let (bell, object) = cx.into_lasting();
    shared.put_parts_back(Box::new(Parts { provider, source, on_error, object, bell }));
}

/// Calls user code that can fail and can panic.
fn call_hook(hook: impl FnOnce() -> Result<(), BoxError>) -> Result<(), WorkerErrorKind> {
    user_code::call(hook).map_err(WorkerErrorKind::Panicked)?.map_err(WorkerErrorKind::Failed)
}
