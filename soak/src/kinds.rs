//! The kinds of workers under test, and how each is built.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use pyaltt::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BuildError, MissedTick, Overflow, Queue,
    TaskQueue,
};

use crate::ledger::Fate;
use crate::member::{EventMember, Member, QueueMember};
use crate::round::Round;
use crate::task::{Book, Task, Terms};
use crate::workers::{Eater, Listener, Looper, Subject};

/// What distinguishes two workers under test.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Looped(Pace),
    Own(Order, Bound),
    External(External),
    /// One of the round's shared queues.
    Shared,
    Event {
        is_shared: bool,
    },
}

#[derive(Clone, Copy, Debug)]
enum Pace {
    Delay,
    Skip,
    CatchUp,
    Poll,
    Realtime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Fifo,
    Lifo,
    Priority,
}

#[derive(Clone, Copy, Debug)]
enum Bound {
    None,
    /// With what happens when it is full, and whether the dropped tasks are handed out.
    Some(Overflow, bool),
}

#[derive(Clone, Copy, Debug)]
enum External {
    Channel,
    BoundedChannel,
    ReceiverOnly,
    Custom,
    BoundedCustom,
}

/// Which kinds a round has workers of: as many of one as of another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kinds {
    All,
    /// Those with a queue.
    Queues,
}

impl Kinds {
    /// How many there are.
    pub(crate) fn len(self) -> usize {
        self.iter().count()
    }

    fn iter(self) -> impl Iterator<Item = Kind> {
        let has_queue = |kind: &Kind| !matches!(kind, Kind::Looped(_) | Kind::Event { .. });
        ALL.iter().copied().filter(move |kind| matches!(self, Self::All) || has_queue(kind))
    }
}

const ALL: &[Kind] = &[
    Kind::Own(Order::Fifo, Bound::None),
    Kind::Looped(Pace::Skip),
    Kind::Event { is_shared: false },
    Kind::Own(Order::Fifo, Bound::Some(Overflow::Block, false)),
    Kind::Shared,
    Kind::External(External::Channel),
    Kind::Event { is_shared: true },
    Kind::Own(Order::Fifo, Bound::Some(Overflow::DropOldest, true)),
    Kind::Looped(Pace::Delay),
    Kind::Own(Order::Priority, Bound::None),
    Kind::External(External::BoundedCustom),
    Kind::Own(Order::Fifo, Bound::Some(Overflow::Reject, false)),
    Kind::Looped(Pace::CatchUp),
    Kind::Own(Order::Lifo, Bound::None),
    Kind::Shared,
    Kind::External(External::BoundedChannel),
    Kind::Own(Order::Fifo, Bound::Some(Overflow::DropNewest, true)),
    Kind::Own(Order::Priority, Bound::Some(Overflow::Block, false)),
    Kind::Looped(Pace::Poll),
    Kind::Own(Order::Lifo, Bound::Some(Overflow::Block, false)),
    Kind::External(External::ReceiverOnly),
    Kind::Own(Order::Fifo, Bound::Some(Overflow::DropOldest, false)),
    Kind::External(External::Custom),
    Kind::Own(Order::Priority, Bound::Some(Overflow::DropOldest, true)),
    Kind::Looped(Pace::Realtime),
    Kind::Own(Order::Lifo, Bound::Some(Overflow::DropOldest, true)),
];

/// Builds a worker for a slot of a round. A later one of the same slot is of the same kind.
pub(crate) fn build(round: &Round, slot: usize) -> Result<Member, BuildError> {
    let kinds = round.kinds();
    let kind = kinds.iter().nth(slot % kinds.len()).expect("the remainder is smaller");
    let id = round.next_id();
    let name = format!("{id}.{}", name(kind));
    let is_daemon = slot % 4 != 3;
    match kind {
        Kind::Looped(pace) => {
            let builder = BackgroundWorker::builder(Subject::new(Looper, id, &round.world));
            let builder = builder.name(name).daemon(is_daemon);
            let ms = Duration::from_millis;
            let builder = match pace {
                Pace::Delay => builder.delay(ms(3)),
                Pace::Skip => builder.interval(ms(7)),
                Pace::CatchUp => builder.interval(ms(5)).missed(MissedTick::CatchUp { max: 3 }),
                Pace::Poll => builder.interval(ms(9)).poll_delay(ms(4)),
                Pace::Realtime => builder.interval(ms(20)).realtime(true),
            };
            Ok(Member::Looped(builder.build()?))
        }
        Kind::Event { is_shared } => {
            let bell = if is_shared { round.shared_bell(slot) } else { round.new_bell() };
            let heard = Arc::new(AtomicU64::new(0));
            let subject = Subject::new(Listener { heard: Arc::clone(&heard) }, id, &round.world);
            let builder = BackgroundEventWorker::builder(subject).name(name).daemon(is_daemon);
            let (worker, since) = bell.while_silent(|event| builder.event(event.clone()).build());
            Ok(Member::Event(EventMember { worker: worker?, bell, since, heard }))
        }
        Kind::Shared => {
            let shared = round.shared_queue(slot);
            let member =
                queue_worker(round, id, &name, is_daemon, &shared.book, &Backing::External(&shared.queue))?;
            Ok(Member::Queue(QueueMember { blocks: shared.blocks, is_shared: true, ..member }))
        }
        Kind::External(external) => {
            let terms = Terms { in_order: true, ..Terms::default() };
            let book = round.new_book(&name, terms);
            let (queue, sender) = make_external(external, round.bound());
            let member = queue_worker(round, id, &name, is_daemon, &book, &Backing::External(&queue))?;
            let blocks = matches!(external, External::BoundedChannel | External::BoundedCustom);
            Ok(Member::Queue(QueueMember { sender, blocks, ..member }))
        }
        Kind::Own(order, bound) => {
            let drops_silently =
                matches!(bound, Bound::Some(Overflow::DropOldest | Overflow::DropNewest, false));
            let terms = Terms { in_order: order == Order::Fifo, drops_silently, contains_panics: true };
            let book = round.new_book(&name, terms);
            let member = queue_worker(round, id, &name, is_daemon, &book, &Backing::Own(order, bound))?;
            let blocks = matches!(bound, Bound::Some(Overflow::Block, _));
            Ok(Member::Queue(QueueMember { blocks, ..member }))
        }
    }
}

