//! How a worker of each kind is built.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyaltt::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BuildError, MissedTick, Overflow, Queue,
};
use testkit::{AnyWorker, Fate};

use crate::account::queue_account::{QueueAccount, Terms};
use crate::account::task::Task;
use crate::subject::kind::{Bound, Kind, Kinds, Order, Pace};
use crate::subject::part::{Consumer, Listener, Looper};
use crate::subject::queues::External;
use crate::subject::restarts::{Ends, has_policy, lives};
use crate::subject::supplies::Supplies;
use crate::subject::tested::Tested;
use crate::subject::worker::{EventSource, QueueSource, Source, Subject};

/// What all workers have.
struct Common {
    id: u64,
    name: String,
    slot: usize,
    is_daemon: bool,
}

/// Builds a worker for a slot of a round. A later worker of the same slot is of the same kind.
pub(crate) fn build(supplies: &Supplies, kinds: Kinds, slot: usize) -> Result<Subject, BuildError> {
    let (id, kind) = (supplies.next_id(), kinds.of_slot(slot));
    let common = Common { id, name: format!("{id}.{kind}"), slot, is_daemon: slot % 4 != 3 };
    match kind {
        Kind::Looped(pace) => looped(supplies, &common, pace),
        Kind::Event { is_shared } => event(supplies, &common, is_shared),
        Kind::Shared => {
            let shared = supplies.shared_queue(slot);
            let backing = Backing::External(&shared.queue);
            let (worker, ends) = queue(supplies, &common, &backing)?;
            let (account, blocks) = (shared.account, shared.blocks);
            let source = QueueSource { account, sender: None, blocks, is_shared: true };
            Ok(Subject { worker, source: Source::Queue(source), ends })
        }
        Kind::External(external) => {
            let account = account(supplies, &common, Terms { in_order: true, ..Terms::default() });
            let (outside, sender) = external.make(supplies.bound);
            let (worker, ends) = queue(supplies, &common, &Backing::External(&outside))?;
            let blocks = matches!(external, External::BoundedChannel | External::BoundedCustom);
            let source = QueueSource { account, sender, blocks, is_shared: false };
            Ok(Subject { worker, source: Source::Queue(source), ends })
        }
        Kind::Own(order, bound) => {
            let drops_silently =
                matches!(bound, Bound::Some(Overflow::DropOldest | Overflow::DropNewest, false));
            let in_order = order == Order::Fifo;
            let account =
                account(supplies, &common, Terms { in_order, drops_silently, contains_panics: true });
            let (worker, ends) = queue(supplies, &common, &Backing::Own(order, bound))?;
            let blocks = matches!(bound, Bound::Some(Overflow::Block, _));
            let source = QueueSource { account, sender: None, blocks, is_shared: false };
            Ok(Subject { worker, source: Source::Queue(source), ends })
        }
    }
}

fn account(supplies: &Supplies, common: &Common, terms: Terms) -> Arc<QueueAccount> {
    supplies.new_account(&common.name, terms)
}

fn looped(supplies: &Supplies, common: &Common, pace: Pace) -> Result<Subject, BuildError> {
    let builder =
        BackgroundWorker::builder(Tested::new(Looper, common.id, has_policy(common.id), &supplies.world));
    let builder = builder.name(&*common.name).daemon(common.is_daemon);
    let (builder, ends) = lives(builder, common.id, &supplies.world);
    let ms = Duration::from_millis;
    let builder = match pace {
        Pace::Delay => builder.delay(ms(3)),
        Pace::Skip => builder.interval(ms(7)),
        Pace::CatchUp => builder.interval(ms(5)).missed(MissedTick::CatchUp { max: 3 }),
        Pace::Poll => builder.interval(ms(9)).poll_delay(ms(4)),
        Pace::Realtime => builder.interval(ms(20)).realtime(true),
    };
    Ok(Subject { worker: AnyWorker::Looped(builder.build()?), source: Source::Clock, ends })
}

fn event(supplies: &Supplies, common: &Common, is_shared: bool) -> Result<Subject, BuildError> {
    let event = if is_shared { supplies.shared_event(common.slot) } else { supplies.new_event() };
    let heard = Arc::new(AtomicU64::new(0));
    let listener = Listener { heard: Arc::clone(&heard) };
    let tested = Tested::new(listener, common.id, has_policy(common.id), &supplies.world);
    let builder = BackgroundEventWorker::builder(tested).name(&*common.name).daemon(common.is_daemon);
    let (builder, ends) = lives(builder, common.id, &supplies.world);
    let (worker, since) = event.while_quiet(|event| builder.event(event.clone()).build());
    let source = Source::Event(EventSource { event, since, heard });
    Ok(Subject { worker: AnyWorker::Event(worker?), source, ends })
}

/// Where the tasks of a queue worker wait.
enum Backing<'a> {
    Own(Order, Bound),
    External(&'a Queue<Task>),
}

fn queue(
    supplies: &Supplies,
    common: &Common,
    backing: &Backing<'_>,
) -> Result<(AnyWorker<Task>, Arc<Ends>), BuildError> {
    let own = Arc::new(OnceLock::new());
    let consumer = Consumer { own: Arc::clone(&own), producer: supplies.workers_producer, one_in: 64 };
    let tested = Tested::new(consumer, common.id, has_policy(common.id), &supplies.world);
    let builder = BackgroundQueueWorker::builder(tested).name(&*common.name).daemon(common.is_daemon);
    let (mut builder, ends) = lives(builder, common.id, &supplies.world);
    builder = match *backing {
        Backing::External(queue) => builder.queue(queue.clone()),
        Backing::Own(order, bound) => {
            builder = match order {
                Order::Fifo => builder,
                Order::Lifo => builder.lifo(),
                Order::Priority => builder.priority(),
            };
            match bound {
                Bound::None => builder,
                Bound::Some(overflow, false) => builder.bounded(supplies.bound).overflow(overflow),
                Bound::Some(overflow, true) => builder
                    .bounded(supplies.bound)
                    .overflow(overflow)
                    .on_dropped(|mut task: Task| task.end(Fate::Evicted)),
            }
        }
    };
    let worker = builder.build()?;
    // It is set here alone.
    let _ = own.set(worker.queue().clone());
    Ok((AnyWorker::Queue(worker), ends))
}
