//! A handle of a worker of any kind, and what is done with it.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::crossbeam_channel::Sender;
use pyaltt_core::{
    AskError, BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Context, Event, Exit, PutError,
    PutErrorKind, Queue, QueueBuilder, Reply, Start, State, Stats, Tick, Trigger, crossbeam_channel,
};
use testkit::{AnyWorker, DequeQueue, Fate, watchdog};

use crate::config::{Bound, Config, Kind, OnDropped, Order, QueueKind};
use crate::operation::{Action, How, Spec};
use crate::record::Outcome;
use crate::reference::{NAME, NAME_OF_RUN};
use crate::script::{PATIENCE, Script, ScriptClock};
use crate::scripted::{ScriptedWorker, handle, on_exit};
use crate::task::Task;

#[derive(Clone)]
pub(crate) struct Actor(AnyWorker<Task>);

/// What the test holds of the source of the worker's turns.
#[derive(Default)]
pub(crate) struct Ends {
    pub(crate) event: Option<Event>,
    pub(crate) queue: Option<Queue<Task>>,
    pub(crate) sender: Option<Sender<Task>>,
}

/// Sets the options that every builder has, and builds.
macro_rules! build {
    ($builder:expr, $config:expr, $clock:expr) => {{
        let builder = $builder.name(NAME).daemon($config.daemon).paused($config.paused).clock($clock.clone());
        let mut builder = builder.restart($config.restart.restart());
        let script = Arc::clone(&$clock.script);
        if $config.on_exit {
            let script = Arc::clone(&script);
            builder = builder.on_exit(move |exit| on_exit(&script, exit));
        }
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
        let worker = match config.kind {
            Kind::Looped { interval } => {
                let builder = BackgroundWorker::builder(ScriptedWorker::new(script));
                let builder = match interval {
                    Some(interval) => builder.interval(Duration::from_millis(interval)),
                    None => builder,
                };
                AnyWorker::Looped(build!(builder, config, clock))
            }
            Kind::Event => {
                let worker =
                    build!(BackgroundEventWorker::builder(ScriptedWorker::new(script)), config, clock);
                ends.event = Some(worker.event().clone());
                AnyWorker::Event(worker)
            }
            Kind::Queue(kind) => {
                let builder = BackgroundQueueWorker::builder(ScriptedWorker::new(script));
                let builder = source(builder, kind, &mut ends);
                AnyWorker::Queue(build!(builder, config, clock))
            }
        };
        (Self(worker), ends)
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
        if let Some(paused) = spec.paused {
            start = start.paused(paused);
        }
        Outcome::of_start(self.0.start_with(start))
    }

    pub(crate) fn stop(&self) -> Outcome {
        Outcome::of_stop(self.0.stop())
    }

    pub(crate) fn stop_timeout(&self, timeout: Duration) -> Outcome {
        Outcome::of_stop(self.0.stop_timeout(timeout))
    }

    pub(crate) fn wait(&self) -> Outcome {
        Outcome::of_stop(self.0.wait())
    }

    pub(crate) fn wait_timeout(&self, timeout: Duration) -> Outcome {
        Outcome::of_stop(self.0.wait_timeout(timeout))
    }

    pub(crate) fn drain(&self) -> Outcome {
        Outcome::of_stop(self.queue_worker().drain())
    }

    pub(crate) fn signal_stop(&self) -> Outcome {
        self.0.signal_stop();
        Outcome::Done
    }

    pub(crate) fn terminate(&self) -> Outcome {
        self.0.terminate();
        Outcome::Done
    }

    pub(crate) fn pause(&self) -> Outcome {
        self.0.pause();
        Outcome::Done
    }

    pub(crate) fn resume(&self) -> Outcome {
        self.0.resume();
        Outcome::Done
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.0.is_paused()
    }

    pub(crate) fn detach(&self) -> Outcome {
        self.0.detach();
        Outcome::Done
    }

    pub(crate) fn into_inner(self) -> Outcome {
        Outcome::Worker(match self.0 {
            AnyWorker::Looped(worker) => worker.into_inner::<ScriptedWorker<Tick>>().is_ok(),
            AnyWorker::Event(worker) => worker.into_inner::<ScriptedWorker<Trigger>>().is_ok(),
            AnyWorker::Queue(worker) => worker.into_inner::<ScriptedWorker<Task>>().is_ok(),
        })
    }

    pub(crate) fn put(&self, how: How, task: Task) -> Outcome {
        let worker = self.queue_worker();
        PUTTING.set(Some(worker.queue().clone()));
        let result = match how {
            How::Put => worker.put(task),
            How::TryPut => worker.try_put(task),
            How::PutTimeout => worker.put_timeout(task, Duration::ZERO),
        };
        PUTTING.set(None);
        of_put(result)
    }

    /// Asks, gives the handle back, and waits for the answer.
    pub(crate) fn ask(self, how: How, task: Task) -> Outcome {
        let worker = self.queue_worker();
        PUTTING.set(Some(worker.queue().clone()));
        let question = |asker| task.answer_to(asker);
        let asked = match how {
            How::Put => worker.ask(question),
            How::TryPut => worker.try_ask(question),
            How::PutTimeout => worker.ask_timeout(question, Duration::ZERO),
        };
        PUTTING.set(None);
        drop(self);
        match asked.map(Reply::wait) {
            Ok(Ok(number)) => Outcome::Answered(number),
            Ok(Err(AskError::NoReply { .. })) => Outcome::NoReply,
            Ok(Err(AskError::Ended { .. })) => Outcome::Ended,
            Ok(Err(error)) => panic!("no question of a sequence ends like this: {error}"),
            Err(refused) => of_put(Err(refused)),
        }
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
        self.0.state()
    }

    pub(crate) fn is_active(&self) -> bool {
        self.0.is_active()
    }

    pub(crate) fn last_exit(&self) -> Exit {
        self.0.last_exit()
    }

    pub(crate) fn stats(&self) -> Stats {
        self.0.stats()
    }

    pub(crate) fn name(&self) -> &str {
        self.0.name()
    }

    pub(crate) fn describe(&self) -> String {
        watchdog::describe(&self.0)
    }

    fn queue_worker(&self) -> &BackgroundQueueWorker<Task> {
        self.0.queue().expect("only queue workers are used as queue workers")
    }

    /// Does an action on the worker's own thread.
    pub(crate) fn do_inside(self, action: Action, task: Option<Task>, cx: Option<&Context>) -> Outcome {
        match (action, task) {
            (Action::Start, _) => self.start(&Spec::default()),
            (Action::Stop, _) => self.stop(),
            (Action::SignalStop, _) => self.signal_stop(),
            (Action::StopTimeout, _) => self.stop_timeout(PATIENCE),
            (Action::Terminate, _) => self.terminate(),
            (Action::Pause, _) => self.pause(),
            (Action::Resume, _) => self.resume(),
            (Action::Wait, _) => self.wait(),
            (Action::Drain, _) => self.drain(),
            (Action::Put(how, _), Some(task)) => self.put(how, task),
            (Action::TakePending, _) => self.take_pending(),
            (Action::Close, _) => self.close(),
            (Action::Trigger, _) => {
                if let Some(worker) = self.0.event() {
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

fn source(builder: QueueBuilder<Task>, kind: QueueKind, ends: &mut Ends) -> QueueBuilder<Task> {
    match kind {
        QueueKind::Memory { order, bound } => {
            let builder = match order {
                Order::Fifo => builder,
                Order::Lifo => builder.lifo(),
                Order::Priority => builder.priority(),
            };
            match bound {
                Some(Bound { capacity, overflow, on_dropped }) => {
                    let builder = builder.bounded(capacity).overflow(overflow);
                    match on_dropped {
                        OnDropped::Nowhere => builder,
                        OnDropped::Function => builder.on_dropped(evict),
                        OnDropped::PutsAgain => builder.on_dropped(put_again),
                    }
                }
                None => builder,
            }
        }
        QueueKind::Shared { order, capacity } => {
            let queue = match (order, capacity) {
                (_, Some(capacity)) => Queue::bounded(capacity).unwrap(),
                (Order::Fifo, None) => Queue::unbounded(),
                (Order::Lifo, None) => Queue::lifo(),
                (Order::Priority, None) => Queue::priority(),
            };
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

thread_local! {
    /// The queue that the thread puts into, for `put_again`. That function cannot own it, for then it would be its own.
    static PUTTING: RefCell<Option<Queue<Task>>> = const { RefCell::new(None) };
}

fn evict(task: Task) {
    task.end(Fate::Evicted);
}

fn put_again(task: Task) {
    let queue = PUTTING.with_borrow(Option::clone).unwrap();
    match queue.put(task) {
        Err(error) if error.kind() == PutErrorKind::FromOnDropped => evict(error.into_inner()),
        // The model does not expect the task to be where it is now.
        result => drop(of_put(result)),
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
