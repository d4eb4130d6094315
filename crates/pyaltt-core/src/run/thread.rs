//! One run, on the thread of its life.

use std::any::{Any, TypeId};
use std::sync::Arc;

use super::attempt::{error_for_askers, error_of_attempt};
use super::handshake::StartNotifier;
use super::hooks::Hooks;
use super::life::live;
use super::membership::News;
use super::outcome::{Ended, Life, Outcome, RunFacts};
use super::shared::{AnyParts, Shared};
use crate::control::stop_signal::StopLevel;
use crate::error::StartError;
use crate::exit::{Exit, ExitDetails, ExitReason, Then};
use crate::failure::{BoxError, Panic, Place, WorkerErrorKind};
use crate::platform::memory_maps::ThreadPermit;
use crate::reply::unanswered::Unanswered;
use crate::user_code;
use crate::worker::bell::Bell;
use crate::worker::context::Context;
use crate::worker::context::run_data::{Object, RunData};
use crate::worker::flow::Flow;
use crate::worker::inbox::{ErrorHandler, Inbox};
use crate::worker::provider::{DynWorker, Provider};
use crate::worker::source::{Ending, Source};

/// The parts that outlive a run, while no run is in progress.
pub(crate) struct Parts<T> {
    pub(crate) provider: Box<dyn Provider<T>>,
    pub(crate) source: Box<dyn Source<T>>,
    pub(crate) on_error: Option<ErrorHandler>,
    pub(crate) hooks: Hooks,
    pub(crate) object: Option<Object>,
    pub(crate) bell: Bell,
}

/// The thread's function.
pub(super) fn run(
    shared: Arc<Shared>,
    permit: ThreadPermit,
    life: Life,
    data: RunData,
    notifier: StartNotifier,
) {
    let guard = live(&shared, life, data, notifier);
    shared.tell_group(|| News::Gone);
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
    fn open(self: Box<Self>, shared: &Shared, data: RunData) -> (Box<dyn Provider<T>>, Box<Inbox<T>>, Hooks) {
        let Self { provider, source, on_error, hooks, object, bell } = *self;
        let counters = Arc::clone(shared.control.counters());
        let cx = Context::new(shared.id, Arc::clone(&shared.clock), counters, bell, object, data);
        (provider, Box::new(Inbox::new(cx, source, on_error)), hooks)
    }
}

impl<T: Send + 'static> AnyParts for Parts<T> {
    fn run(
        self: Box<Self>,
        shared: &Shared,
        life: &mut Life,
        data: RunData,
        notifier: &mut Option<StartNotifier>,
    ) -> Ended {
        let (mut provider, mut inbox, mut hooks) = self.open(shared, data);
        let mut end = None;
        let ended = prepare(shared, &mut inbox).and_then(|()| {
            let mut run = |worker: &mut dyn DynWorker<T>| {
                end = Some(run_worker(shared, life, worker, &mut inbox, &mut hooks, notifier));
            };
            let result = provider.provide(&mut run);
            result.map_err(|kind| StartError::Factory(inbox.context().error(Place::Hook("factory"), kind)))
        });
        let (end, unanswered) = match ended {
            Ok(unanswered) => {
                let end = end.unwrap_or_else(|| unreachable!("a provider calls `run` or fails"));
                (end, unanswered)
            }
            Err(error) => (Err(error), Unanswered::default()),
        };
        let outcome = conclude(shared, life, &mut inbox, end, notifier.is_some());
        let data = put_back(shared, provider, inbox, hooks, outcome.ending());
        Ended { outcome, unanswered, data }
    }

    fn leave_queue(&mut self, worker: u64) {
        self.source.leave_queue(worker);
    }

    fn worker_type(&self) -> Option<TypeId> {
        self.provider.worker_type()
    }

    fn into_worker(self: Box<Self>) -> Option<Box<dyn Any + Send>> {
        let Self { provider, source, on_error, hooks, object, .. } = *self;
        let worker = provider.into_worker();
        let mut source = source;
        source.retire();
        user_code::discard(on_error);
        hooks.discard();
        user_code::discard(object);
        user_code::discard(source);
        worker
    }

    fn discard(self: Box<Self>) {
        let Self { provider, source, on_error, hooks, object, .. } = *self;
        user_code::discard(provider);
        user_code::discard(on_error);
        hooks.discard();
        user_code::discard(object);
        user_code::discard(source);
    }
}