/// Where the tasks of a queue worker wait.
enum Backing<'a> {
    Own(Order, Bound),
    External(&'a Queue<Task>),
}

fn queue_worker(
    round: &Round,
    id: u64,
    name: &str,
    is_daemon: bool,
    book: &Arc<Book>,
    backing: &Backing<'_>,
) -> Result<QueueMember, BuildError> {
    let own = Arc::new(OnceLock::new());
    let eater = Eater { own: Arc::clone(&own), lane: round.workers_lane(), one_in: 64 };
    let subject = Subject::new(eater, id, &round.world);
    let mut builder = BackgroundQueueWorker::builder(subject).name(name).daemon(is_daemon);
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
                Bound::Some(overflow, false) => builder.bounded(round.bound()).overflow(overflow),
                Bound::Some(overflow, true) => builder
                    .bounded(round.bound())
                    .overflow(overflow)
                    .on_dropped(|mut task: Task| task.end(Fate::Evicted)),
            }
        }
    };
    let worker = builder.build()?;
    // A worker that is built for the first time has no queue of its own yet.
    let _ = own.set(worker.queue().clone());
    Ok(QueueMember { worker, book: Arc::clone(book), sender: None, blocks: false, is_shared: false })
}

/// A queue from outside, and its sender where the worker does not have it.
fn make_external(external: External, bound: usize) -> (Queue<Task>, Option<Sender<Task>>) {
    match external {
        External::Channel => (Queue::from(crossbeam_channel::unbounded()), None),
        External::BoundedChannel => (Queue::from(crossbeam_channel::bounded(bound)), None),
        External::ReceiverOnly => {
            let (sender, receiver): (_, Receiver<Task>) = crossbeam_channel::unbounded();
            (Queue::from(receiver), Some(sender))
        }
        External::Custom => (Queue::from(Deque::new(usize::MAX)), None),
        External::BoundedCustom => (Queue::from(Deque::new(bound)), None),
    }
}

/// A queue that several workers take from.
#[derive(Clone, Debug)]
pub(crate) struct SharedQueue {
    pub(crate) queue: Queue<Task>,
    pub(crate) book: Arc<Book>,
    blocks: bool,
}

impl SharedQueue {
    /// The queues of a round differ by their number.
    pub(crate) fn new(round: &Round, number: usize) -> Self {
        let (name, queue, contains_panics) = match number % 3 {
            0 => ("shared", Queue::unbounded(), true),
            1 => ("shared channel", make_external(External::BoundedChannel, round.bound()).0, false),
            _ => ("shared custom", make_external(External::BoundedCustom, round.bound()).0, false),
        };
        let book = round.new_book(name, Terms { contains_panics, ..Terms::default() });
        Self { queue, book, blocks: !number.is_multiple_of(3) }
    }
}

/// The simplest queue of a user's own.
struct Deque {
    capacity: usize,
    tasks: Mutex<VecDeque<Task>>,
}

impl Deque {
    fn new(capacity: usize) -> Self {
        Self { capacity, tasks: Mutex::default() }
    }
}

impl TaskQueue for Deque {
    type Task = Task;

    fn put(&self, task: Task) -> Result<(), Task> {
        let mut tasks = self.tasks.lock();
        if tasks.len() >= self.capacity {
            return Err(task);
        }
        tasks.push_back(task);
        Ok(())
    }

    fn take(&self) -> Option<Task> {
        self.tasks.lock().pop_front()
    }

    fn len(&self) -> usize {
        self.tasks.lock().len()
    }
}

fn name(kind: Kind) -> String {
    match kind {
        Kind::Looped(pace) => format!("looped {pace:?}"),
        Kind::Event { is_shared: false } => "event".to_owned(),
        Kind::Event { is_shared: true } => "shared event".to_owned(),
        Kind::Shared => "shared queue".to_owned(),
        Kind::External(external) => format!("{external:?}"),
        Kind::Own(order, Bound::None) => format!("{order:?}"),
        Kind::Own(order, Bound::Some(overflow, _)) => format!("{order:?} {overflow:?}"),
    }
}
