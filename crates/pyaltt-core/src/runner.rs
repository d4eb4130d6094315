//! One run, on the worker's own thread, from its first instruction to its last.

use std::sync::Arc;

use crate::at_exit::Guest;
use crate::cell::{Cell, Resting, Run};
use crate::context::Context;
use crate::inbox::Inbox;
use crate::pace::Pace;
use crate::signal::Level;
use crate::{Exit, ExitReason, Flow, Worker, WorkerError, guard, sys};

pub(crate) fn run<W: Worker>(cell: Arc<Cell<W>>, run: Run) {
    let Run { part, pace, started, claim, guest } = run;
    cell.control.thread_began();
    sys::name_thread(&part.name);
    let guest = guest.map(Guest::board);
    let number = part.number;
    // The start was claimed while the worker rested, so it is there.
    let Some(resting) = cell.take_resting() else { return };
    let Resting { mut worker, source, on_error, object, parker } = *resting;
    let counters = Arc::clone(cell.control.counters());
    let cx = Context::new(cell.id, Arc::clone(&cell.clock), counters, parker, object, part);
    let mut inbox = Inbox::new(cx, source, on_error);

    if let Err(error) = begin(&cell, &mut worker, &mut inbox, pace) {
        rest(&cell, worker, inbox);
        cell.control.not_started(true);
        started.answer(Err(error));
    } else {
        log!(debug, worker = inbox.context().name(), run = number, "started");
        cell.control.ready();
        started.answer(Ok(()));
        let mut exit = take_turns(&mut worker, &mut inbox, number);
        cell.control.loop_ended();
        // Those who hold a token learn of an end by itself as well, and of the end of a drain.
        inbox.context().signal().raise(Level::Stop);
        stop(&mut worker, &mut inbox, &mut exit);
        let (reason, turns) = (exit.reason, exit.turns);
        log!(debug, worker = inbox.context().name(), run = number, ?reason, turns, "stopped");
        rest(&cell, worker, inbox);
        cell.control.ended(exit);
    }
    // Perhaps this was the last of the worker. The process may end only when its destructors have run.
    drop(cell);
    drop(claim);
    drop(guest);
}

/// The part of a run that `start` waits for. A strategy and a clock of the user's are called here as well as
/// `before_start`, and may panic as well.
fn begin<W: Worker>(
    cell: &Cell<W>,
    worker: &mut W,
    inbox: &mut Inbox<W::Task>,
    pace: Option<Pace>,
) -> Result<(), WorkerError> {
    call_hook(|| {
        let (cx, source) = inbox.source();
        source.open(cx);
        Ok(())
    })?;
    cell.apply_sched(inbox.context().run_number())?;
    call_hook(|| {
        worker.before_start(inbox.context())?;
        let (cx, source) = inbox.source();
        source.begin(cx, pace);
        Ok(())
    })
}

/// The part of a run in which it is active.
fn take_turns<W: Worker>(worker: &mut W, inbox: &mut Inbox<W::Task>, run: u64) -> Exit {
    let started = guard::call(|| worker.after_start(inbox.context())).map_err(WorkerError::Panicked);
    if let Err(error) = started
        && inbox.report(worker, &error) == Flow::Stop
    {
        inbox.fail(error);
    } else if let Err(error) = call_hook(|| worker.r#loop(inbox)) {
        // There is nothing to go on with, so what the handler decides makes no difference.
        inbox.report(worker, &error);
        inbox.fail(error);
    }
    let outcome = inbox.outcome();
    let (errors, panics, finished, error) =
        (outcome.errors, outcome.panics, outcome.finished, outcome.failure.clone());
    let cx = inbox.context();
    let reason = match cx.level() {
        _ if error.is_some() => ExitReason::Failed,
        _ if finished => ExitReason::Finished,
        Level::Go => ExitReason::Finished,
        Level::Drain | Level::Stop => ExitReason::Stopped,
        Level::Terminate => ExitReason::Terminated,
    };
    Exit { reason, error, run, turns: cx.turn_number(), errors, panics }
}

/// The hooks after the last turn. A panic in one of them is reported and stands in the exit, and goes no further.
fn stop<W: Worker>(worker: &mut W, inbox: &mut Inbox<W::Task>, exit: &mut Exit) {
    if exit.reason == ExitReason::Stopped
        && let Err(panic) = guard::call(|| worker.before_stop(inbox.context()))
    {
        hook_failed(worker, inbox, exit, WorkerError::Panicked(panic));
    }
    if let Err(panic) = guard::call(|| worker.after_stop(exit)) {
        hook_failed(worker, inbox, exit, WorkerError::Panicked(panic));
    }
}

fn hook_failed<W: Worker>(worker: &mut W, inbox: &mut Inbox<W::Task>, exit: &mut Exit, error: WorkerError) {
    inbox.report(worker, &error);
    // The error handler may have panicked in its turn.
    exit.panics = inbox.outcome().panics;
    log!(error, worker = inbox.context().name(), %error, "a stop hook failed");
    exit.error.get_or_insert_with(|| Arc::new(error));
}

/// Brings everything that outlives the run back to its place.
fn rest<W: Worker>(cell: &Cell<W>, worker: W, mut inbox: Inbox<W::Task>) {
    let (cx, source) = inbox.source();
    // Here a strategy that was made for this run is dropped.
    if let Err(panic) = guard::call(|| source.close(cx)) {
        log!(error, worker = cx.name(), %panic, "the end of a run failed");
    }
    let (cx, source, on_error, _) = inbox.into_parts();
    let (parker, object) = cx.into_lasting();
    cell.rest(Box::new(Resting { worker, source, on_error, object, parker }));
}

/// Calls user code that can fail and can panic.
fn call_hook(hook: impl FnOnce() -> Result<(), crate::BoxError>) -> Result<(), WorkerError> {
    guard::call(hook).map_err(WorkerError::Panicked)?.map_err(WorkerError::Failed)
}
