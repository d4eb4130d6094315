//! A round: some hundred workers, some threads that use them at random, and at its end an account of
//! everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use pyaltt::Queue;

use crate::act::{Actor, taken};
use crate::fault::Faults;
use crate::findings::Findings;
use crate::kinds::{self, Kinds, SharedQueue};
use crate::ledger::Ledger;
use crate::member::{Bell, Member};
use crate::plan::{Plan, Step};
use crate::task::{Book, Task, Terms};
use crate::watchdog::Watched;
use crate::workers::World;

/// How large a round is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) kinds: Kinds,
    /// How many tasks a bounded queue holds.
    pub(crate) bound: usize,
    pub(crate) workers: usize,
    pub(crate) threads: usize,
    /// Of each thread.
    pub(crate) steps: usize,
}

/// Most tasks that a step puts, so that the ledger has room for all steps.
const TASKS_A_STEP: usize = 64;

/// How many queues and events are shared by several workers.
const SHARED: usize = 6;

/// Everything that the threads of a round use.
pub(crate) struct Round {
    pub(crate) world: Arc<World>,
    pub(crate) ledger: Arc<Ledger>,
    size: Size,
    slots: Vec<Mutex<Option<Member>>>,
    desks: Vec<Desk>,
    shared_queues: Mutex<Vec<SharedQueue>>,
    /// All events; the first are shared.
    bells: Mutex<Vec<Arc<Bell>>>,
    /// Closed queues: what is still in them is taken out at the end.
    retired: Mutex<Vec<Queue<Task>>>,
    /// The names of the queues, by their numbers.
    books: Mutex<Vec<String>>,
    workers_built: AtomicU64,
}

/// What a thread is doing, for those who watch it.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    steps: AtomicU64,
    now: Mutex<Option<Step>>,
    /// The queue whose room it may be waiting for without a limit.
    waits_for: Mutex<Option<Queue<Task>>>,
}

impl Desk {
    /// Says that the thread may wait until the queue has room; `None`: no longer.
    pub(crate) fn wait_for(&self, queue: Option<Queue<Task>>) {
        let before = std::mem::replace(&mut *self.waits_for.lock(), queue);
        drop(before);
    }
}

impl Round {
    pub(crate) fn new(
        size: Size,
        faults: &Arc<Faults>,
        findings: &Arc<Findings>,
    ) -> anyhow::Result<Arc<Self>> {
        // The workers have a lane as well.
        let ledger = Ledger::new(size.threads + 1, size.steps * TASKS_A_STEP, findings);
        let round = Arc::new(Self {
            world: World::new(faults, findings),
            ledger,
            size,
            slots: (0..size.workers).map(|_| Mutex::new(None)).collect(),
            desks: (0..size.threads).map(|_| Desk::default()).collect(),
            shared_queues: Mutex::default(),
            bells: Mutex::new((0..SHARED).map(|_| Arc::default()).collect()),
            retired: Mutex::default(),
            books: Mutex::default(),
            workers_built: AtomicU64::new(0),
        });
        let shared: Vec<_> = (0..SHARED).map(|number| SharedQueue::new(&round, number)).collect();
        *round.shared_queues.lock() = shared;
        for slot in 0..size.workers {
            let member = kinds::build(&round, slot)?;
            *round.slots[slot].lock() = Some(member);
        }
        Ok(round)
    }