/// What the end of a run amounts to, with the verdict.
#[inline(never)]
fn conclude<T: Send + 'static>(
    shared: &Shared,
    life: &mut Life,
    inbox: &mut Inbox<T>,
    end: Result<Exit, StartError>,
    is_awaited: bool,
) -> Outcome {
    let unsettled = settle_up(inbox);
    let (mut exit, error) = match end {
        Ok(exit) => (exit, None),
        Err(error) if life.restarts == 0 => {
            let seen = Arc::new(error_for_askers(inbox.context(), &error));
            let exit = exit_of(life, inbox, ExitReason::Failed);
            return Outcome::NotStarted(Exit { error: Some(seen), ..exit }, error);
        }
        Err(error) => {
            let (failure, error) = error_of_attempt(inbox.context(), error);
            inbox.context().set_unhandled(true);
            inbox.fail(failure);
            (exit_of(life, inbox, ExitReason::Failed), Some(error))
        }
    };
    exit.pending = pending(inbox);
    // Only a leased queue has any, and an exit that is shared would be copied.
    if unsettled > 0 {
        exit.details_mut().unsettled = unsettled;
    }
    if shared.may_restart() {
        let facts = facts(inbox);
        exit.then = life.verdict(shared, &exit, &facts);
        if let Then::GaveUp { restarts, within } = exit.then {
            let worker = inbox.context().name();
            log!(error, worker, restarts, ?within, "too many restarts; the worker is not restarted any more");
        }
    }
    match error {
        None => Outcome::Exit(exit),
        Some(error) => Outcome::AttemptFailed(exit, is_awaited.then_some(error)),
    }
}

/// Ends what the run has to do with a leased queue. Returns how many of their settlements are still under way.
fn settle_up<T: Send + 'static>(inbox: &mut Inbox<T>) -> usize {
    // What the loop took and gave no turn.
    inbox.hand_back();
    let (cx, source) = inbox.source();
    source.settle_up(cx)
}

/// What a verdict asks of the user's clock and queue.
fn facts<T: Send + 'static>(inbox: &mut Inbox<T>) -> RunFacts {
    let (cx, source) = inbox.source();
    RunFacts {
        now: user_code::call(|| cx.now()).ok(),
        exhausted: user_code::call(|| source.is_exhausted()).unwrap_or(false),
    }
}

/// How many tasks are in the queue. The length of a user's own queue is user code.
fn pending<T: Send + 'static>(inbox: &mut Inbox<T>) -> usize {
    let (cx, source) = inbox.source();
    user_code::call(|| source.pending()).unwrap_or_else(|panic| {
        log!(error, worker = cx.name(), %panic, "a queue's len failed");
        0
    })
}

/// The part of a run before there is a worker. It opens the source, where a user's own queue may panic.
#[inline(never)]
fn prepare<T: Send + 'static>(shared: &Shared, inbox: &mut Inbox<T>) -> Result<(), StartError> {
    let rejected = inbox.context().take_rejected();
    call_hook(|| {
        let (cx, source) = inbox.source();
        source.open(cx);
        Ok(())
    })
    .map_err(|kind| StartError::Hook(inbox.context().error(Place::Hook("open"), kind)))?;
    // After the source was opened, so that it is closed in any case.
    if let Some(error) = rejected {
        return Err(StartError::Option(error));
    }
    let run = inbox.context().run_number();
    shared.options.scheduling.apply(shared.control.name(), run, shared.options.stack_size())
}

/// The part of a run with a worker, from `before_start` to `after_stop`.
fn run_worker<T: Send + 'static>(
    shared: &Shared,
    life: &mut Life,
    worker: &mut dyn DynWorker<T>,
    inbox: &mut Inbox<T>,
    hooks: &mut Hooks,
    notifier: &mut Option<StartNotifier>,
) -> Result<Exit, StartError> {
    let number = inbox.context().run_number();
    begin(shared, life, worker, inbox, hooks)
        .map_err(|kind| StartError::Hook(inbox.context().error(Place::Hook("before_start"), kind)))?;
    log!(debug, worker = inbox.context().name(), run = number, "started");
    shared.control.ready();
    shared.tell_group(|| News::Active { run: number });
    if let Some(notifier) = notifier.take() {
        notifier.notify(Ok(()));
    }
    let mut exit = take_turns(life, worker, inbox, hooks);
    shared.control.loop_ended();
    // Holders of a stop token also learn of a run that ends by itself, and of the end of a drain.
    inbox.context().signal().raise(StopLevel::Stop);
    stop(worker, inbox, hooks, &mut exit);
    let (reason, turns) = (exit.reason, exit.turns);
    log!(debug, worker = inbox.context().name(), run = number, ?reason, turns, "stopped");
    Ok(exit)
}

