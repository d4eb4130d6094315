//! kameo's supervision: a child that its supervisor restarts.
//!
//! Each turn tells the child of the next one. If all messages were sent before, a restart would put those that wait aside
//! until its start is complete, and drop them all when the first of them fails (kameo 0.22.2,
//! `ActorBehaviour::handle_startup_finished`).

use std::any::Any;
use std::convert::Infallible;
use std::thread;
use std::time::Duration;

use ::kameo::actor::{Actor, ActorRef, Spawn};
use ::kameo::mailbox;
use ::kameo::message::{Context, Message};
use ::kameo::supervision::{RestartPolicy, SupervisedActorBuilder};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::workload::restart::{Failing, Failure};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::kameo;
use crate::runtime::RUNTIME;

/// Its child is a task of tokio's multi-threaded runtime.
#[expect(clippy::unnecessary_wraps, reason = "others may fail to start")]
pub(super) fn start(failing: Failing, _turns: usize) -> Result<Box<dyn Any>, String> {
    let supervisor = RUNTIME.block_on(async {
        let supervisor = Supervisor::spawn(Supervisor);
        let mailbox = mailbox::unbounded();
        begin(&supervised(&supervisor, failing).spawn_with_mailbox(mailbox).await).await;
        supervisor
    });
    Ok(Box::new(supervisor))
}

/// The same on one thread.
pub(super) fn current_thread() -> Contender {
    let how = "kameo on tokio's current-thread runtime, all of it on one thread";
    Contender::new(Kind::Actor, "kameo-current-thread", "kameo, current thread", how)
        .answers(kameo::askers_of_one_thread)
        .restarts(|failing, _turns| {
            let runtime = Builder::new_current_thread().build().map_err(|error| error.to_string())?;
            let (end, is_over) = oneshot::channel::<()>();
            thread::spawn(move || {
                runtime.block_on(async {
                    let supervisor = Supervisor::spawn(Supervisor);
                    let mailbox = mailbox::unbounded();
                    begin(&supervised(&supervisor, failing).spawn_with_mailbox(mailbox).await).await;
                    // What is kept is gone when the last turn is over.
                    let _ = is_over.await;
                });
            });
            Ok(Box::new(end))
        })
}

/// The same with a thread for the child, as workers have one.
pub(super) fn in_thread() -> Contender {
    let how = "kameo with spawn_in_thread: each run of the child has a new thread; its supervisor is a task";
    Contender::new(Kind::Actor, "kameo-in-thread", "kameo, child in a thread", how).restarts(
        |failing, _turns| {
            let supervisor = RUNTIME.block_on(async {
                let supervisor = Supervisor::spawn(Supervisor);
                let mailbox = mailbox::unbounded();
                let child = supervised(&supervisor, failing).spawn_in_thread_with_mailbox(mailbox).await;
                begin(&child).await;
                supervisor
            });
            Ok(Box::new(supervisor))
        },
    )
}

/// The child, which restarts as often as it fails.
fn supervised(
    supervisor: &ActorRef<Supervisor>,
    failing: Failing,
) -> SupervisedActorBuilder<'_, Supervisor, Child> {
    let hour = Duration::from_secs(3_600);
    Child::supervise(supervisor, failing)
        .restart_policy(RestartPolicy::Transient)
        .restart_limit(u32::MAX, hour)
}

/// Tells the child of its first turn.
async fn begin(child: &ActorRef<Child>) {
    assert!(child.tell(Turn).await.is_ok(), "the child lives");
}

struct Supervisor;

impl Actor for Supervisor {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(supervisor: Self, _actor: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(supervisor)
    }
}

struct Child(Failing);

struct Turn;

impl Actor for Child {
    type Args = Failing;
    type Error = Infallible;

    async fn on_start(failing: Failing, _actor: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self(failing))
    }
}

impl Message<Turn> for Child {
    type Reply = Result<(), Failure>;

    async fn handle(&mut self, _turn: Turn, cx: &mut Context<Self, Self::Reply>) -> Self::Reply {
        assert!(cx.actor_ref().tell(Turn).await.is_ok(), "its mailbox outlives its runs");
        self.0.turn()
    }
}