    /// Has the threads take all their steps, as the seed says.
    pub(crate) fn play(&self, seed: u64, number: u64) {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..self.size.threads)
                .map(|index| {
                    let desk = &self.desks[index];
                    let plan = Plan::new(seed, number, index, self.size.workers, self.size.steps);
                    let lane = u16::try_from(index).expect("there are not so many threads");
                    scope.spawn(move || {
                        let mut actor = Actor::new(self, desk, lane);
                        for step in plan {
                            *desk.now.lock() = Some(step);
                            actor.take(step);
                            desk.steps.fetch_add(1, Ordering::Relaxed);
                        }
                        *desk.now.lock() = None;
                    })
                })
                .collect();
            let mut before = Vec::new();
            while threads.iter().any(|thread| !thread.is_finished()) {
                thread::sleep(Duration::from_millis(5));
                before = self.make_room_for_those_who_wait(&before);
            }
        });
    }

    /// A put waits as long as it may still be served, and perhaps nobody will start the worker any more. One
    /// that has been waiting since the last look gets its room by `take_pending`, which has to wake it.
    fn make_room_for_those_who_wait(&self, before: &[u64]) -> Vec<u64> {
        let steps: Vec<u64> = self.desks.iter().map(|desk| desk.steps.load(Ordering::Relaxed)).collect();
        for (index, desk) in self.desks.iter().enumerate() {
            if before.get(index) == Some(&steps[index])
                && let Some(queue) = desk.waits_for.lock().clone()
            {
                taken(queue.take_pending());
            }
        }
        steps
    }

    /// The lane of tasks that workers put.
    pub(crate) fn workers_lane(&self) -> u16 {
        u16::try_from(self.size.threads).expect("there are not so many threads")
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.workers_built.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn new_book(&self, name: &str, terms: Terms) -> Arc<Book> {
        let mut books = self.books.lock();
        // More than that are not told apart.
        let number = u16::try_from(books.len()).unwrap_or(u16::MAX);
        books.push(name.to_owned());
        Book::new(name.to_owned(), number, terms, &self.ledger, &self.world.faults)
    }

    pub(crate) fn book_name(&self, number: u16) -> String {
        self.books.lock().get(usize::from(number)).cloned().unwrap_or_default()
    }

    pub(crate) fn member(&self, slot: usize) -> Member {
        self.slots[slot].lock().clone().expect("the slots are filled until the round is over")
    }

    /// Puts a worker into a slot and gives the one that was there.
    pub(crate) fn replace(&self, slot: usize, member: Member) -> Member {
        let old = self.slots[slot].lock().replace(member);
        old.expect("the slots are filled until the round is over")
    }

    /// Empties a slot, at the end.
    pub(crate) fn remove(&self, slot: usize) -> Option<Member> {
        self.slots[slot].lock().take()
    }

    pub(crate) fn bound(&self) -> usize {
        self.size.bound
    }

    pub(crate) fn kinds(&self) -> Kinds {
        self.size.kinds
    }

    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn retire(&self, queue: &Queue<Task>) {
        self.retired.lock().push(queue.clone());
    }

    pub(crate) fn take_retired(&self) -> Vec<Queue<Task>> {
        std::mem::take(&mut self.retired.lock())
    }

    pub(crate) fn shared_queue(&self, slot: usize) -> SharedQueue {
        self.shared_queues.lock()[slot % SHARED].clone()
    }

    /// Closes a shared queue, and has the next workers share a new one.
    pub(crate) fn renew_shared_queue(&self, slot: usize) {
        let new = SharedQueue::new(self, slot % SHARED);
        let old = std::mem::replace(&mut self.shared_queues.lock()[slot % SHARED], new);
        old.queue.close();
        self.retire(&old.queue);
    }

    pub(crate) fn take_shared_queues(&self) -> Vec<SharedQueue> {
        std::mem::take(&mut self.shared_queues.lock())
    }

    pub(crate) fn shared_bell(&self, slot: usize) -> Arc<Bell> {
        Arc::clone(&self.bells.lock()[slot % SHARED])
    }

    pub(crate) fn new_bell(&self) -> Arc<Bell> {
        let bell = Arc::<Bell>::default();
        self.bells.lock().push(Arc::clone(&bell));
        bell
    }

    pub(crate) fn bells(&self) -> Vec<Arc<Bell>> {
        self.bells.lock().clone()
    }

    pub(crate) fn steps(&self) -> u64 {
        self.desks.iter().map(|desk| desk.steps.load(Ordering::Relaxed)).sum()
    }
}

impl Watched for Round {
    fn progress(&self) -> u64 {
        self.steps() + self.ledger.ended() + self.ledger.issued()
    }

    fn describe(&self) -> String {
        let threads = self.desks.iter().enumerate().map(|(index, desk)| {
            format!("thread {index}: step {}, {:?}", desk.steps.load(Ordering::Relaxed), desk.now.lock())
        });
        let members =
            self.slots.iter().filter_map(|slot| slot.lock().clone()).map(|member| member.to_string());
        threads.chain(members).collect::<Vec<_>>().join("\n")
    }
}
