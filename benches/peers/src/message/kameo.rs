//! kameo: actors on tokio's runtime.

use std::any::Any;
use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::mpsc;
use std::thread;

use ::kameo::actor::{Actor, ActorRef, Spawn};
use ::kameo::mailbox;
use ::kameo::message::{Context, Message};
use pyaltt_benches::awaiting::AsyncAsker;
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{Handler, Handover, Inbox, Task};
use tokio::runtime::Builder;

use super::kameo_supervised;
use crate::runtime::{RUNTIME, Tokio};

pub(super) fn contender() -> Contender {
    let how = "tell(..).blocking_send() to an actor with an unbounded or bounded mailbox on tokio's multi-threaded \
               runtime; a request is ask(..).blocking_send(), or ask(..).await; its stop is kill(), waited for, which drops the waiting \
               messages; it restarts by its supervision, and each turn tells it of the next one. Its actors are tasks, not \
               threads";
    Contender::new(Kind::Actor, "kameo", "kameo", how)
        .hands_over::<Kameo>()
        .asks(|| {
            let _runtime = RUNTIME.enter();
            let actor = Asked::spawn(Asked);
            move |question| actor.ask(Ask(question)).blocking_send().expect("the actor answers")
        })
        .answers(|| {
            let _runtime = RUNTIME.enter();
            askers(Asked::spawn_with_mailbox(Asked, mailbox::unbounded()))
        })
        .answers_async::<Tokio, _>(|| async { Async(Asked::spawn_with_mailbox(Asked, mailbox::unbounded())) })
        .overtakes::<Kameo>()
        .restarts(kameo_supervised::start)
}

struct Kameo;

/// The actor.
struct Calls<T, H> {
    handler: H,
    task: PhantomData<fn(T)>,
}

impl<T: Task, H: Handler<T>> Actor for Calls<T, H> {
    type Args = H;
    type Error = Infallible;

    async fn on_start(handler: H, _actor: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self { handler, task: PhantomData })
    }
}

impl<T: Task, H: Handler<T>> Message<T> for Calls<T, H> {
    type Reply = ();

    async fn handle(&mut self, task: T, _cx: &mut Context<Self, ()>) {
        (self.handler)(task);
    }
}

struct Running<T: Task, H: Handler<T>>(ActorRef<Calls<T, H>>);

impl Handover for Kameo {
    type Inbox<T: Task, H: Handler<T>> = Running<T, H>;

    fn start<T: Task, H: Handler<T>>(bound: Option<usize>, handler: H) -> Running<T, H> {
        let _runtime = RUNTIME.enter();
        let mailbox = bound.map_or_else(mailbox::unbounded, mailbox::bounded);
        Running(Spawn::spawn_with_mailbox(handler, mailbox))
    }
}

impl<T: Task, H: Handler<T>> Inbox<T> for Running<T, H> {
    fn put(&self, task: T) {
        assert!(self.0.tell(task).blocking_send().is_ok(), "the actor lives");
    }

    fn stop(self) -> Option<Box<dyn Any>> {
        self.0.kill();
        RUNTIME.block_on(self.0.wait_for_shutdown());
        None
    }
}

/// The actor that answers.
struct Asked;

struct Ask(u64);

impl Actor for Asked {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(asked: Self, _actor: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(asked)
    }
}

impl Message<Ask> for Asked {
    type Reply = u64;

    async fn handle(&mut self, Ask(question): Ask, _cx: &mut Context<Self, u64>) -> u64 {
        question + 1
    }
}

/// Makes askers of this actor that are plain threads.
fn askers(actor: ActorRef<Asked>) -> impl Fn() -> Box<dyn FnMut(u64) -> u64 + Send> {
    move || {
        let actor = actor.clone();
        Box::new(move |question| actor.ask(Ask(question)).blocking_send().expect("the actor answers"))
    }
}

/// The same, where the actor has a runtime with one thread, which is a thread of its own.
pub(super) fn askers_of_one_thread() -> impl Fn() -> Box<dyn FnMut(u64) -> u64 + Send> {
    let (started, starts) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().build().expect("a runtime can be made");
        runtime.block_on(async {
            let actor = Asked::spawn_with_mailbox(Asked, mailbox::unbounded());
            started.send(actor.clone()).expect("somebody asks");
            actor.wait_for_shutdown().await;
        });
    });
    askers(starts.recv().expect("the actor starts"))
}

struct Async(ActorRef<Asked>);

impl AsyncAsker for Async {
    async fn ask(&mut self, question: u64) -> u64 {
        self.0.ask(Ask(question)).await.expect("the actor answers")
    }
}
