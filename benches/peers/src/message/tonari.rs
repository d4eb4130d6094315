//! tonari-actor: actors that are threads, on flume.

use std::any::Any;
use std::marker::PhantomData;

use crossbeam_channel::{Receiver, bounded};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{Handler, Handover, Inbox, Task};
use pyaltt_benches::workload::round_trip::by_reply;
use tonari_actor::{Actor, Addr, Context, System};

/// Its mailboxes always have a bound; this one is never reached.
const FAR_AWAY: usize = 1 << 30;

pub(super) fn contender() -> Contender {
    let how = "Addr::send to an actor, whose thread selects over its inboxes; unbounded is a capacity that is never \
               reached; it has no requests, so one carries a crossbeam bounded(1) for its \
               reply; its stop is the shutdown of its system, which drops the waiting messages";
    Contender::new(Kind::Actor, "tonari", "tonari-actor", how)
        .hands_over::<Tonari>()
        .asks(|| {
            let receive = |answer: Receiver<u64>| answer.recv().expect("the actor answers");
            by_reply::<Tonari, _, _>(|| bounded(1), |reply, answer| _ = reply.send(answer), receive)
        })
        .overtakes::<Tonari>()
}

struct Tonari;

/// The actor.
struct Calls<T, H> {
    handler: H,
    task: PhantomData<fn(T)>,
}

impl<T: Task, H: Handler<T>> Actor for Calls<T, H> {
    type Message = T;
    type Error = String;
    type Context = Context<T>;

    fn handle(&mut self, _cx: &mut Context<T>, task: T) -> Result<(), String> {
        (self.handler)(task);
        Ok(())
    }
}

struct Running<T> {
    system: System,
    addr: Addr<T>,
}

impl Handover for Tonari {
    type Inbox<T: Task, H: Handler<T>> = Running<T>;

    const NOT_BOUNDED: Option<&'static str> =
        Some("its send does not wait, and drops a message when the mailbox is full");

    fn start<T: Task, H: Handler<T>>(_bound: Option<usize>, handler: H) -> Running<T> {
        let mut system = System::new("bench");
        let prepared = system.prepare(Calls { handler, task: PhantomData }).with_capacity(FAR_AWAY);
        let addr = prepared.spawn().expect("a thread can be started");
        Running { system, addr }
    }
}

impl<T: Task> Inbox<T> for Running<T> {
    fn put(&self, task: T) {
        self.addr.send(task).expect("the mailbox has room");
    }

    fn stop(self) -> Option<Box<dyn Any>> {
        self.system.shutdown().expect("the actor does not panic");
        None
    }
}
