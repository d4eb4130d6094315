//! What the workers of a round are built from, and share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use pyaltt::Queue;

use crate::account::queue_account::{QueueAccount, Terms};
use crate::account::round_account::RoundAccount;
use crate::account::task::Task;
use crate::subject::counted_event::CountedEvent;
use crate::subject::queues::{External, SharedQueue};
use crate::subject::tested::World;

/// How many queues and events are shared by several workers.
const SHARED: usize = 6;

/// What the workers of a round are built from.
pub(crate) struct Supplies {
    pub(crate) world: Arc<World>,
    pub(crate) account: Arc<RoundAccount>,
    /// How many tasks a bounded queue holds.
    pub(crate) bound: usize,
    /// The producer of the tasks that workers put.
    pub(crate) workers_producer: u16,
    shared_queues: Mutex<Vec<SharedQueue>>,
    /// All events; the first ones are shared.
    events: Mutex<Vec<Arc<CountedEvent>>>,
    /// Closed queues; the tasks that are still in them are taken out at the end.
    retired: Mutex<Vec<Queue<Task>>>,
    workers_built: AtomicU64,
}

impl Supplies {
    pub(crate) fn new(
        world: Arc<World>,
        account: &Arc<RoundAccount>,
        bound: usize,
        workers_producer: u16,
    ) -> Self {
        let supplies = Self {
            world,
            account: Arc::clone(account),
            bound,
            workers_producer,
            shared_queues: Mutex::default(),
            events: Mutex::new((0..SHARED).map(|_| Arc::default()).collect()),
            retired: Mutex::default(),
            workers_built: AtomicU64::new(0),
        };
        let shared = (0..SHARED).map(|number| supplies.make_shared_queue(number)).collect();
        *supplies.shared_queues.lock() = shared;
        supplies
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.workers_built.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn new_account(&self, name: &str, terms: Terms) -> Arc<QueueAccount> {
        QueueAccount::new(name, terms, &self.account, &self.world.faults)
    }

    /// Keeps a closed queue until the end.
    pub(crate) fn retire(&self, queue: &Queue<Task>) {
        self.retired.lock().push(queue.clone());
    }

    pub(crate) fn take_retired(&self) -> Vec<Queue<Task>> {
        std::mem::take(&mut self.retired.lock())
    }

    pub(crate) fn shared_queue(&self, slot: usize) -> SharedQueue {
        self.shared_queues.lock()[slot % SHARED].clone()
    }

    /// Closes a shared queue; later workers share a new one.
    pub(crate) fn renew_shared_queue(&self, slot: usize) {
        let new = self.make_shared_queue(slot % SHARED);
        let old = std::mem::replace(&mut self.shared_queues.lock()[slot % SHARED], new);
        old.queue.close();
        self.retire(&old.queue);
    }

    pub(crate) fn take_shared_queues(&self) -> Vec<SharedQueue> {
        std::mem::take(&mut self.shared_queues.lock())
    }

    pub(crate) fn shared_event(&self, slot: usize) -> Arc<CountedEvent> {
        Arc::clone(&self.events.lock()[slot % SHARED])
    }

    pub(crate) fn new_event(&self) -> Arc<CountedEvent> {
        let event = Arc::<CountedEvent>::default();
        self.events.lock().push(Arc::clone(&event));
        event
    }

    pub(crate) fn events(&self) -> Vec<Arc<CountedEvent>> {
        self.events.lock().clone()
    }

    /// Which kind of queue it is depends on its number.
    fn make_shared_queue(&self, number: usize) -> SharedQueue {
        let (name, queue, contains_panics) = match number % 3 {
            0 => ("shared", Queue::unbounded(), true),
            1 => ("shared channel", External::BoundedChannel.make(self.bound).0, false),
            _ => ("shared custom", External::BoundedCustom.make(self.bound).0, false),
        };
        let account = self.new_account(name, Terms { contains_panics, ..Terms::default() });
        SharedQueue { queue, account, blocks: !number.is_multiple_of(3) }
    }
}
