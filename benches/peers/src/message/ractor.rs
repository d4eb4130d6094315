//! ractor: actors on tokio's runtime.

use std::any::Any;
use std::marker::PhantomData;

use ::ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use futures_lite::future::block_on;
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{Handler, Handover, Inbox, Task, start};

use super::tokio::RUNTIME;

pub(super) fn contender() -> Contender {
    let how = "cast to an actor on tokio's multi-threaded runtime; its mailboxes are unbounded; a request is call; its \
               stop is stop_and_wait, which overtakes the messages that wait and drops them. Its actors are tasks, not \
               threads";
    Contender::new(Kind::Actor, "ractor", "ractor", how)
        .hands_over::<Ractor>()
        .asks(|| {
            let answer = |(question, reply): (u64, RpcReplyPort<u64>)| _ = reply.send(question + 1);
            let Running(actor) = start::<Ractor, _, _>(answer);
            move |question| {
                let asked = block_on(actor.call(|reply| (question, reply), None));
                asked.expect("the actor lives").expect("the actor answers")
            }
        })
        .overtakes::<Ractor>()
}

struct Ractor;

/// The actor; the handler is its state.
struct Calls<T, H>(PhantomData<fn(T, H)>);

impl<T: Task, H: Handler<T>> Actor for Calls<T, H> {
    type Msg = T;
    type State = H;
    type Arguments = H;

    async fn pre_start(&self, _myself: ActorRef<T>, handler: H) -> Result<H, ActorProcessingErr> {
        Ok(handler)
    }

    async fn handle(&self, _myself: ActorRef<T>, task: T, handler: &mut H) -> Result<(), ActorProcessingErr> {
        handler(task);
        Ok(())
    }
}

struct Running<T>(ActorRef<T>);

impl Handover for Ractor {
    type Inbox<T: Task, H: Handler<T>> = Running<T>;

    const NOT_BOUNDED: Option<&'static str> = Some("its mailboxes never have a bound");

    fn start<T: Task, H: Handler<T>>(_bound: Option<usize>, handler: H) -> Running<T> {
        let spawned = RUNTIME.block_on(Actor::spawn(None, Calls(PhantomData), handler));
        Running(spawned.expect("the actor starts").0)
    }
}

impl<T: Task> Inbox<T> for Running<T> {
    fn put(&self, task: T) {
        assert!(self.0.cast(task).is_ok(), "the actor lives");
    }

    fn stop(self) -> Option<Box<dyn Any>> {
        RUNTIME.block_on(self.0.stop_and_wait(None, None)).expect("the actor stops");
        None
    }
}
