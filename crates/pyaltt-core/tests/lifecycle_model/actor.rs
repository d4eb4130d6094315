//! A handle of a worker of any kind, and what is done with it.

use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::crossbeam_channel::Sender;
use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Context, Event, Exit, PutError, Queue,
    QueueBuilder, Start, State, Stats, Tick, Trigger, crossbeam_channel,
};
use testkit::{DequeQueue, Fate, watchdog};

use crate::config::{Bound, Config, Kind, Order, QueueKind};
use crate::operation::{Action, How, Spec};
use crate::record::Outcome;
use crate::reference::{NAME, NAME_OF_RUN};
use crate::script::{PATIENCE, Script, ScriptClock};
use crate::scripted::{ScriptedWorker, handle};
use crate::task::Task;

#[derive(Clone)]
pub(crate) enum Actor {
    Looped(BackgroundWorker<ScriptedWorker<Tick>>),
    Event(BackgroundEventWorker<ScriptedWorker<Trigger>>),
    Queue(BackgroundQueueWorker<ScriptedWorker<Task>>),
}

/// What the test holds of the source of the worker's turns.
#[derive(Default)]
pub(crate) struct Ends {
    pub(crate) event: Option<Event>,
    pub(crate) queue: Option<Queue<Task>>,
    pub(crate) sender: Option<Sender<Task>>,
}

/// Does the same with the handle of any kind.
macro_rules! by {
    ($actor:expr, |$handle:ident| $does:expr) => {
        match $actor {
            Actor::Looped($handle) => $does,
            Actor::Event($handle) => $does,
            Actor::Queue($handle) => $does,
        }
    };
}

/// Sets the options that every builder has, and builds.
macro_rules! build {
    ($builder:expr, $config:expr, $clock:expr) => {{
        let builder = $builder.name(NAME).daemon($config.daemon).clock($clock.clone());
        let script = Arc::clone(&$clock.script);
        if $config.on_error_of_builder {
            builder.on_error(move |error| handle(&script, error)).build().unwrap()
        } else {
            builder.build().unwrap()
        }
    }};
}

impl Actor {
    pub(crate) fn new(config: &Config, clock: &ScriptClock) -> (Self, Ends) {
        let script: &Arc<Script> = &clock.script;
        let mut ends = Ends::default();
        let actor = match config.kind {
            Kind::Looped { interval } => {
                let builder = BackgroundWorker::builder(ScriptedWorker::new(script));
                let builder = match interval {
                    Some(interval) => builder.interval(Duration::from_millis(interval)),
                    None => builder,
                };
                Self::Looped(build!(builder, config, clock))
            }
            Kind::Event => {
                let worker =
                    build!(BackgroundEventWorker::builder(ScriptedWorker::new(script)), config, clock);
                ends.event = Some(worker.event().clone());
                Self::Event(worker)
            }
            Kind::Queue(kind) => {
                let builder = BackgroundQueueWorker::builder(ScriptedWorker::new(script));
                let builder = source(builder, kind, &mut ends);
                Self::Queue(build!(builder, config, clock))
            }
        };
        (actor, ends)
    }

    pub(crate) fn start(&self, spec: &Spec) -> Outcome {
        let mut start = Start::new();
        if spec.name {
            start = start.name(NAME_OF_RUN);
        }
        if let Some(arg) = spec.arg {
            start = start.arg(arg);
        }
        if let Some(interval) = spec.interval {
            start = start.interval(Duration::from_millis(interval));
        }
        if let Some(daemon) = spec.daemon {
            start = start.daemon(daemon);
        }
        Outcome::of_start(by!(self, |h| h.start_with(start)))
    }

    pub(crate) fn stop(&self) -> Outcome {
        Outcome::of_stop(by!(self, |h| h.stop()))
    }

    pub(crate) fn stop_timeout(&self, timeout: Duration) -> Outcome {
        Outcome::of_stop(by!(self, |h| h.stop_timeout(timeout)))
    }

    pub(crate) fn wait(&self) -> Outcome {
        Outcome::of_stop(by!(self, |h| h.wait()))
    }

    pub(crate) fn wait_timeout(&self, timeout: Duration) -> Outcome {
        Outcome::of_stop(by!(self, |h| h.wait_timeout(timeout)))
    }

    pub(crate) fn drain(&self) -> Outcome {
        Outcome::of_stop(self.queue_worker().drain())
    }

    pub(crate) fn signal_stop(&self) -> Outcome {
        by!(self, |h| h.signal_stop());
        Outcome::Done
    }

    pub(crate) fn terminate(&self) -> Outcome {
        by!(self, |h| h.terminate());
        Outcome::Done
    }

    pub(crate) fn detach(&self) -> Outcome {
        by!(self, |h| h.detach());
        Outcome::Done
    }

