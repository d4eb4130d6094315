//! xtra: actors on any runtime, here tokio's.

use std::any::Any;
use std::marker::PhantomData;

use ::xtra::{Actor, Address, Context, Handler, Mailbox, spawn_tokio};
use crossbeam_channel::{Receiver, Sender, bounded};
use futures_lite::future::block_on;
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{self, Handover, Inbox, Task};
use pyaltt_benches::workload::backlog::STOP_WITH_BACKLOG;

use crate::runtime::RUNTIME;

pub(super) fn contender() -> Contender {
    let how = "send(..).detach(), blocked on, to an actor with an unbounded or bounded mailbox on tokio's \
               multi-threaded runtime; a request is send(..), blocked on; it stops when its last address is dropped. \
               Its actors are tasks, not threads";
    Contender::new(Kind::Actor, "xtra", "xtra", how)
        .hands_over::<Xtra>()
        .asks(|| {
            let _runtime = RUNTIME.enter();
            let address = spawn_tokio(Asked, Mailbox::unbounded());
            move |question| block_on(address.send(Ask(question))).expect("the actor answers")
        })
        .not(
            STOP_WITH_BACKLOG,
            "it can be stopped from outside only by dropping all addresses, after all messages",
        )
}

struct Xtra;

/// The actor.
struct Calls<T, H> {
    handler: H,
    ended: Sender<()>,
    task: PhantomData<fn(T)>,
}

struct Envelope<T>(T);

impl<T: Task, H: handover::Handler<T>> Actor for Calls<T, H> {
    type Stop = ();

    async fn stopped(self) {
        let _ = self.ended.send(());
    }
}

impl<T: Task, H: handover::Handler<T>> Handler<Envelope<T>> for Calls<T, H> {
    type Return = ();

    async fn handle(&mut self, Envelope(task): Envelope<T>, _cx: &mut Context<Self>) {
        (self.handler)(task);
    }
}

struct Running<T: Task, H: handover::Handler<T>> {
    address: Address<Calls<T, H>>,
    ended: Receiver<()>,
}

impl Handover for Xtra {
    type Inbox<T: Task, H: handover::Handler<T>> = Running<T, H>;

    fn start<T: Task, H: handover::Handler<T>>(bound: Option<usize>, handler: H) -> Running<T, H> {
        let _runtime = RUNTIME.enter();
        let (ended, has_ended) = bounded(1);
        let mailbox = bound.map_or_else(Mailbox::unbounded, Mailbox::bounded);
        let address = spawn_tokio(Calls { handler, ended, task: PhantomData }, mailbox);
        Running { address, ended: has_ended }
    }
}

impl<T: Task, H: handover::Handler<T>> Inbox<T> for Running<T, H> {
    fn put(&self, task: T) {
        assert!(block_on(self.address.send(Envelope(task)).detach()).is_ok(), "the actor lives");
    }

    fn stop(self) -> Option<Box<dyn Any>> {
        drop(self.address);
        self.ended.recv().expect("the actor says when it has stopped");
        None
    }
}

/// The actor that answers.
struct Asked;

struct Ask(u64);

impl Actor for Asked {
    type Stop = ();

    async fn stopped(self) {}
}

impl Handler<Ask> for Asked {
    type Return = u64;

    async fn handle(&mut self, Ask(question): Ask, _cx: &mut Context<Self>) -> u64 {
        question + 1
    }
}
