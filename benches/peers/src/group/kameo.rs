//! kameo: actors that a supervisor restarts together.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use ::kameo::actor::{Actor, ActorRef, Spawn, WeakActorRef};
use ::kameo::error::ActorStopReason;
use ::kameo::message::{Context, Message};
use ::kameo::supervision::{RestartPolicy, SupervisionStrategy};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::workload::group::ordered::Order;
use pyaltt_benches::workload::group::together::{self, Begins, Renew};
use pyaltt_benches::workload::restart::Failure;

use crate::runtime::RUNTIME;

pub(super) fn contender() -> Contender {
    let how = "actors on tokio's multi-threaded runtime, which are tasks, not threads. In order: spawn and wait_for_startup one \
               by one, stop_gracefully and wait_for_shutdown_result in reverse. A group: children of a supervisor with OneForAll, \
               which it stops at once and starts again in no order";
    Contender::new(Kind::Actor, "kameo", "kameo", how)
        .orders(|order| {
            let actors = RUNTIME.block_on(start(order));
            Ok(move || {
                RUNTIME.block_on(async {
                    for actor in actors.iter().rev() {
                        actor.stop_gracefully().await.map_err(|error| error.to_string())?;
                        let ended = actor.wait_for_shutdown_result().await;
                        ended.map_err(|error| error.to_string())?;
                    }
                    Ok(actors)
                })
            })
        })
        .restarts_together(restarts)
}

async fn start(order: &Arc<Order>) -> Vec<ActorRef<Ordered>> {
    let mut actors = Vec::new();
    for number in 0..order.count() {
        let actor = Ordered::spawn((number, Arc::clone(order)));
        actor.wait_for_startup().await;
        actors.push(actor);
    }
    actors
}

struct Ordered(usize, Arc<Order>);

impl Actor for Ordered {
    type Args = (usize, Arc<Order>);
    type Error = Infallible;

    async fn on_start((number, order): Self::Args, _actor: ActorRef<Self>) -> Result<Self, Infallible> {
        order.begins(number);
        Ok(Self(number, order))
    }

    async fn on_stop(
        &mut self,
        _actor: WeakActorRef<Self>,
        _reason: ActorStopReason,
    ) -> Result<(), Infallible> {
        self.1.ends(self.0);
        Ok(())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "others may fail to start")]
fn restarts(begins: &Begins) -> Result<Renew, String> {
    let (supervisor, first) = RUNTIME.block_on(async {
        let supervisor = Supervisor::spawn(Supervisor);
        let mut children = Vec::new();
        for number in 0..together::SIZE {
            let child = Member::supervise(&supervisor, (number, begins.clone()));
            // As it is by default, but for the number of restarts.
            let child = child
                .restart_policy(RestartPolicy::Permanent)
                .restart_limit(u32::MAX, Duration::from_secs(3_600));
            children.push(child.spawn().await);
        }
        (supervisor, children.swap_remove(0))
    });
    Ok(Box::new(move || {
        let _supervisor = &supervisor;
        first.tell(Fail).blocking_send().map_err(|error| error.to_string())
    }))
}

struct Supervisor;

impl Actor for Supervisor {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(supervisor: Self, _actor: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(supervisor)
    }

    fn supervision_strategy() -> SupervisionStrategy {
        SupervisionStrategy::OneForAll
    }
}

struct Member;

struct Fail;

impl Actor for Member {
    type Args = (usize, Begins);
    type Error = Infallible;

    async fn on_start((number, begins): Self::Args, _actor: ActorRef<Self>) -> Result<Self, Infallible> {
        begins.say(number);
        Ok(Self)
    }
}

impl Message<Fail> for Member {
    type Reply = Result<(), Failure>;

    async fn handle(&mut self, _fail: Fail, _cx: &mut Context<Self, Self::Reply>) -> Self::Reply {
        Err(Failure)
    }
}
