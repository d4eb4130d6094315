//! ractor: actors on tokio's runtime.

use std::any::Any;
use std::marker::PhantomData;

use ::ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};
use futures_lite::future::block_on;
use pyaltt_benches::awaiting::AsyncAsker;
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::handover::{Handler, Handover, Inbox, Task, start};
use pyaltt_benches::workload::restart::Failing;

use crate::runtime::{RUNTIME, Tokio};

pub(super) fn contender() -> Contender {
    let how = "cast to an actor on tokio's multi-threaded runtime; its mailboxes are unbounded; a request is call; its \
               stop is stop_and_wait, which overtakes the messages that wait and drops them; a supervisor by hand spawns \
               a failed child again, and sends it the next message. Its actors are tasks, not threads";
    Contender::new(Kind::Actor, "ractor", "ractor", how)
        .hands_over::<Ractor>()
        .asks(|| {
            let Running(actor) = start::<Ractor, _, _>(answer);
            move |question| block_on(call(&actor, question))
        })
        .answers(|| {
            let Running(actor) = start::<Ractor, _, _>(answer);
            move || {
                let actor = actor.clone();
                move |question| block_on(call(&actor, question))
            }
        })
        .answers_async::<Tokio, _>(|| async {
            let spawned = Actor::spawn(None, Calls(PhantomData), answer as fn(Ask)).await;
            Async(spawned.expect("the actor starts").0)
        })
        .overtakes::<Ractor>()
        .restarts(|failing, _turns| {
            let supervisor = RUNTIME.block_on(Actor::spawn(None, Supervisor, failing));
            Ok(Box::new(supervisor.map_err(|error| error.to_string())?))
        })
}

/// A question, and where its answer goes.
type Ask = (u64, RpcReplyPort<u64>);

fn answer((question, reply): Ask) {
    // The asker may have given up.
    let _ = reply.send(question + 1);
}

async fn call(actor: &ActorRef<Ask>, question: u64) -> u64 {
    let asked = actor.call(|reply| (question, reply), None).await;
    asked.expect("the actor lives").expect("the actor answers")
}

struct Async(ActorRef<Ask>);

impl AsyncAsker for Async {
    async fn ask(&mut self, question: u64) -> u64 {
        call(&self.0, question).await
    }
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

/// Spawns its child again when it has failed. There is no restart in ractor, and the mailbox of a dead actor is gone.
struct Supervisor;

impl Supervisor {
    async fn spawn_child(myself: ActorRef<()>, failing: Failing) -> Result<(), ActorProcessingErr> {
        let (child, _) = Actor::spawn_linked(None, Child, failing, myself.into()).await?;
        child.cast(())?;
        Ok(())
    }
}

impl Actor for Supervisor {
    type Msg = ();
    type State = Failing;
    type Arguments = Failing;

    async fn pre_start(&self, myself: ActorRef<()>, failing: Failing) -> Result<Failing, ActorProcessingErr> {
        Self::spawn_child(myself, failing.clone()).await?;
        Ok(failing)
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<()>,
        event: SupervisionEvent,
        failing: &mut Failing,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(..) => Self::spawn_child(myself, failing.clone()).await,
            _ => Ok(()),
        }
    }
}

struct Child;

impl Actor for Child {
    type Msg = ();
    type State = Failing;
    type Arguments = Failing;

    async fn pre_start(
        &self,
        _myself: ActorRef<()>,
        failing: Failing,
    ) -> Result<Failing, ActorProcessingErr> {
        Ok(failing)
    }

    async fn handle(
        &self,
        _myself: ActorRef<()>,
        _turn: (),
        failing: &mut Failing,
    ) -> Result<(), ActorProcessingErr> {
        Ok(failing.turn()?)
    }
}