    pub(crate) fn into_inner(self) -> Outcome {
        Outcome::Worker(by!(self, |h| h.into_inner().is_some()))
    }

    pub(crate) fn put(&self, how: How, task: Task) -> Outcome {
        let worker = self.queue_worker();
        of_put(match how {
            How::Put => worker.put(task),
            How::TryPut => worker.try_put(task),
            How::PutTimeout => worker.put_timeout(task, Duration::ZERO),
        })
    }

    pub(crate) fn take_pending(&self) -> Outcome {
        of_tasks(self.queue_worker().take_pending())
    }

    pub(crate) fn close(&self) -> Outcome {
        self.queue_worker().close();
        Outcome::Done
    }

    pub(crate) fn len(&self) -> usize {
        self.queue_worker().len()
    }

    pub(crate) fn state(&self) -> State {
        by!(self, |h| h.state())
    }

    pub(crate) fn is_active(&self) -> bool {
        by!(self, |h| h.is_active())
    }

    pub(crate) fn last_exit(&self) -> Exit {
        by!(self, |h| h.last_exit())
    }

    pub(crate) fn stats(&self) -> Stats {
        by!(self, |h| h.stats())
    }

    pub(crate) fn name(&self) -> &str {
        by!(self, |h| h.name())
    }

    pub(crate) fn describe(&self) -> String {
        by!(self, |h| watchdog::describe(h))
    }

    fn queue_worker(&self) -> &BackgroundQueueWorker<ScriptedWorker<Task>> {
        match self {
            Self::Queue(worker) => worker,
            Self::Looped(_) | Self::Event(_) => unreachable!("only queue workers are used as queue workers"),
        }
    }

    /// Does an action on the worker's own thread.
    pub(crate) fn do_inside(self, action: Action, task: Option<Task>, cx: Option<&Context>) -> Outcome {
        match (action, task) {
            (Action::Start, _) => self.start(&Spec::default()),
            (Action::Stop, _) => self.stop(),
            (Action::SignalStop, _) => self.signal_stop(),
            (Action::StopTimeout, _) => self.stop_timeout(PATIENCE),
            (Action::Terminate, _) => self.terminate(),
            (Action::Wait, _) => self.wait(),
            (Action::Drain, _) => self.drain(),
            (Action::Put(how, _), Some(task)) => self.put(how, task),
            (Action::TakePending, _) => self.take_pending(),
            (Action::Close, _) => self.close(),
            (Action::Trigger, _) => {
                if let Self::Event(worker) = &self {
                    worker.trigger();
                }
                Outcome::Done
            }
            (Action::TerminateContext, _) => {
                if let Some(cx) = cx {
                    cx.terminate();
                }
                Outcome::Done
            }
            // The handle is dropped here in any case; for this action it is the last one.
            (Action::DropHandle | Action::Put(..), _) => Outcome::Done,
        }
    }
}

fn source(
    builder: QueueBuilder<ScriptedWorker<Task>>,
    kind: QueueKind,
    ends: &mut Ends,
) -> QueueBuilder<ScriptedWorker<Task>> {
    match kind {
        QueueKind::Memory { order, bound } => {
            let builder = match order {
                Order::Fifo => builder,
                Order::Lifo => builder.lifo(),
                Order::Priority => builder.priority(),
            };
            match bound {
                Some(Bound { capacity, overflow, on_dropped: true }) => {
                    builder.bounded(capacity).overflow(overflow).on_dropped(|task: Task| {
                        task.end(Fate::Evicted);
                    })
                }
                Some(Bound { capacity, overflow, .. }) => builder.bounded(capacity).overflow(overflow),
                None => builder,
            }
        }
        QueueKind::Shared => {
            let queue = Queue::unbounded();
            ends.queue = Some(queue.clone());
            builder.queue(queue)
        }
        QueueKind::Receiver => {
            let (sender, receiver) = crossbeam_channel::unbounded();
            ends.sender = Some(sender);
            builder.queue(receiver)
        }
        QueueKind::Pair { capacity: Some(capacity) } => builder.queue(crossbeam_channel::bounded(capacity)),
        QueueKind::Pair { capacity: None } => builder.queue(crossbeam_channel::unbounded()),
        QueueKind::Custom { capacity: Some(capacity) } => builder.queue(DequeQueue::bounded(capacity)),
        QueueKind::Custom { capacity: None } => builder.queue(DequeQueue::unbounded()),
    }
}

/// The test has the task again.
pub(crate) fn of_put(result: Result<(), PutError<Task>>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Refused(error.kind(), error.into_inner().end(Fate::HandedBack)),
    }
}

pub(crate) fn of_tasks(tasks: Vec<Task>) -> Outcome {
    Outcome::Tasks(tasks.into_iter().map(|task| task.end(Fate::TakenOut)).collect())
}
