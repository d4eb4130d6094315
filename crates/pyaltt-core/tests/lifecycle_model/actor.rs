//! A handle of a worker of any kind, and what is done by it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyaltt_core::crossbeam_channel::Sender;
use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Context, Event, Exit, PutError, Queue,
    QueueBuilder, Start, State, Stats, Tick, Trigger, crossbeam_channel,
};

use crate::config::{Bound, Config, Kind, Order, QueueKind};
use crate::operation::{Deed, How, Spec};
use crate::probe::{Probe, handle};
use crate::record::{Fate, Outcome};
use crate::reference::{NAME, NAME_OF_RUN};
use crate::stage::{PATIENCE, Stage, StageClock};
use crate::task::{OwnQueue, Task};
use crate::watchdog;

#[derive(Clone)]
pub(crate) enum Actor {
    Looped(BackgroundWorker),
    Event(BackgroundEventWorker),
    Queue(BackgroundQueueWorker<Task>),
}

/// What the test keeps of the worker's source besides.
#[derive(Default)]
pub(crate) struct Ends {
    pub(crate) event: Option<Event>,
    pub(crate) queue: Option<Queue<Task>>,
    pub(crate) sender: Option<Sender<Task>>,
}

/// Does the same by the handle of any kind.
macro_rules! by {
    ($actor:expr, |$handle:ident| $does:expr) => {
        match $actor {
            Actor::Looped($handle) => $does,
            Actor::Event($handle) => $does,
            Actor::Queue($handle) => $does,
        }
    };
}

/// Sets what every builder has, and builds.
macro_rules! build {
    ($builder:expr, $config:expr, $clock:expr) => {{
        let builder = $builder.name(NAME).daemon($config.daemon).clock($clock.clone());
        let stage = Arc::clone(&$clock.stage);
        if $config.on_error_of_builder {
            builder.on_error(move |error| handle(&stage, error)).build().unwrap()
        } else {
            builder.build().unwrap()
        }
    }};
}

impl Actor {
    pub(crate) fn new(config: &Config, clock: &StageClock) -> (Self, Ends) {
        let stage: &Arc<Stage> = &clock.stage;
        let mut ends = Ends::default();
        let actor = match config.kind {
            Kind::Looped { interval } => {
                let builder = BackgroundWorker::builder(Probe::new(stage));
                let builder = match interval {
                    Some(interval) => builder.interval(Duration::from_millis(interval)),
                    None => builder,
                };
                Self::Looped(build!(builder, config, clock))
            }
            Kind::Event => {
                let worker = build!(BackgroundEventWorker::builder(Probe::new(stage)), config, clock);
                ends.event = Some(worker.event().clone());
                Self::Event(worker)
            }
            Kind::Queue(kind) => {
                let builder = BackgroundQueueWorker::builder(Probe::new(stage));
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
        Outcome::Worker(match self {
            Self::Looped(worker) => worker.into_inner::<Probe<Tick>>().is_ok(),
            Self::Event(worker) => worker.into_inner::<Probe<Trigger>>().is_ok(),
            Self::Queue(worker) => worker.into_inner::<Probe<Task>>().is_ok(),
        })
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

    fn queue_worker(&self) -> &BackgroundQueueWorker<Task> {
        match self {
            Self::Queue(worker) => worker,
            Self::Looped(_) | Self::Event(_) => unreachable!("only queue workers are used as such"),
        }
    }

    /// Does on the worker's own thread what it is told to.
    pub(crate) fn do_inside(self, deed: Deed, task: Option<Task>, cx: Option<&Context>) -> Outcome {
        match (deed, task) {
            (Deed::Start, _) => self.start(&Spec::default()),
            (Deed::Stop, _) => self.stop(),
            (Deed::SignalStop, _) => self.signal_stop(),
            (Deed::StopTimeout, _) => self.stop_timeout(PATIENCE),
            (Deed::Terminate, _) => self.terminate(),
            (Deed::Wait, _) => self.wait(),
            (Deed::Drain, _) => self.drain(),
            (Deed::Put(how, _), Some(task)) => self.put(how, task),
            (Deed::TakePending, _) => self.take_pending(),
            (Deed::Close, _) => self.close(),
            (Deed::Trigger, _) => {
                if let Self::Event(worker) = &self {
                    worker.trigger();
                }
                Outcome::Done
            }
            (Deed::TerminateContext, _) => {
                if let Some(cx) = cx {
                    cx.terminate();
                }
                Outcome::Done
            }
            // It is dropped here in any case, and in this one it is the last.
            (Deed::DropHandle | Deed::Put(..), _) => Outcome::Done,
        }
    }
}

fn source(builder: QueueBuilder<Task>, kind: QueueKind, ends: &mut Ends) -> QueueBuilder<Task> {
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
                        task.end(Fate::Overflowed);
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
        QueueKind::Custom { capacity } => builder.queue(OwnQueue { capacity, tasks: Mutex::default() }),
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
