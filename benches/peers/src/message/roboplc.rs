//! `RoboPLC`: a controller with one worker, fed by a channel. It runs without its environment.

use std::any::Any;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::roboplc::channel::{Receiver, Sender, bounded};
use ::roboplc::controller::{Context, Controller, WResult, Worker, WorkerOptions};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{Handler, Handover, Inbox, Task};
use pyaltt_benches::workload::backlog::STOP_WITH_BACKLOG;
use pyaltt_benches::workload::round_trip::by_reply;
use pyaltt_benches::workload::stop_flag::{STOP_FLAG, stop_flag};

pub(super) fn contender() -> Contender {
    let how = "a worker of a controller that receives from roboplc's channel while the controller is online; it stops \
               when the channel is closed; a request carries a channel of one for its reply; its check for a stop is \
               Context::is_online";
    Contender::new(Kind::Actor, "roboplc", "RoboPLC worker", how)
        .hands_over::<RoboPlc>()
        .asks(|| {
            let receive = |answer: Receiver<u64>| answer.recv().expect("the worker answers");
            by_reply::<RoboPlc, _, _>(|| bounded(1), |reply, answer| _ = reply.send(answer), receive)
        })
        .not(STOP_WITH_BACKLOG, "its channels always have a bound")
        .does(STOP_FLAG, |count| {
            let controller = Controller::<(), ()>::new();
            stop_flag(count, || !controller.state().is_online())
        })
}

struct RoboPlc;

/// The worker.
struct Calls<T, H> {
    /// A controller refuses a second worker of the same name.
    name: String,
    receiver: Receiver<T>,
    /// A worker has to be `Sync`; nothing is ever locked.
    handler: Mutex<H>,
}

impl<T: Task, H: Handler<T>> Worker<(), ()> for Calls<T, H> {
    fn run(&mut self, context: &Context<(), ()>) -> WResult {
        let handler = self.handler.get_mut().map_err(|error| error.to_string())?;
        while context.is_online() {
            let Ok(task) = self.receiver.recv() else { return Ok(()) };
            handler(task);
        }
        Ok(())
    }
}

impl<T, H> WorkerOptions for Calls<T, H> {
    fn worker_name(&self) -> &str {
        &self.name
    }
}

struct Running<T: Task> {
    controller: Controller<(), ()>,
    sender: Sender<T>,
}

impl Handover for RoboPlc {
    type Inbox<T: Task, H: Handler<T>> = Running<T>;

    const NOT_UNBOUNDED: Option<&'static str> = Some("its channels always have a bound");

    fn start<T: Task, H: Handler<T>>(bound: Option<usize>, handler: H) -> Running<T> {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let (sender, receiver) = bounded(bound.expect("it is asked for a bound"));
        let name = format!("bench-{}", STARTED.fetch_add(1, Ordering::Relaxed));
        let mut controller = Controller::new();
        controller
            .spawn_worker(Calls { name, receiver, handler: Mutex::new(handler) })
            .expect("a thread can be started");
        Running { controller, sender }
    }
}

impl<T: Task> Inbox<T> for Running<T> {
    fn put(&self, task: T) {
        assert!(self.sender.send(task).is_ok(), "the worker lives");
    }

    fn stop(mut self) -> Option<Box<dyn Any>> {
        self.controller.terminate();
        drop(self.sender);
        self.controller.block();
        None
    }
}