/// The part of a run with a worker that `start` waits for. Besides `before_start`, the user's strategy and clock are
/// called here and may panic.
#[inline(never)]
fn begin<T: Send + 'static>(
    shared: &Shared,
    life: &mut Life,
    worker: &mut dyn DynWorker<T>,
    inbox: &mut Inbox<T>,
    hooks: &mut Hooks,
) -> Result<(), WorkerErrorKind> {
    call_hook(|| {
        hooks.before_start(|cx| worker.before_start(cx), inbox.context())?;
        let (cx, source) = inbox.source();
        source.begin(cx);
        // Only a policy asks how long the run will have lasted.
        life.began = shared.may_restart().then(|| cx.now());
        Ok(())
    })
}

/// The part of a run in which the worker takes turns.
fn take_turns<T: Send + 'static>(
    life: &Life,
    worker: &mut dyn DynWorker<T>,
    inbox: &mut Inbox<T>,
    hooks: &mut Hooks,
) -> Exit {
    if let Err(panic) = hooks.after_start(|cx| worker.after_start(cx), inbox.context()) {
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
    let (failed, finished) = (inbox.outcome().failure.is_some(), inbox.outcome().finished);
    let reason = match inbox.context().level() {
        _ if failed => ExitReason::Failed,
        _ if finished => ExitReason::Finished,
        StopLevel::Go | StopLevel::Pause => ExitReason::Finished,
        StopLevel::Drain | StopLevel::Stop => ExitReason::Stopped,
        StopLevel::Terminate => ExitReason::Terminated,
    };
    exit_of(life, inbox, reason)
}

/// The exit of a run so far.
fn exit_of<T: Send + 'static>(life: &Life, inbox: &mut Inbox<T>, reason: ExitReason) -> Exit {
    let outcome = inbox.outcome();
    let (errors, panics, error) = (outcome.errors, outcome.panics, outcome.failure.clone());
    let (left, pending) = (left_of_drain(inbox), pending(inbox));
    let cx = inbox.context();
    let (run, turns, worker) = (cx.run_number(), cx.turn_number(), Arc::clone(cx.shared_name()));
    let restarts = life.restarts;
    let details = Arc::new(ExitDetails { left, unsettled: 0, worker });
    Exit { reason, error, run, turns, errors, panics, restarts, pending, then: Then::Rest, details }
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
            // A task in hand counts as failed, or one that always fails the loop would do so for ever.
            inbox.settle_failed(&error, None);
            inbox.context().let_go();
            // The loop has ended, so it does not matter whether the handler wants to go on.
            inbox.report(worker, &error);
            inbox.fail(error);
        }
    }
}

/// Calls the hooks after the last turn. A panic in one of them is reported and recorded in the exit, and goes no
/// further.
#[inline(never)]
fn stop<T: Send + 'static>(
    worker: &mut dyn DynWorker<T>,
    inbox: &mut Inbox<T>,
    hooks: &mut Hooks,
    exit: &mut Exit,
) {
    if exit.reason == ExitReason::Stopped {
        if let Err(panic) = hooks.before_stop(inbox.context()) {
            hook_failed(worker, inbox, exit, "before_stop", panic);
        }
        if let Err(panic) = user_code::call(|| worker.before_stop(inbox.context())) {
            hook_failed(worker, inbox, exit, "before_stop", panic);
        }
    }
    if let Err(panic) = hooks.after_stop(exit) {
        hook_failed(worker, inbox, exit, "after_stop", panic);
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
    hooks: Hooks,
    ending: Ending,
) -> RunData {
    let (cx, source) = inbox.source();
    // A strategy that was made for this run is dropped here, and its destructor may panic.
    if let Err(panic) = user_code::call(|| source.close(cx, ending)) {
        log!(error, worker = cx.name(), %panic, "the end of a run failed");
    }
    let (cx, source, on_error, _) = inbox.into_parts();
    let (bell, object, data) = cx.into_lasting();
    shared.put_parts_back(Box::new(Parts { provider, source, on_error, hooks, object, bell }));
    data
}

/// Calls user code that can fail and can panic.
fn call_hook(hook: impl FnOnce() -> Result<(), BoxError>) -> Result<(), WorkerErrorKind> {
    user_code::call(hook).map_err(WorkerErrorKind::Panicked)?.map_err(WorkerErrorKind::Failed)
}
