//! actix: actors on the event loop of an arbiter's thread.

use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::thread;

use ::actix::{Actor, ActorContext, Addr, Arbiter, Context, Handler, Message, System, SystemRunner};
use crossbeam_channel::{Receiver, Sender, bounded};
use futures_lite::future::block_on;
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{self, Handover, Inbox, Task};
use pyaltt_benches::workload::backlog::STOP_WITH_BACKLOG;

pub(super) fn contender() -> Contender {
    let how = "Addr::do_send to an actor on an arbiter's thread; with a bound, a mailbox of that capacity and try_send, \
               again after a yield while it is full (send needs an executor, and waits for the handler); a request is \
               Addr::send. Its actors are tasks, not threads";
    Contender::new(Kind::Actor, "actix", "actix", how)
        .hands_over::<Actix>()
        .asks(|| {
            let addr = Asked::start_in_arbiter(&arbiter(), |_| Asked);
            move |question| block_on(addr.send(Ask(question))).expect("the actor answers")
        })
        .answers(|| {
            let addr = Asked::start_in_arbiter(&arbiter(), |_| Asked);
            move || {
                let addr = addr.clone();
                move |question| block_on(addr.send(Ask(question))).expect("the actor answers")
            }
        })
        .not(STOP_WITH_BACKLOG, "an Addr can only ask for a stop by a message, which waits behind the tasks")
}

thread_local! {
    /// Arbiters need their system, which belongs to the thread that made it.
    static ARBITER: RefCell<Option<(SystemRunner, Arbiter)>> = const { RefCell::new(None) };
}

/// The arbiter that all actors of this process share.
fn arbiter() -> ::actix::ArbiterHandle {
    ARBITER.with_borrow_mut(|made| {
        let (_, arbiter) = made.get_or_insert_with(|| {
            let system = System::new();
            let arbiter = Arbiter::new();
            (system, arbiter)
        });
        arbiter.handle()
    })
}

struct Actix;

/// The actor.
struct Calls<T, H> {
    handler: H,
    bound: Option<usize>,
    ended: Sender<()>,
    task: PhantomData<fn(T)>,
}

struct Envelope<T>(T);

struct Stop;

impl<T: Task> Message for Envelope<T> {
    type Result = ();
}

impl Message for Stop {
    type Result = ();
}

impl<T: Task, H: handover::Handler<T>> Actor for Calls<T, H> {
    type Context = Context<Self>;

    fn started(&mut self, cx: &mut Self::Context) {
        if let Some(bound) = self.bound {
            cx.set_mailbox_capacity(bound);
        }
    }

    fn stopped(&mut self, _cx: &mut Self::Context) {
        let _ = self.ended.send(());
    }
}

impl<T: Task, H: handover::Handler<T>> Handler<Envelope<T>> for Calls<T, H> {
    type Result = ();

    fn handle(&mut self, Envelope(task): Envelope<T>, _cx: &mut Self::Context) {
        (self.handler)(task);
    }
}

impl<T: Task, H: handover::Handler<T>> Handler<Stop> for Calls<T, H> {
    type Result = ();

    fn handle(&mut self, _stop: Stop, cx: &mut Self::Context) {
        cx.stop();
    }
}

/// The address of the actor, and the channel that says that it has ended.
struct Running<T: Task, H: handover::Handler<T>> {
    addr: Addr<Calls<T, H>>,
    bounded: bool,
    ended: Receiver<()>,
}

impl Handover for Actix {
    type Inbox<T: Task, H: handover::Handler<T>> = Running<T, H>;

    fn start<T: Task, H: handover::Handler<T>>(bound: Option<usize>, handler: H) -> Running<T, H> {
        let (ended, has_ended) = bounded(1);
        let actor = Calls { handler, bound, ended, task: PhantomData };
        let addr = Actor::start_in_arbiter(&arbiter(), |_| actor);
        Running { addr, bounded: bound.is_some(), ended: has_ended }
    }
}

impl<T: Task, H: handover::Handler<T>> Inbox<T> for Running<T, H> {
    fn put(&self, task: T) {
        if !self.bounded {
            self.addr.do_send(Envelope(task));
            return;
        }
        let mut task = Envelope(task);
        while let Err(error) = self.addr.try_send(task) {
            task = error.into_inner();
            thread::yield_now();
        }
    }

    fn stop(self) -> Option<Box<dyn Any>> {
        self.addr.do_send(Stop);
        self.ended.recv().expect("the actor says when it has stopped");
        None
    }
}

/// The actor that answers.
struct Asked;

struct Ask(u64);

impl Message for Ask {
    type Result = u64;
}

impl Actor for Asked {
    type Context = Context<Self>;
}

impl Handler<Ask> for Asked {
    type Result = u64;

    fn handle(&mut self, Ask(question): Ask, _cx: &mut Self::Context) -> u64 {
        question + 1
    }
}
